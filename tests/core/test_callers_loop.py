from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pythia import Application
from pythia.exceptions import PlayError, ProbeFailedError, RunError
from pythia.gst import GLib, Gst

SHORT = "videotestsrc num-buffers=20 ! identity name=middle ! fakesink name=end"
ENDLESS = "videotestsrc ! video/x-raw,width=16,height=16 ! identity name=middle ! fakesink name=end"


class Noting(Application):
    """Notes in which threads its handlers are called."""

    threads: set[threading.Thread]

    def on_message(self, bus: Gst.Bus, message: Gst.Message) -> None:
        self.threads = {*getattr(self, "threads", set()), threading.current_thread()}


@pytest.fixture(params=["default context", "own context"])
def loop(request: pytest.FixtureRequest) -> GLib.MainLoop:
    own = request.param == "own context"
    return GLib.MainLoop(GLib.MainContext.new() if own else None)


@pytest.fixture
def busy_loop() -> Iterator[tuple[GLib.MainLoop, threading.Thread]]:
    """A loop that runs in a thread of its own."""
    loop = GLib.MainLoop(GLib.MainContext.new())
    running = threading.Event()
    source = GLib.idle_source_new()
    source.set_callback(lambda *_: running.set())  # type: ignore[arg-type]
    source.attach(loop.get_context())
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert running.wait(5)
    yield loop, thread
    loop.quit()
    thread.join(5)


def call_in(loop: GLib.MainLoop, delay_ms: int, function: Callable[..., Any]) -> None:
    source = GLib.timeout_source_new(delay_ms)
    source.set_callback(function)
    source.attach(loop.get_context())


def test_messages_are_handled_in_the_loop_that_the_caller_gave(loop: GLib.MainLoop) -> None:
    app = Noting(SHORT)

    for _ in range(2):
        app(loop=loop)

        assert app.threads == {threading.current_thread()}
        assert not loop.is_running()
        assert not app.running
        assert app.pipeline.get_state(0)[1] == Gst.State.NULL


def test_the_loop_serves_its_other_sources_while_the_application_runs(loop: GLib.MainLoop) -> None:
    app = Application(ENDLESS)
    running: list[bool] = []

    def tick(*_: object) -> bool:
        running.append(loop.is_running())
        if len(running) == 3:
            app.stop()
        return len(running) < 3

    call_in(loop, 1, tick)
    app(loop)

    assert running == [True, True, True]


def test_quitting_the_loop_stops_the_application(loop: GLib.MainLoop) -> None:
    app = Application(ENDLESS)

    call_in(loop, 30, lambda *_: loop.quit())
    app(loop=loop)

    assert not app.running


def test_a_loop_that_runs_in_another_thread_is_left_alone(
    busy_loop: tuple[GLib.MainLoop, threading.Thread],
) -> None:
    loop, thread = busy_loop
    app = Noting(SHORT)

    app(loop=loop)

    assert app.threads == {thread}
    assert loop.is_running()


def test_an_application_can_be_called_from_inside_the_running_loop(loop: GLib.MainLoop) -> None:
    app = Noting(SHORT)
    after: list[bool] = []

    def start(*_: object) -> None:
        app(loop=loop)
        after.append(loop.is_running())
        loop.quit()

    call_in(loop, 1, start)
    loop.run()

    assert after == [True]
    assert app.threads == {threading.current_thread()}


def test_in_the_background_the_loop_is_run_by_its_owner(loop: GLib.MainLoop) -> None:
    class Quits(Noting):
        def on_message_eos(self, bus: Gst.Bus, message: Gst.Message) -> None:
            super().on_message_eos(bus, message)
            loop.quit()

    app = Quits(SHORT)

    app(background=True, loop=loop)
    loop.run()

    assert app.wait(10)
    assert app.threads == {threading.current_thread()}


def test_waiting_runs_the_loop_and_keeps_its_time_out(loop: GLib.MainLoop) -> None:
    app = Noting(ENDLESS)

    app(background=True, loop=loop)
    in_time = app.wait(0.05)
    still_running = app.running
    app.stop()

    assert not in_time
    assert still_running
    assert app.wait(10)


def run(app: Application, loop: GLib.MainLoop, background: bool) -> None:
    app(loop=loop, background=background)
    app.wait()


@pytest.mark.parametrize("background", [False, True])
def test_a_pipeline_that_refuses_says_why_through_the_loop(
    loop: GLib.MainLoop, background: bool
) -> None:
    app = Application("filesrc location=/no/such name=from ! fakesink")

    with pytest.raises(PlayError, match=r'from \(filesrc\): .*No such file "/no/such"'):
        run(app, loop, background)

    assert not loop.is_running()


def test_errors_of_probes_and_handlers_come_out_of_the_loop(loop: GLib.MainLoop) -> None:
    class Faulty(Application):
        def on_message_state_changed(self, bus: Gst.Bus, message: Gst.Message) -> None:
            raise LookupError("in my handler")

    def fails(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        raise ValueError("in my probe")

    app = Application(ENDLESS)
    app.probe("middle")(fails)

    with pytest.raises(ProbeFailedError, match="in my probe"):
        app(loop=loop)
    with pytest.raises(LookupError, match="in my handler") as caught:
        Faulty(ENDLESS)(loop=loop)
    assert caught.traceback[-1].path == Path(__file__)


def test_waiting_inside_a_handler_is_refused(loop: GLib.MainLoop) -> None:
    class Waits(Application):
        def on_message_state_changed(self, bus: Gst.Bus, message: Gst.Message) -> None:
            self.wait()

    with pytest.raises(RunError, match="would wait for itself"):
        Waits(ENDLESS)(loop=loop)


def test_several_applications_share_one_loop(loop: GLib.MainLoop) -> None:
    apps = [Noting(SHORT) for _ in range(3)]

    for app in apps:
        app(background=True, loop=loop)
    for app in apps:
        assert app.wait(10)

    assert {thread for app in apps for thread in app.threads} == {threading.current_thread()}


def test_four_loops_run_in_four_threads() -> None:
    apps = [Noting(SHORT) for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda app: app(GLib.MainLoop(GLib.MainContext.new())), apps))

    assert all(len(app.threads) == 1 for app in apps)


def test_something_else_than_a_loop_is_refused() -> None:
    with pytest.raises(PlayError, match=r"no GLib\.MainLoop.*run_async"):
        Application(SHORT)(loop="loop")  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"foreground": False}, {"background": True}])
def test_not_in_the_foreground_is_in_the_background(options: dict[str, Any]) -> None:
    app = Application(ENDLESS)

    app(**options)

    assert app.running
    app.stop()
    assert app.wait(10)


@pytest.mark.parametrize(
    "options", [{"foreground": True}, {"foreground": True, "background": False}]
)
def test_in_the_foreground_a_call_blocks(options: dict[str, Any]) -> None:
    app = Application(SHORT)

    app(**options)

    assert not app.running


@pytest.mark.parametrize("both", [True, False])
def test_foreground_and_background_must_not_contradict(both: bool) -> None:
    app = Application(SHORT)

    with pytest.raises(PlayError, match=f"foreground={both} and background={both}"):
        app(foreground=both, background=both)

    assert not app.running


PROGRAM = f"""
import sys
from pythia import Application
from pythia.gst import GLib

app = Application({ENDLESS.replace("videotestsrc", "videotestsrc is-live=true")!r})

@app.probe("end", "sink")
def events(pad, info):
    yield {{"pts": info.get_buffer().pts}}

try:
    app(loop=GLib.MainLoop())
except KeyboardInterrupt:
    sys.exit(f"running: {{app.running}}, yielded {{app.stats()['probes'][0]['yielded']}}")
"""


def test_ctrl_c_stops_an_application_in_the_callers_loop() -> None:
    env = {key: value for key, value in os.environ.items() if key != "PYTHIA_STREAM_URI"}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdout.readline()
        begin = time.monotonic()
        program.send_signal(signal.SIGINT)
        # Not communicate(), which forgets what readline() has read ahead.
        rest, errors = program.stdout.read(), program.stderr.read()

    assert errors == f"running: False, yielded {1 + rest.count('}')}\n"
    assert program.returncode == 1
    assert time.monotonic() - begin < 5
