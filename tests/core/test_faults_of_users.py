"""Probes, handlers and values that are wrong, and applications one after another and at once."""

from __future__ import annotations

import gc
import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from pythia import Application
from pythia.exceptions import ProbeError, ProbeFailedError, UndeliveredError
from pythia.gst import Gst
from support.applications import (
    arrived,
    fast,
    live,
    pythia_threads,
    stream_of,
    yield_numbers,
    yielded,
)
from support.servers import Servers, free_port

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("answer", ["stop", "continue"])
def test_what_a_probe_yielded_before_it_raised_is_delivered(
    server_of: Servers, name: str, answer: Any
) -> None:
    server = server_of("redis")
    app = Application(fast(20), on_probe_error=answer)
    frames = itertools.count(1)

    @app.probe("end", "sink", backend_uri=server.uri(name))
    def fails_at_frame_7(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        frame = next(frames)
        yield 10 * frame
        if frame == 7:
            raise ValueError("no such label")
        yield 10 * frame + 1

    with pytest.raises(ProbeFailedError, match=r"no such label.*call 7"):
        app()

    last = 7 if answer == "stop" else 20
    wanted = [10 * frame + n for frame in range(1, last + 1) for n in (0, 1)]
    wanted.remove(71)
    (probe,) = app.stats()["probes"]
    assert (probe["yielded"], probe["errors"]) == (len(wanted), 1)
    assert stream_of(app).sent == len(wanted)
    assert [int(event) for event in server.events(name, len(wanted))] == wanted


@pytest.mark.parametrize(
    "place", ["on_message_eos", "after_pipeline_start", "before_loop_join", "before_loop_quit"]
)
def test_what_was_yielded_is_delivered_when_a_handler_or_hook_raises(
    server_of: Servers, name: str, place: str
) -> None:
    server = server_of("redis")
    begun = threading.Event()

    def fails(self: Application, *_: object) -> None:
        assert begun.wait(10)
        raise LookupError(place)

    app: Application = type("Faulty", (Application,), {place: fails})(fast(200))
    numbers = itertools.count()

    @app.probe("end", "sink", backend_uri=server.uri(name))
    def number(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        yield next(numbers)
        begun.set()

    with pytest.raises(LookupError, match=place):
        app()

    stats = stream_of(app)
    assert stats.queued == stats.sent == yielded(app) > 0
    assert arrived(server, name, stats.sent) == list(range(stats.sent))
    assert pythia_threads() == []


def test_a_value_that_cannot_be_encoded_is_counted_and_the_rest_arrives(
    server_of: Servers, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = server_of("redis")
    app = Application(fast(20))
    numbers = itertools.count()

    @app.probe("end", "sink", backend_uri=server.uri(name))
    def labelled(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[dict[str, Any]]:
        n = next(numbers)
        yield {"n": n, "labels": {"car"} if n in (5, 6) else ["car"]}

    with pytest.raises(UndeliveredError) as caught:
        app()

    stats = stream_of(app)
    found = [orjson.loads(event)["n"] for event in server.events(name, 18)]
    for told in (str(caught.value), caplog.text, str(stats.last_error)):
        assert "event['labels'] of type builtins.set" in told
    assert "2 of 20 events could not be encoded" in str(caught.value)
    assert (stats.queued, stats.sent, stats.dropped, stats.pending) == (20, 18, 2, 0)
    assert found == [n for n in range(20) if n not in (5, 6)]


FIVE = ("redis", "kafka", "mqtt", "nats", "http")


def test_ten_applications_run_one_after_another_on_all_brokers(
    server_of: Servers, name: str
) -> None:
    open_files = []

    for run in range(10):
        server, stream = server_of(FIVE[run % 5]), f"{name}-{run}"
        server.expect(stream)
        app = Application(fast(30))
        yield_numbers(app, server.uri(stream))
        app()

        assert arrived(server, stream, 30) == list(range(30))
        assert stream_of(app).sent == 30
        assert pythia_threads() == []
        del app
        gc.collect()  # an application is a circle of references
        open_files.append(len(os.listdir("/proc/self/fd")))

    assert open_files[9] <= open_files[4] + 5  # the tests' own reader of MQTT


def test_five_applications_run_at_once_on_different_brokers(server_of: Servers, name: str) -> None:
    servers = [server_of(scheme) for scheme in FIVE]
    apps = [Application(fast(300)) for _ in FIVE]

    for app, server in zip(apps, servers, strict=True):
        server.expect(name)
        yield_numbers(app, server.uri(name))
    for app in apps:
        app(background=True)
    ended = [app.wait(30) for app in apps]

    assert ended == [True] * 5
    assert pythia_threads() == []
    for app, server in zip(apps, servers, strict=True):
        assert stream_of(app).sent == 300
        assert arrived(server, name, 300) == list(range(300))


def test_stop_from_inside_a_probe_that_a_dead_broker_holds_up(
    server_of: Servers, name: str
) -> None:
    server = server_of("redis")
    app = Application(live(), drain_timeout_s=0.3)
    numbers = itertools.count()

    @app.probe("end", "sink", backend_uri=server.uri(name, "queue=20", "timeout_s=60"))
    def many(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        for n in itertools.islice(numbers, 100):
            if n == 5:
                server.pause()
            if n == 15:
                app.stop()
            yield n

    try:
        with pytest.raises(UndeliveredError) as caught:
            app()
    finally:
        server.resume()

    stats = stream_of(app)
    assert f"{stats.pending} of {stats.queued} events were not delivered" in str(caught.value)
    assert stats.sent + stats.pending == stats.queued == yielded(app)
    assert stats.queued >= 100  # the frame that was begun is finished
    assert pythia_threads() == []


@pytest.mark.parametrize("place", ["probe", "on_message_element", "on_message"])
def test_stop_from_inside_delivers_what_was_yielded(
    server_of: Servers, name: str, place: str
) -> None:
    server = server_of("redis")

    class Stopper(Application):
        def on_message(self, bus: Gst.Bus, message: Gst.Message) -> None:
            if place == "on_message" and message.type == Gst.MessageType.ELEMENT:
                self.stop()

        def on_message_element(self, bus: Gst.Bus, message: Gst.Message) -> None:
            if place == "on_message_element":
                self.stop()

    app = Stopper(live())
    numbers = itertools.count()

    @app.probe("end", "sink", backend_uri=server.uri(name))
    def number(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Iterator[int]:
        n = next(numbers)
        yield n
        if n == 10:
            word = Gst.Structure.new_empty("enough")
            app.pipeline.post_message(Gst.Message.new_element(app.pipeline, word))
            if place == "probe":
                app.stop()

    app()

    stats = stream_of(app)
    assert stats.queued == stats.sent == yielded(app) >= 11
    assert arrived(server, name, stats.sent) == list(range(stats.sent))


def test_a_stream_that_is_stuck_costs_the_others_no_event(server_of: Servers, name: str) -> None:
    server = server_of("nats")
    dead = f"redis://127.0.0.1:{free_port()}/?stream=x&connect=lazy"
    app = Application(fast(20), drain_timeout_s=0.3)
    yield_numbers(app, dead)
    yield_numbers(app, server.uri(name, "linger_ms=60000"))

    with pytest.raises(UndeliveredError, match="20 of 20 events"):
        app()

    assert arrived(server, name, 20) == list(range(20))


def test_a_password_is_not_shown_when_a_probe_does_not_fit() -> None:
    app = Application(fast(1))
    uri = "kafka://me:hidden@one/?stream=x"

    with pytest.raises(ProbeError, match="yields nothing") as caught:
        app.probe("end", "sink", backend_uri=uri)(lambda pad, info: None)

    assert "hidden" not in str(caught.value)
