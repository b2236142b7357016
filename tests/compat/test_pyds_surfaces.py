"""Pixels of frames by get_nvds_buf_surface, in real pipelines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pythia.compat import pyds as look_alike
from pythia.elements.registry import register
from pythia.gst import Gst

pyds: Any = look_alike
NVMM = "video/x-raw(memory:NVMM)"
SOURCE = (
    "videotestsrc num-buffers=2 pattern={} ! video/x-raw,format=NV12,width=64,height=48 "
    "! nvvideoconvert ! video/x-raw(memory:NVMM) ! m.sink_{}  "
)


@pytest.fixture(autouse=True)
def elements() -> None:
    register()


def launch(format: str, behind: str = "identity name=second ! fakesink") -> str:
    return (
        "nvstreammux name=m batch-size=2 width=64 height=48 batched-push-timeout=1000000 "
        f"! nvvideoconvert ! {NVMM},format={format} ! identity name=first ! {behind}  "
        + SOURCE.format("red", 0)
        + SOURCE.format("blue", 1)
    )


Probe = Callable[[Gst.Buffer], None]


def play(text: str, **probes: Probe) -> None:
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    failures: list[Exception] = []

    def called(_: Gst.Pad, info: Gst.PadProbeInfo, look: Probe) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        try:
            look(buffer)
        except Exception as error:
            failures.append(error)
        return Gst.PadProbeReturn.OK

    for name, look in probes.items():
        element = pipeline.get_by_name(name)
        assert element is not None
        pad = element.get_static_pad("sink")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.BUFFER, called, look)
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    if failures:
        raise failures[0]
    assert message is not None
    assert message.type == Gst.MessageType.EOS


@pytest.mark.parametrize(("format", "channels"), [("RGBA", 4), ("RGB", 3)])
def test_a_surface_is_a_view_of_the_frame_of_its_slot(format: str, channels: int) -> None:
    seen = []

    def look(buffer: Gst.Buffer) -> None:
        for slot in (0, 1):
            pixels = pyds.get_nvds_buf_surface(hash(buffer), slot)
            red, _, blue = pixels[20, 30, :3].astype(int)
            seen.append(("red" if red > blue else "blue", pixels.shape, pixels.dtype.name))
            pyds.unmap_nvds_buf_surface(hash(buffer), slot)

    play(launch(format), first=look)

    shape = (48, 64, channels)
    assert seen == [("red", shape, "uint8"), ("blue", shape, "uint8")] * 2


def test_what_is_written_is_seen_downstream_though_others_hold_the_buffer() -> None:
    corners = []

    def paint(buffer: Gst.Buffer) -> None:
        pyds.get_nvds_buf_surface(hash(buffer), 1)[:8, :8] = (1, 2, 3, 4)

    def look(buffer: Gst.Buffer) -> None:
        pixels = pyds.get_nvds_buf_surface(hash(buffer), 1)
        corners.append((pixels[0, 0].tolist(), pixels[8, 8].tolist() != [1, 2, 3, 4]))

    play(launch("RGBA"), first=paint, second=look)

    assert corners == [([1, 2, 3, 4], True)] * 2


def test_an_array_outlives_its_buffer_and_locks_nobody_out() -> None:
    kept: list[Any] = []

    def keep(buffer: Gst.Buffer) -> None:
        kept.append(pyds.get_nvds_buf_surface(hash(buffer), 0))

    play(launch("RGBA", "nvdsosd name=osd ! fakesink"), first=keep)

    assert [int(pixels[20, 30, 0]) > 200 for pixels in kept] == [True, True]
    kept[0][:] = 7
    assert int(kept[1][20, 30, 0]) > 200
    assert np.all(kept[0] == 7)


@pytest.mark.parametrize("slot", [2, -1])
def test_a_frame_that_is_not_there_is_refused(slot: int) -> None:
    def look(buffer: Gst.Buffer) -> None:
        pyds.get_nvds_buf_surface(hash(buffer), slot)

    with pytest.raises(RuntimeError, match=f"frame {slot} of a buffer with 2"):
        play(launch("RGBA"), first=look)


def test_another_format_is_refused_with_what_to_do() -> None:
    def look(buffer: Gst.Buffer) -> None:
        pyds.get_nvds_buf_surface(hash(buffer), 0)

    with pytest.raises(RuntimeError, match=r"NV12.*format=RGBA"):
        play(launch("NV12"), first=look)


def test_behind_a_probe_the_pad_is_forgotten() -> None:
    called: list[Gst.Pad] = []

    def look(pad: Gst.Pad, _: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        called.append(pad)
        return Gst.PadProbeReturn.OK

    caps: Any = Gst.Caps.from_string(f"{NVMM},format=RGBA")
    pad = Gst.Pad.new("src", Gst.PadDirection.SRC)
    pad.set_active(True)
    pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, look)
    pad.push_event(Gst.Event.new_stream_start("one"))
    pad.push_event(Gst.Event.new_caps(caps))

    with pytest.raises(RuntimeError, match="pad probe"):
        pyds.get_nvds_buf_surface(hash(Gst.Buffer.new()), 0)
    assert called


def test_outside_of_a_probe_the_format_is_not_known() -> None:
    with pytest.raises(RuntimeError, match="pad probe"):
        pyds.get_nvds_buf_surface(hash(Gst.Buffer.new()), 0)


@pytest.mark.parametrize("wrong", [None, "x", -1, Gst.Buffer.new()])
def test_a_buffer_is_given_by_its_address(wrong: Any) -> None:
    with pytest.raises(TypeError):
        pyds.get_nvds_buf_surface(wrong, 0)
