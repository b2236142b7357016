from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from pythia.elements.structures import custom_event
from pythia.gst import Gst
from pythia.gst.probe_info import buffer_address, owns_memory
from pythia.gst.structures import structure_of
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableObject
from support.pictures import Pictures
from support.play import WAIT_S, Play

COLORS = (0xFFFF0000, 0xFF00FF00, 0xFF0000FF)
_EVENTS = Gst.PadProbeType.EVENT_DOWNSTREAM | Gst.PadProbeType.EVENT_FLUSH


def source(number: int, frames: int = 3, rate: str = "30/1", options: str = "") -> str:
    return (
        f"videotestsrc name=source{number} num-buffers={frames} pattern=solid-color "
        f"foreground-color={COLORS[number]} {options} "
        f"! video/x-raw,format=RGBA,width=160,height=120,framerate={rate} ! m.sink_{number} "
    )


def mux(batch_size: int, options: str = "") -> str:
    return (
        f"nvstreammux name=m batch-size={batch_size} width=160 height=120 "
        f"! nvstreamdemux name=d {options} "
    )


def branch(number: int, middle: str = "queue") -> str:
    return f"d.src_{number} ! {middle} ! fakesink name=out{number} async=false "


@dataclass
class Seen:
    """What reached a pad."""

    batches: list[PortableBatch] = field(default_factory=list)
    pts: list[int] = field(default_factory=list)
    memories: set[int] = field(default_factory=set)
    events: list[str] = field(default_factory=list)
    caps: str = ""


class Looks:
    """Looks at what reaches the sinks ``outN``; pass it as ``prepare``."""

    def __init__(self, *numbers: int) -> None:
        self.seen = {number: Seen() for number in numbers}
        self.order: list[str] = []
        self.changed = threading.Condition()

    def __call__(self, pipeline: Gst.Pipeline) -> None:
        for number in self.seen:
            self.watch(pipeline, number)

    def watch(self, pipeline: Gst.Pipeline, number: int) -> None:
        sink = pipeline.get_by_name(f"out{number}")
        assert sink is not None
        pad = sink.get_static_pad("sink")
        assert pad is not None
        seen = self.seen.setdefault(number, Seen())
        kinds = Gst.PadProbeType.BUFFER | _EVENTS

        def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
            with self.changed:
                if info.type & Gst.PadProbeType.BUFFER:
                    self._note_buffer(seen, pad, info)
                    self.order.append(f"buffer {number}")
                else:
                    event: Any = info.get_event()
                    name = str(Gst.EventType.get_name(event.type))
                    seen.events.append(name)
                    self.order.append(f"{name} {number}")
                self.changed.notify_all()
            return Gst.PadProbeReturn.OK

        pad.add_probe(kinds, look)

    def _note_buffer(self, seen: Seen, pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        assert batch is not None
        seen.batches.append(batch.copy())
        seen.pts.append(buffer.pts)
        seen.memories.add(buffer.n_memory())
        caps = pad.get_current_caps()
        assert caps is not None
        seen.caps = caps.to_string()

    def wait_for(self, condition: Callable[[], bool]) -> bool:
        with self.changed:
            return self.changed.wait_for(condition, WAIT_S)


def test_each_source_has_its_frames_on_its_pad(play: Play) -> None:
    looks = Looks(0, 1)
    pictures = {n: Pictures(f"out{n}") for n in (0, 1)}

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        for one in pictures.values():
            one(pipeline)

    played = play(mux(2) + source(0) + source(1, 2, "15/1") + branch(0) + branch(1), prepare)

    assert played.error is None
    first, second = looks.seen[0], looks.seen[1]
    assert first.pts == [0, 33333333, 66666666]
    assert second.pts == [0, 66666666]
    for number, seen in looks.seen.items():
        assert seen.memories == {1}
        assert "memory:NVMM" in seen.caps
        assert "width=(int)160, height=(int)120" in seen.caps
        for count, batch in enumerate(seen.batches):
            assert batch.max_frames_in_batch == 1
            (frame,) = batch.frame_meta_list
            assert (frame.pad_index, frame.batch_id, frame.frame_num) == (number, 0, count)
    assert (np.abs(pictures[0].buffers[2][0] - (255, 0, 0)).max()) == 0
    assert (np.abs(pictures[1].buffers[1][0] - (0, 255, 0)).max()) == 0


def test_several_frames_of_one_source_in_a_batch_come_one_after_the_other(play: Play) -> None:
    looks = Looks(0)

    played = play(mux(4) + source(0, 8) + branch(0), looks)

    assert played.error is None
    numbers = [batch.frame_meta_list[0].frame_num for batch in looks.seen[0].batches]
    assert numbers == list(range(8))


def test_metadata_of_a_frame_goes_along_and_that_of_others_does_not(play: Play) -> None:
    looks = Looks(0, 1)

    def mark(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = carrier.fetch(hash(info.get_buffer()))
        assert batch is not None
        for frame in batch.frame_meta_list:
            frame.add_obj(PortableObject(class_id=frame.pad_index + 10))
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        demux: Any = pipeline.get_by_name("d")
        demux.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, mark)

    play(mux(2) + source(0) + source(1) + branch(0) + branch(1), prepare)

    for number, seen in looks.seen.items():
        classes = [
            [obj.class_id for obj in frame.obj_meta_list]
            for batch in seen.batches
            for frame in batch.frame_meta_list
        ]
        assert classes == [[number + 10]] * 3


def test_frames_may_be_drawn_on_without_a_copy(play: Play) -> None:
    owned: list[bool] = []

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        owned.append(owns_memory(buffer_address(info)))
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        osd: Any = pipeline.get_by_name("osd")
        osd.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, look)

    sources = source(0, options="is-live=true") + source(1, options="is-live=true")
    played = play(mux(2) + sources + branch(0, "nvdsosd name=osd") + branch(1), prepare)

    assert played.error is None
    assert owned == [True] * 3


def test_the_other_branch_of_a_tee_keeps_its_batches(play: Play) -> None:
    looks = Looks(0, 1)

    # Without queues the demuxer is done with each buffer before the other branch gets it.
    text = mux(2).replace("! nvstreamdemux", "! tee name=t ! nvstreamdemux")
    played = play(
        text
        + source(0)
        + source(1)
        + branch(0, "identity")
        + branch(1, "identity")
        + "t. ! fakesink name=out async=false",
        looks,
    )

    assert played.error is None
    assert [len(seen.batches) for seen in looks.seen.values()] == [3, 3]
    slots = [[frame.batch_id for frame in batch.frame_meta_list] for batch in played.batches]
    assert slots == [[0, 1]] * 3


@pytest.mark.parametrize("linked", [(1,), (0, 2)])
def test_sources_without_a_linked_pad_are_dropped(play: Play, linked: tuple[int, ...]) -> None:
    looks = Looks(*linked)

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        demux: Any = pipeline.get_by_name("d")
        for number in {0, 1, 2, 7} - set(linked):
            if number != 2:
                assert demux.request_pad_simple(f"src_{number}") is not None

    branches = "".join(branch(number) for number in linked)
    played = play(mux(3) + source(0) + source(1) + source(2) + branches, prepare)

    assert played.error is None
    assert [len(looks.seen[number].batches) for number in linked] == [3] * len(linked)


def without_news(seen: Seen) -> list[str]:
    """Its events but those that only say something of a source."""
    return [name for name in seen.events if name != "custom-downstream"]


def test_each_pad_begins_with_its_own_stream(play: Play) -> None:
    looks = Looks(0, 1)
    ids: list[str | None] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        for name in ("out0", "out1"):
            pad: Any = pipeline.get_by_name(name).get_static_pad("sink")  # type: ignore[union-attr]
            pad.add_probe(Gst.PadProbeType.BUFFER, note)

    def note(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        ids.append(pad.get_stream_id())
        return Gst.PadProbeReturn.OK

    play(mux(2) + source(0, 1) + source(1, 1) + branch(0) + branch(1), prepare)

    for seen in looks.seen.values():
        assert without_news(seen) == ["stream-start", "caps", "segment", "eos"]
    assert len(ids) == len(set(ids)) == 2


@pytest.mark.parametrize(("per_stream", "ends_early"), [("true", True), ("false", False)])
def test_a_pad_ends_with_its_source_or_with_the_last(
    play: Play, per_stream: str, ends_early: bool
) -> None:
    looks = Looks(0, 1)

    # Without queues everything happens on one thread, one after the other.
    played = play(
        mux(2, f"per-stream-eos={per_stream}")
        + source(0, 2)
        + source(1, 6)
        + branch(0, "identity")
        + branch(1, "identity"),
        looks,
    )

    assert played.error is None
    assert Counter(looks.order)["eos 0"] == Counter(looks.order)["eos 1"] == 1
    last_frame = len(looks.order) - 1 - looks.order[::-1].index("buffer 1")
    assert (looks.order.index("eos 0") < last_frame) == ends_early


def test_a_pad_of_a_source_that_does_not_exist_ends_with_the_last(play: Play) -> None:
    looks = Looks(0, 5)

    played = play(mux(1) + source(0) + branch(0) + branch(5), looks)

    assert played.error is None
    assert looks.seen[5].batches == []
    assert without_news(looks.seen[5]) == ["stream-start", "caps", "segment", "eos"]


def test_frames_behind_the_end_of_a_source_are_dropped_and_reported(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    looks = Looks(0, 1)
    seen = 0

    def end_after_two(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        nonlocal seen
        seen += 1
        if seen == 3:
            pad.send_event(custom_event("stream-eos", stream_id=0))
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        demux: Any = pipeline.get_by_name("d")
        demux.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, end_after_two)

    sources = source(0, 4) + source(1, 4)
    played = play(mux(2) + sources + branch(0, "identity") + branch(1, "identity"), prepare)

    assert played.error is None
    assert [len(seen.batches) for seen in looks.seen.values()] == [2, 4]
    assert len([r for r in caplog.records if "release the pad src_0" in r.getMessage()]) == 1


def test_what_is_said_of_a_source_is_said_on_its_pad_only(play: Play) -> None:
    resets: list[tuple[str, int]] = []

    def note(pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        assert event is not None
        if event.has_name("stream-reset"):
            structure: Any = structure_of(event)
            sink: Any = pad.get_parent_element()
            resets.append((sink.get_name(), structure.get_uint("stream-id")[1]))
        return Gst.PadProbeReturn.OK

    def reset(pad: Gst.Pad, _info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        pad.send_event(custom_event("stream-reset", stream_id=1))
        return Gst.PadProbeReturn.REMOVE

    def prepare(pipeline: Gst.Pipeline) -> None:
        demux: Any = pipeline.get_by_name("d")
        demux.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, reset)
        for number in (0, 1):
            out: Any = pipeline.get_by_name(f"out{number}")
            out.get_static_pad("sink").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, note)

    played = play(mux(2) + source(0) + source(1) + branch(0) + branch(1), prepare)

    assert played.error is None
    assert resets == [("out1", 1)]


def test_pads_come_and_go_while_playing(play: Play) -> None:
    looks = Looks(0)
    live = "is-live=true"
    text = mux(2) + source(0, 1000, "100/1", live) + source(1, 1000, "100/1", live) + branch(0)

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        threading.Thread(target=add_and_remove, args=(pipeline,)).start()

    def count(number: int) -> int:
        return len(looks.seen[number].batches)

    def add_and_remove(pipeline: Gst.Pipeline) -> None:
        demux: Any = pipeline.get_by_name("d")
        looks.wait_for(lambda: count(0) >= 3)
        sink: Any = Gst.ElementFactory.make("fakesink", "out1")
        sink.set_property("async", False)
        pipeline.add(sink)
        looks.watch(pipeline, 1)
        sink.sync_state_with_parent()
        pad = demux.request_pad_simple("src_1")
        pad.link(sink.get_static_pad("sink"))
        looks.wait_for(lambda: count(1) >= 3)
        demux.release_request_pad(pad)
        sink.set_state(Gst.State.NULL)
        pipeline.remove(sink)
        after = count(0)
        looks.wait_for(lambda: count(0) >= after + 3)
        pipeline.send_event(Gst.Event.new_eos())

    played = play(text, prepare)

    assert played.error is None
    assert looks.seen[1].events[:3] == ["stream-start", "caps", "segment"]
    assert 3 <= count(1) < count(0)


def test_a_branch_that_wants_no_more_does_not_stop_the_others(play: Play) -> None:
    looks = Looks(0, 1)

    played = play(
        mux(2) + source(0) + source(1) + branch(0, "identity eos-after=2") + branch(1), looks
    )

    assert played.error is None
    assert (len(looks.seen[0].batches), len(looks.seen[1].batches)) == (2, 3)


def test_a_seek_of_all_branches_reaches_each_source_once(play: Play) -> None:
    looks = Looks(0, 1)
    seeks: list[int] = []

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        mux: Any = pipeline.get_by_name("m")
        mux.get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_UPSTREAM, note)
        pipeline.set_state(Gst.State.PAUSED)
        pipeline.get_state(WAIT_S * Gst.SECOND)
        pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 10 * Gst.SECOND)

    def note(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event: Any = info.get_event()
        if event.type == Gst.EventType.SEEK:
            seeks.append(event.get_seqnum())
        return Gst.PadProbeReturn.OK

    small = "queue max-size-buffers=1"
    branches = "".join(branch(n, small).replace("async=false", "") for n in (0, 1))
    played = play(mux(2) + source(0, 30) + source(1, 30) + branches, prepare)

    assert played.error is None
    assert len(seeks) == 1
    for seen in looks.seen.values():
        flushed = seen.events.index("flush-stop")
        begun = ["flush-stop", "stream-start", "caps", "segment", "eos"]
        assert [name for name in seen.events[flushed:] if name in begun] == begun
        assert 10 * Gst.SECOND in seen.pts


def test_sources_that_have_ended_can_be_played_again_from_an_earlier_time(
    play: Play, clip: Callable[..., str]
) -> None:
    looks = Looks(0, 1)
    sources = "".join(f"{clip('RGBA', 160, 120)} ! m.sink_{n} " for n in (0, 1))

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            WAIT_S * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
        )
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        assert pipeline.seek_simple(Gst.Format.TIME, Gst.SeekFlags.FLUSH, 0)

    played = play(mux(2) + sources.replace("num-buffers=8", "") + branch(0) + branch(1), prepare)

    assert played.error is None
    for seen in looks.seen.values():
        assert seen.pts[: len(seen.pts) // 2] == seen.pts[len(seen.pts) // 2 :]
        assert len(seen.pts) >= 16


def test_it_can_be_played_again(play: Play) -> None:
    looks = Looks(0, 1)

    def prepare(pipeline: Gst.Pipeline) -> None:
        looks(pipeline)
        for _ in range(3):
            pipeline.set_state(Gst.State.PLAYING)
            message = pipeline.get_bus().timed_pop_filtered(
                WAIT_S * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
            )
            assert message is not None
            assert message.type == Gst.MessageType.EOS
            pipeline.set_state(Gst.State.NULL)

    played = play(mux(2) + source(0) + source(1) + branch(0) + branch(1), prepare)

    assert played.error is None
    assert [len(seen.batches) for seen in looks.seen.values()] == [12, 12]


def test_a_buffer_without_a_batch_is_an_error_that_says_what_to_do(play: Play) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA "
        f"! nvstreamdemux name=d {branch(0)}"
    )

    assert played.error is not None
    assert "put nvstreammux somewhere before it" in played.error


@pytest.mark.parametrize("name", ["src_x", "src_", "src_-1", "source_0"])
def test_a_pad_has_to_be_named_after_a_source(play: Play, name: str) -> None:
    play(mux(1) + source(0, 1) + branch(0))

    demux = Gst.ElementFactory.make("nvstreamdemux")

    assert demux is not None
    assert demux.request_pad_simple(name) is None
