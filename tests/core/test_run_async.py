from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from pythia import Application
from pythia.event_stream import Stream
from pythia.exceptions import PlayError, ProbeFailedError, ProbeTargetError, StreamError
from pythia.gst import Gst

SHORT = "videotestsrc num-buffers=20 ! identity name=middle ! fakesink name=end"
ENDLESS = "videotestsrc ! video/x-raw,width=16,height=16 ! identity name=middle ! fakesink name=end"
LIVE = ENDLESS.replace("videotestsrc", "videotestsrc is-live=true")


def pythia_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name == "pythia run"]


def test_an_application_runs_inside_asyncio() -> None:
    app = Application(SHORT)

    asyncio.run(app.run_async())
    asyncio.run(app.run_async())

    assert not app.running
    assert app.pipeline.get_state(0)[1] == Gst.State.NULL
    assert pythia_threads() == []


class SlowToConnect(Stream):
    def connect(self) -> None:
        time.sleep(0.2)

    def post(self, batch: Any) -> None:
        time.sleep(0.1)

    def close(self) -> None:
        time.sleep(0.1)


def test_the_event_loop_is_never_blocked() -> None:
    app = Application("videotestsrc is-live=true num-buffers=5 ! fakesink name=end")
    app.probe("end", "sink", backend_uri=f"{__name__}:SlowToConnect://x")(one_event)

    async def main() -> float:
        running = asyncio.create_task(app.run_async())
        longest_s = 0.0
        while not running.done():
            begin = time.monotonic()
            await asyncio.sleep(0.005)
            longest_s = max(longest_s, time.monotonic() - begin)
        await running
        return longest_s

    assert asyncio.run(main()) < 0.1


def one_event(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Any:
    yield 1


def test_several_run_at_once() -> None:
    apps = [Application(SHORT) for _ in range(8)]
    live = Application(LIVE)

    async def main() -> None:
        endless = asyncio.create_task(live.run_async())
        await asyncio.gather(*(app.run_async() for app in apps))
        assert live.running
        live.stop()
        await endless

    asyncio.run(main())

    assert pythia_threads() == []


@pytest.mark.parametrize("delay_s", [0, 0.001, 0.05])
def test_cancelling_the_task_stops_the_application_in_order(delay_s: float) -> None:
    quits: list[str] = []

    class Noting(Application):
        def before_loop_quit(self) -> None:
            quits.append("quit")

    app = Noting(LIVE)

    async def main() -> None:
        task = asyncio.create_task(app.run_async())
        await asyncio.sleep(delay_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not app.running
        assert app.pipeline.get_state(0)[1] == Gst.State.NULL

    asyncio.run(main())

    assert quits == ["quit"]


def test_a_time_out_while_a_stream_connects_ends_the_application_before_it_plays() -> None:
    app = Application(LIVE)
    app.probe("end", "sink", backend_uri=f"{__name__}:SlowToConnect://x")(one_event)

    async def main() -> None:
        await asyncio.wait_for(app.run_async(), 0.05)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(main())

    assert not app.running
    assert app.stats()["probes"][0]["calls"] == 0


def test_errors_are_raised_in_the_awaiting_task(tmp_path: Path) -> None:
    def fails(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        raise ValueError("in my probe")

    failing = Application(ENDLESS)
    failing.probe("middle")(fails)
    lost = Application(ENDLESS)
    lost.probe("nowhere")(fails)
    unsent = Application(ENDLESS)
    unsent.probe("end", "sink", backend_uri=f"file://{tmp_path}/no/such/x")(one_event)
    broken = Application("filesrc location=/no/such ! fakesink")

    async def main() -> list[object]:
        apps = (failing, lost, unsent, broken)
        return list(
            await asyncio.gather(*(app.run_async() for app in apps), return_exceptions=True)
        )

    kinds = [type(error) for error in asyncio.run(main())]

    assert kinds == [ProbeFailedError, ProbeTargetError, StreamError, PlayError]
    assert pythia_threads() == []


def test_hooks_are_called_in_the_thread_of_the_event_loop() -> None:
    called: list[tuple[str, asyncio.AbstractEventLoop]] = []

    class Hooked(Application):
        def before_pipeline_start(self) -> None:
            called.append(("before_pipeline_start", asyncio.get_running_loop()))

        def after_pipeline_start(self) -> None:
            called.append(("after_pipeline_start", asyncio.get_running_loop()))

        def before_loop_join(self) -> None:
            called.append(("before_loop_join", asyncio.get_running_loop()))

    asyncio.run(Hooked(SHORT).run_async())

    assert [name for name, _ in called] == [
        "before_pipeline_start",
        "after_pipeline_start",
        "before_loop_join",
    ]


def test_a_running_application_cannot_be_started_twice() -> None:
    app = Application(LIVE)

    async def main() -> None:
        first = asyncio.create_task(app.run_async())
        await asyncio.sleep(0)
        with pytest.raises(PlayError, match="running already"):
            await app.run_async()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first

    asyncio.run(main())
