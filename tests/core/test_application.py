from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pythia import Application, samples
from pythia.event_stream import Stream
from pythia.event_stream.memory import STORAGE
from pythia.exceptions import (
    HandlerError,
    PipelineError,
    PlayError,
    ProbeFailedError,
    ProbeTargetError,
    RunError,
    StreamError,
    UndeliveredError,
)
from pythia.gst import GLib, Gst, GstBase

SHORT = "videotestsrc num-buffers=20 ! identity name=middle ! fakesink name=end"
ENDLESS = "videotestsrc ! video/x-raw,width=16,height=16 ! identity name=middle ! fakesink name=end"


@pytest.fixture
def memory() -> Iterator[tuple[str, deque[Any]]]:
    name = uuid.uuid4().hex
    STORAGE[name] = deque(maxlen=100_000)
    yield f"memory://?stream={name}", STORAGE[name]
    del STORAGE[name]


def pts_of(info: Gst.PadProbeInfo) -> int:
    buffer = info.get_buffer()
    assert buffer is not None
    return buffer.pts


def pythia_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("pythia")]


def test_a_call_blocks_until_end_of_stream(memory: tuple[str, deque[Any]]) -> None:
    uri, events = memory
    app = Application(SHORT)

    @app.probe("end", "sink", backend_uri=uri)
    def count(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[dict[str, int]]:
        yield {"pts": pts_of(info)}

    app()

    assert len(events) == 20
    assert [e["pts"] for e in events] == sorted(e["pts"] for e in events)
    assert not app.running
    assert pythia_threads() == []
    assert app.pipeline.get_state(0)[1] == Gst.State.NULL


def test_an_application_can_be_run_again(memory: tuple[str, deque[Any]]) -> None:
    uri, events = memory
    app = Application(SHORT)
    app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)

    for run in (1, 2, 3):
        app()

        assert len(events) == 20 * run
        assert app.stats()["probes"][0]["calls"] == 20


def one_event_a_buffer(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
    yield 1


def test_ten_applications_run_one_after_another(memory: tuple[str, deque[Any]]) -> None:
    uri, events = memory

    for _ in range(10):
        app = Application(SHORT)
        app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)
        app()

    assert len(events) == 200
    assert pythia_threads() == []


def test_four_applications_run_at_once(memory: tuple[str, deque[Any]]) -> None:
    uri, events = memory
    apps = [Application(SHORT.replace("20", "200")) for _ in range(4)]

    for app in apps:
        app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)
        app(background=True)
    for app in apps:
        assert app.wait(30)

    assert len(events) == 800
    assert pythia_threads() == []


def test_a_background_application_goes_on_until_stopped() -> None:
    app = Application(ENDLESS)

    app(background=True)
    still_there = not app.wait(0.05)
    running = app.running
    app.stop()

    assert still_there
    assert running
    assert app.wait(10)
    assert not app.running


def test_a_with_block_stops_the_application_at_its_end() -> None:
    with Application(ENDLESS) as app:
        assert app.running

    assert not app.running


def test_an_error_in_a_with_block_is_not_covered_up() -> None:
    with pytest.raises(KeyError, match="mine"), Application(ENDLESS) as app:
        raise KeyError("mine")

    assert not app.running


def test_a_running_application_cannot_be_started_twice() -> None:
    with Application(ENDLESS) as app, pytest.raises(PlayError, match="running already"):
        app()


def test_stop_from_inside_a_probe_ends_the_application() -> None:
    app = Application(ENDLESS)
    seen = []

    @app.probe("end", "sink")
    def stop_at_five(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        seen.append(pts_of(info))
        if len(seen) == 5:
            app.stop()

    app()

    assert len(seen) >= 5


def test_stop_from_inside_a_handler_ends_the_application() -> None:
    class Stopper(Application):
        def on_message_async_done(self, bus: Gst.Bus, message: Gst.Message) -> None:
            self.stop()

    app = Stopper(ENDLESS)

    app()

    assert not app.running


def test_a_probe_that_raises_stops_the_application_with_its_line() -> None:
    app = Application(ENDLESS)
    frames = []

    @app.probe("middle", "src")
    def fails_at_frame_7(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        frames.append(1)
        if len(frames) == 7:
            raise ValueError("no such label")

    with pytest.raises(ProbeFailedError) as caught:
        app()

    line = fails_at_frame_7.__code__.co_firstlineno + 4
    for part in (
        "middle.src",
        "fails_at_frame_7",
        "ValueError: no such label",
        f"{__file__}:{line}",
    ):
        assert part in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)
    assert len(frames) == 7
    assert pythia_threads() == []


def test_a_probe_that_raises_drops_no_buffer_when_told_to_continue() -> None:
    app = Application(SHORT, on_probe_error="continue")
    arrived = []

    @app.probe("middle", "src")
    def always_fails(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        raise ValueError("again")

    @app.probe("end", "sink")
    def arrives(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        arrived.append(1)

    with pytest.raises(ProbeFailedError, match=r"ValueError: again.*test_application\.py:\d+"):
        app()

    assert len(arrived) == 20
    assert [p["errors"] for p in app.stats()["probes"]] == [20, 0]


def test_an_unknown_answer_to_probe_errors_is_refused() -> None:
    with pytest.raises(ValueError, match="available: stop, continue"):
        Application(SHORT, on_probe_error="ignore")  # type: ignore[arg-type]


def test_a_handler_that_raises_reaches_the_caller() -> None:
    class Faulty(Application):
        def on_message_state_changed(self, bus: Gst.Bus, message: Gst.Message) -> None:
            raise LookupError("in my handler")

    with pytest.raises(LookupError, match="in my handler") as caught:
        Faulty(ENDLESS)()

    assert caught.traceback[-1].path == Path(__file__)


@pytest.mark.parametrize(
    "hook",
    ["before_pipeline_start", "after_pipeline_start", "before_loop_join", "before_loop_quit"],
)
def test_a_hook_that_raises_reaches_the_caller(hook: str) -> None:
    def fails(self: Application) -> None:
        raise LookupError(hook)

    app = type("Faulty", (Application,), {hook: fails})(SHORT)

    with pytest.raises(LookupError, match=hook):
        app()

    assert not app.running
    assert pythia_threads() == []


def test_hooks_are_called_in_order() -> None:
    called: list[str] = []

    class Hooked(Application):
        def before_pipeline_start(self) -> None:
            called.append("before_pipeline_start")

        def after_pipeline_start(self) -> None:
            called.append("after_pipeline_start")

        def before_loop_join(self) -> None:
            called.append("before_loop_join")
            self.stop()

        def before_loop_quit(self) -> None:
            called.append("before_loop_quit")

    Hooked(ENDLESS)()

    assert called == [
        "before_pipeline_start",
        "after_pipeline_start",
        "before_loop_join",
        "before_loop_quit",
    ]


def test_handlers_of_a_subclass_see_their_messages() -> None:
    seen: list[str] = []

    class Watcher(Application):
        def on_message(self, bus: Gst.Bus, message: Gst.Message) -> None:
            seen.append("any")

        def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
            assert message.src == self.pipeline
            seen.append("eos")
            super().on_message_eos(bus, message)

    Watcher(SHORT)()

    assert seen[-2:] == ["any", "eos"]


def test_a_handler_for_an_unknown_message_is_refused_with_the_known_ones() -> None:
    class Wrong(Application):
        def on_message_eoss(self, bus: Gst.Bus, message: Gst.Message) -> None:
            """Never called."""

    with pytest.raises(HandlerError, match=r"did you mean 'eos'.*on_message_state_changed"):
        Wrong(SHORT)


@pytest.mark.parametrize("name", ["on_message", "on_message_eos"])
def test_an_async_handler_is_refused_with_a_reason(name: str) -> None:
    async def never_awaited(self: Application, bus: Gst.Bus, message: Gst.Message) -> None:
        """Never called."""

    kind = type("Async", (Application,), {name: never_awaited})

    with pytest.raises(HandlerError, match=rf"Async\.{name} is async.*run_coroutine_threadsafe"):
        kind(SHORT)


def test_a_handler_that_raises_does_not_stop_the_frames_when_told_to_continue() -> None:
    class Faulty(Application):
        def on_message_state_changed(self, bus: Gst.Bus, message: Gst.Message) -> None:
            raise LookupError("in my handler")

    app = Faulty(SHORT, on_probe_error="continue")
    arrived = []
    app.probe("end", "sink")(lambda pad, info: arrived.append(1))

    with pytest.raises(LookupError, match="in my handler"):
        app()

    assert len(arrived) == 20


@pytest.mark.parametrize("answer", ["stop", "continue"])
def test_a_handler_of_the_end_that_raises_ends_the_application(answer: Any) -> None:
    class Faulty(Application):
        def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
            raise LookupError("before the default was called")

    with pytest.raises(LookupError, match="before the default"):
        Faulty(SHORT, on_probe_error=answer)()


def test_what_on_message_error_raises_takes_the_place_of_the_elements_error() -> None:
    class Own(Application):
        def on_message_error(self, bus: Gst.Bus, message: Gst.Message) -> Any:
            super().on_message_error(bus, message)
            raise LookupError("Unhandled pipeline error")

    with pytest.raises(LookupError, match="Unhandled pipeline error") as caught:
        Own("videotestsrc ! identity error-after=3 ! fakesink")()

    assert isinstance(caught.value.__context__, (RunError, PlayError))


def test_on_message_error_gives_error_and_debug_text() -> None:
    seen: list[tuple[GLib.Error, str | None]] = []

    class Watcher(Application):
        def on_message_error(
            self, bus: Gst.Bus, message: Gst.Message
        ) -> tuple[GLib.Error, str | None]:
            seen.append(super().on_message_error(bus, message))
            return seen[-1]

    with pytest.raises(RunError, match=r"middle \(identity\): Failed after iterations"):
        Watcher("videotestsrc ! identity name=middle error-after=3 ! fakesink")()

    error, debug = seen[0]
    assert error.matches(Gst.CoreError.quark(), Gst.CoreError.FAILED)
    assert "gst_identity_transform_ip" in (debug or "")


def test_a_pipeline_that_refuses_to_start_names_element_and_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(PlayError, match=r'filesrc0 \(filesrc\): .*No such file "/no/such"'):
        Application("filesrc location=/no/such name=filesrc0 ! fakesink")()

    assert caplog.text == ""


def test_a_pipeline_that_cannot_preroll_is_given_up_with_the_waiting_sink_named() -> None:
    app = Application("appsrc ! fakesink name=hungry", play_timeout_s=0.2)

    with pytest.raises(PlayError, match=r"still ready after 0\.2 s.*no data came to hungry"):
        app()


def test_a_pipeline_in_which_data_moves_is_not_given_up() -> None:
    late = "videotestsrc num-buffers=24 ! identity sleep-time=50000 ! x264enc ! fakesink"
    app = Application(late, play_timeout_s=0.4)

    app()

    assert app.stats() == {"probes": [], "streams": {}}


def test_a_live_pipeline_has_no_limit_to_start() -> None:
    app = Application("videotestsrc is-live=true ! valve drop=true ! fakesink", play_timeout_s=0.1)

    app(background=True)

    assert not app.wait(0.3)
    app.stop()
    assert app.wait(5)


def test_a_sink_without_preroll_has_no_limit_to_start() -> None:
    app = Application("appsrc ! fakesink async=false", play_timeout_s=0.1)

    app(background=True)

    assert not app.wait(0.3)
    app.stop()
    assert app.wait(5)


def test_send_eos_finishes_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    app = Application(
        f"videotestsrc is-live=true ! x264enc speed-preset=ultrafast tune=zerolatency "
        f"! mp4mux ! filesink name=end location={out}"
    )
    seen = threading.Event()
    app.probe("end", "sink")(lambda pad, info: seen.set())

    app(background=True)
    assert seen.wait(10)
    app.send_eos()

    assert app.wait(10)
    assert b"moov" in out.read_bytes()


class SlowToStart(GstBase.BaseSink):
    """A sink that becomes ready only when ``go`` is set; sources are made ready after sinks."""

    __gstmetadata__ = ("slow", "Sink", "starts late", "tests")
    __gsttemplates__ = Gst.PadTemplate.new(
        "sink", Gst.PadDirection.SINK, Gst.PadPresence.ALWAYS, Gst.Caps.new_any()
    )
    entered = threading.Event()
    go = threading.Event()

    def do_start(self) -> bool:
        self.entered.set()
        return self.go.wait(10)


def test_send_eos_before_anything_flows_stops_at_once() -> None:
    video = samples.path("sample_720p.mp4")
    app = Application(f"filesrc location={video} ! qtdemux ! h264parse name=from")
    sink = SlowToStart()
    app.pipeline.add(sink)
    parser = app.pipeline.get_by_name("from")
    assert parser is not None
    parser.link(sink)
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(app)
        assert SlowToStart.entered.wait(10)

        app.send_eos()
        SlowToStart.go.set()

        ended.result(5)


def test_send_eos_that_does_not_come_through_stops_after_its_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Application(ENDLESS)

    @app.probe("end", "sink", pad_probe_type=Gst.PadProbeType.EVENT_DOWNSTREAM)
    def swallow(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        is_eos = event is not None and event.type == Gst.EventType.EOS
        return Gst.PadProbeReturn.DROP if is_eos else Gst.PadProbeReturn.OK

    app(background=True)
    app.send_eos(timeout_s=0.2)

    assert app.wait(10)
    assert "did not come through" in caplog.text


@pytest.mark.parametrize("between", ["", "! queue", "is-live=true !  queue"])
def test_a_sink_that_does_not_come_on_is_stopped_all_the_same(between: str) -> None:
    app = Application(f"videotestsrc {between} ! fakesink sync=true ts-offset=1000000000000")

    app(background=True)
    assert app.pipeline.get_state(5 * Gst.SECOND)[1] == Gst.State.PLAYING
    app.send_eos(timeout_s=0.2)

    assert app.wait(5)


def test_a_probe_that_hangs_is_not_waited_for_as_long_as_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pythia.core.application.STOP_TIMEOUT_S", 0.2)
    app = Application(ENDLESS)
    called, release = threading.Event(), threading.Event()

    @app.probe("middle")
    def hangs(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        called.set()
        release.wait(10)

    app(background=True)
    assert called.wait(10)
    app.stop()
    begin = time.monotonic()
    with pytest.raises(RunError, match=r"did not stop in 0\.2 s"):
        app.wait()

    assert time.monotonic() - begin < 5
    release.set()
    assert app.wait(10)


def test_a_full_queue_slows_the_pipeline_and_stop_still_works() -> None:
    app = Application(ENDLESS, drain_timeout_s=0.3)
    uri = f"{__name__}:NeverReady://x?queue=10&batch=5"
    app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)

    app(background=True)
    deadline = time.monotonic() + 10
    while app.stats()["probes"][0]["calls"] < 16 and time.monotonic() < deadline:
        app.wait(0.01)
    calls = app.stats()["probes"][0]["calls"]
    app.wait(0.05)
    same_calls = app.stats()["probes"][0]["calls"]
    app.stop()
    with pytest.raises(UndeliveredError, match=r"\d+ of \d+ events .*broker is down"):
        app.wait(10)

    assert 10 <= calls == same_calls <= 17
    assert pythia_threads() == []


class NeverReady(Stream):
    def connect(self) -> None:
        pass

    def post(self, batch: Any) -> None:
        raise OSError("broker is down")

    def close(self) -> None:
        pass


def test_a_stream_that_cannot_be_opened_is_an_error_at_start(tmp_path: Path) -> None:
    app = Application(SHORT)
    uri = f"file://{tmp_path}/no/such/folder/x.jsonl"
    app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)

    with pytest.raises(StreamError, match="No such file or directory"):
        app()

    assert not app.running
    assert pythia_threads() == []


def test_a_probe_on_nothing_is_an_error_before_anything_starts() -> None:
    app = Application(SHORT)
    app.probe("ned", "sink")(lambda pad, info: None)

    with pytest.raises(ProbeTargetError, match=r"did you mean 'end'.*available: .*middle"):
        app()

    assert not app.running


def test_the_worker_of_a_probe_can_be_asked_for(memory: tuple[str, deque[Any]]) -> None:
    uri, _ = memory
    app = Application(SHORT)
    app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)

    app()

    worker = app.backend("end", "sink")
    assert worker is not None
    assert worker.stats().sent == 20
    with pytest.raises(ProbeTargetError, match=r"available: end\.sink"):
        app.backend("end", "src")


def test_the_environment_names_the_default_stream(
    memory: tuple[str, deque[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    uri, events = memory
    monkeypatch.setenv("PYTHIA_STREAM_URI", uri)
    app = Application(SHORT)
    app.probe("end", "sink")(one_event_a_buffer)

    app()

    assert len(events) == 20


def test_stats_tell_of_each_probe_and_each_stream(memory: tuple[str, deque[Any]]) -> None:
    uri, _ = memory
    app = Application(SHORT)
    app.probe("end", "sink", backend_uri=uri)(one_event_a_buffer)

    app()
    (probe,) = app.stats()["probes"]
    (stream,) = app.stats()["streams"].values()

    assert (probe["calls"], probe["yielded"], probe["errors"]) == (20, 20, 0)
    assert 0 < probe["p50_us"] <= probe["p99_us"]
    assert (stream.queued, stream.sent, stream.retried, stream.dropped) == (20, 20, 0, 0)
    assert (stream.spooled, stream.last_error) == (0, None)


def test_events_go_to_standard_output_by_default(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHIA_STREAM_URI", raising=False)
    app = Application(SHORT)
    app.probe("end", "sink")(one_event_a_buffer)

    app()

    assert capsys.readouterr().out == "1\n" * 20


def test_a_pipeline_file_is_read_with_parameters(tmp_path: Path) -> None:
    file = tmp_path / "my.pipeline"
    file.write_text("videotestsrc num-buffers={how-many} !\n fakesink name=end\n")

    app = Application.from_pipeline_file(file, {"how-many": 7})
    calls = []
    app.probe("end", "sink")(lambda pad, info: calls.append(1))
    app()

    assert len(calls) == 7


def test_an_unreadable_pipeline_file_is_named() -> None:
    with pytest.raises(PipelineError, match=r"'/no/such\.pipeline': No such file"):
        Application.from_pipeline_file("/no/such.pipeline")


PROGRAM = """
from pythia import samples
from pythia import Application

app = Application({pipeline!r})

@app.probe("end", "sink")
def events(pad, info):
    yield {{"pts": info.get_buffer().pts}}

{start}
"""


def run_program(tmp_path: Path, pipeline: str, start: str = "app()") -> subprocess.Popen[str]:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(pipeline=pipeline, start=start))
    env = {key: value for key, value in os.environ.items() if key != "PYTHIA_STREAM_URI"}
    return subprocess.Popen(
        [sys.executable, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )


def test_a_reader_that_goes_away_ends_the_program_quietly(tmp_path: Path) -> None:
    with run_program(tmp_path, ENDLESS) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        line = program.stdout.readline()
        program.stdout.close()
        errors = program.stderr.read()

    assert line == '{"pts":0}\n'
    assert errors == ""
    assert program.returncode == 0


def test_ctrl_c_stops_in_order_and_loses_no_event(tmp_path: Path) -> None:
    live = ENDLESS.replace("videotestsrc", "videotestsrc is-live=true")
    start = """
import sys
try:
    app()
except KeyboardInterrupt:
    sys.exit(f"yielded {app.stats()['probes'][0]['yielded']}")
"""
    with run_program(tmp_path, live, start) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        program.send_signal(signal.SIGINT)
        # Not communicate(), which forgets what readline() has read ahead.
        rest, errors = program.stdout.read(), program.stderr.read()

    assert errors == f"yielded {1 + rest.count('}')}\n"
    assert rest == "" or rest.endswith("}\n")
    assert program.returncode == 1


def test_a_finished_application_is_freed_with_its_pipeline() -> None:
    freed: list[int] = []
    app = Application("videotestsrc num-buffers=5 ! decodebin name=d ! fakesink")
    app.probe("d", "src")(lambda pad, info: None)
    app.pipeline.weak_ref(lambda: freed.append(1))

    app()
    app()
    del app
    gc.collect()

    assert freed == [1]
