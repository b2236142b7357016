from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pythia
from pythia import Application
from pythia.exceptions import GstError, ProbeFailedError
from pythia.gst import Gst
from pythia.meta import deepstream
from support import pyds_like

SIZE = "width=64,height=48"
RED = "videotestsrc num-buffers=3 pattern=red"
NVMM = "video/x-raw(memory:NVMM)"


def single(format: str) -> str:
    return f"{RED} ! video/x-raw,format={format},{SIZE} ! identity name=here ! fakesink name=end"


def batched(format: str) -> str:
    blue = RED.replace("red", "blue")
    return (
        f"nvstreammux name=mux batch-size=2 width=64 height=48 batched-push-timeout=1000000 "
        f"! nvvideoconvert ! {NVMM},format={format} ! identity name=here ! fakesink name=end "
        f"{RED} ! video/x-raw,format=NV12,{SIZE} ! nvvideoconvert ! {NVMM} ! mux.sink_0 "
        f"{blue} ! video/x-raw,format=NV12,{SIZE} ! nvvideoconvert ! {NVMM} ! mux.sink_1"
    )


def in_probe(
    pipeline: str, look: Callable[[Gst.Pad, Gst.PadProbeInfo], None], times: int = 3
) -> Application:
    app = Application(pipeline)
    app.probe("here", "src")(lambda pad, info: look(pad, info))
    app()
    assert app.stats()["probes"][0]["calls"] == times
    return app


def colour(array: NDArray[np.uint8]) -> str:
    assert array.shape == (48, 64, 4)
    assert array.dtype == np.uint8
    red, green, blue, alpha = array[20, 30].astype(int)
    assert alpha == 255
    assert green < 40
    return "red" if red > 200 and blue < 40 else "blue" if blue > 200 and red < 40 else "other"


FORMATS = ["RGBA", "BGRA", "RGBx", "RGB", "NV12", "I420"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_buffer_without_a_batch_is_one_frame_in_rgba(format: str) -> None:
    seen: list[Any] = []

    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info) as frames:
            seen.extend((meta, colour(array)) for meta, array in frames)

    in_probe(single(format), look)

    assert seen == [(None, "red")] * 3


@pytest.mark.parametrize("format", ["RGBA", "NV12"])
def test_each_frame_of_a_batch_comes_with_its_metadata(format: str) -> None:
    seen: set[Any] = set()

    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info) as frames:
            seen.update((frame.meta.source_id, colour(frame.array)) for frame in frames)  # type: ignore[union-attr]

    in_probe(batched(format), look)

    assert seen == {(0, "red"), (1, "blue")}


@pytest.mark.parametrize(
    ("format", "shapes"),
    [
        ("RGBA", [(48, 64, 4)]),
        ("RGB", [(48, 64, 3)]),
        ("NV12", [(48, 64), (24, 32, 2)]),
        ("I420", [(48, 64), (24, 32), (24, 32)]),
    ],
)
def test_planes_come_as_they_are(format: str, shapes: list[tuple[int, ...]]) -> None:
    seen: list[Any] = []

    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info, planes=True) as frames:
            seen.extend([plane.shape for plane in frame.planes] for frame in frames)

    in_probe(single(format), look)

    assert seen == [shapes] * 3


@pytest.mark.parametrize("format", ["RGBA", "NV12"])
@pytest.mark.parametrize("planes", [False, True])
def test_arrays_are_read_only_unless_asked_for_writing(format: str, planes: bool) -> None:
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        found: Any = pythia.frames(pad, info, planes=planes)  # type: ignore[call-overload]
        with found as frames:
            array = frames[0][1][0] if planes else frames[0][1]
            array[:] = 0

    with pytest.raises(ProbeFailedError, match="read-only"):
        in_probe(single(format), look)


def test_an_rgba_frame_is_given_without_a_copy() -> None:
    addresses: list[tuple[int, int]] = []

    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info) as first, pythia.frames(pad, info, planes=True) as second:
            addresses.append((first[0].array.ctypes.data, second[0].planes[0].ctypes.data))

    in_probe(single("RGBA"), look)

    assert all(array == plane for array, plane in addresses)


def whites(app: Application, element: str) -> list[int]:
    """Notes for each buffer at an element how many pixels of its frames are white."""
    found: list[int] = []

    @app.probe(element, "sink")
    def count(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info) as frames:
            found.extend(int((array == 255).all(axis=2).sum()) for _, array in frames)

    return found


def paint(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
    with pythia.frames(pad, info, writable=True) as frames:
        for _, array in frames:
            array[:10, :10] = 255


@pytest.mark.parametrize(("text", "frames"), [(single("RGBA"), 1), (batched("RGBA"), 2)])
def test_what_a_probe_writes_is_seen_downstream(text: str, frames: int) -> None:
    app = Application(text)
    app.probe("here", "src")(paint)
    seen = whites(app, "end")

    app()

    assert seen == [100] * 3 * frames


def test_a_sole_owner_writes_in_place() -> None:
    app = Application(batched("RGBA"))
    addresses: list[tuple[int, int, bool]] = []

    @app.probe("here", "src")
    def write(pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: Any) -> None:
        with pythia.frames(pad, info) as frames:
            before = frames[0].array.ctypes.data
        with pythia.frames(pad, info, writable=True) as frames:
            same_meta = frames[0].meta is batch_meta.frame_meta_list[0]
            addresses.append((before, frames[0].array.ctypes.data, same_meta))

    app()

    assert len(addresses) == 3
    assert all(before == after and same_meta for before, after, same_meta in addresses)


@pytest.mark.parametrize(("text", "frames"), [(single("RGBA"), 1), (batched("RGBA"), 2)])
def test_what_a_probe_writes_is_not_seen_in_another_branch(text: str, frames: int) -> None:
    tee = "tee name=t ! queue name=here ! fakesink name=end t. ! queue ! fakesink name=other"
    app = Application(text.replace("identity name=here ! fakesink name=end", tee))
    app.probe("here", "sink")(paint)
    mine, others = whites(app, "end"), whites(app, "other")

    app()

    assert mine == [100] * 3 * frames
    assert others == [0] * 3 * frames


def test_a_buffer_that_the_probe_itself_holds_can_be_written_to() -> None:
    app = Application(single("RGBA"))

    @app.probe("here", "src")
    def write(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        buffer = info.get_buffer()
        paint(pad, info)
        assert buffer is not None

    seen = whites(app, "end")
    app()

    assert seen == [100] * 3


def test_planes_of_any_format_can_be_written_to() -> None:
    app = Application(single("I420"))

    @app.probe("here", "src")
    def write(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info, writable=True, planes=True) as frames:
            luma, *chroma = frames[0].planes
            luma[:], chroma[0][:], chroma[1][:] = 235, 128, 128

    seen = whites(app, "end")
    app()

    assert seen == [48 * 64] * 3


def test_writing_in_another_format_than_rgba_is_refused_with_what_to_do() -> None:
    with pytest.raises(ProbeFailedError, match=r"NV12.*nvvideoconvert.*format=RGBA.*planes=True"):
        in_probe(single("NV12"), paint)


def test_an_unsupported_format_is_refused_with_what_to_do() -> None:
    with pytest.raises(ProbeFailedError, match=r"format YUY2.*supported: NV12.*nvvideoconvert"):
        in_probe(single("YUY2"), paint)


def test_arrays_cannot_be_written_to_after_the_block() -> None:
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with pythia.frames(pad, info, writable=True) as frames:
            array = frames[0].array
        array[:] = 0

    with pytest.raises(ProbeFailedError, match="read-only"):
        in_probe(single("RGBA"), look)


def test_a_pad_without_video_is_refused() -> None:
    audio = "audiotestsrc num-buffers=3 ! identity name=here ! fakesink"

    with pytest.raises(ProbeFailedError, match="carries audio/x-raw; frames need video/x-raw"):
        in_probe(audio, paint)


def test_a_probe_for_events_has_no_frames() -> None:
    app = Application(single("RGBA"))
    errors: list[str] = []

    @app.probe("here", "src", pad_probe_type=Gst.PadProbeType.EVENT_DOWNSTREAM)
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        if pad.get_current_caps() is not None:
            try:
                paint(pad, info)
            except GstError as error:
                errors.append(str(error))

    app()

    assert errors
    assert "not called for a buffer" in errors[0]


@pytest.fixture
def deepstream_like(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A DeepStream on which each buffer at ``here`` has two black frames of 48 x 64."""
    batches: Any = {}
    arrays: Any = {}
    pyds = pyds_like.module(batches, arrays)
    pixels = [np.zeros((48, 64, 4), np.uint8) for _ in range(2)]

    def note(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        address = hash(info.get_buffer())
        frames = [SimpleNamespace(batch_id=slot, source_id=10 + slot) for slot in (1, 0)]
        batches[address] = SimpleNamespace(
            frame_meta_list=pyds_like.glist(frames), num_frames_in_batch=2
        )
        arrays.update({(address, slot): pixels[slot] for slot in (0, 1)})

    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    monkeypatch.setattr("pythia.meta.runtime", lambda: "deepstream")
    monkeypatch.setattr(sys.modules["pythia.frames"], "runtime", lambda: "deepstream")
    return SimpleNamespace(mapped=pyds.mapped, pixels=pixels, arrays=arrays, note=note)


def nvidias(then: str) -> Application:
    """A pipeline whose caps say NVMM, as NVIDIA's do; portable elements are not needed for it."""
    return Application(
        f"{RED} ! video/x-raw,format=NV12,{SIZE} ! nvvideoconvert ! {NVMM},format=RGBA ! {then}"
    )


HERE = "identity name=here ! fakesink"


def test_on_deepstream_surfaces_are_mapped_by_slot_and_unmapped(deepstream_like: Any) -> None:
    app = nvidias(HERE)
    deepstream_like.pixels[1][:] = 7
    seen: list[Any] = []

    @app.probe("here", "src")
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        deepstream_like.note(pad, info)
        with pythia.frames(pad, info) as frames:
            mapped = sum(deepstream_like.mapped.values())
            for meta, array in frames:
                assert meta is not None
                assert not array.flags.writeable
                seen.append((meta.source_id, int(array[0, 0, 0]), mapped))

    app()

    assert seen == [(11, 7, 2), (10, 0, 2)] * 3
    assert set(deepstream_like.mapped.values()) == {0}
    assert all(array.flags.writeable for array in deepstream_like.pixels)


def test_on_deepstream_a_sole_owner_may_write(deepstream_like: Any) -> None:
    app = nvidias(HERE)

    @app.probe("here", "src")
    def write(pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: Any) -> None:
        deepstream_like.note(pad, info)
        paint(pad, info)

    app()

    assert all((array == 255).all(axis=2).sum() == 100 for array in deepstream_like.pixels)


def test_on_deepstream_a_shared_surface_is_not_written_to(deepstream_like: Any) -> None:
    app = nvidias("tee name=t ! queue ! fakesink t. ! queue name=here ! fakesink")

    @app.probe("t", "sink")
    def hold(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        held.append(info.get_buffer())

    @app.probe("here", "sink")
    def write(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        deepstream_like.note(pad, info)
        paint(pad, info)

    held: list[Any] = []
    with pytest.raises(ProbeFailedError, match=r"in use elsewhere.*nvvideoconvert"):
        app()

    assert not any(array.any() for array in deepstream_like.pixels)


@pytest.mark.parametrize("missing", ["surface", "alpha"])
def test_on_deepstream_other_formats_are_refused_with_what_to_do(
    deepstream_like: Any, missing: str
) -> None:
    app = nvidias(HERE)

    @app.probe("here", "src")
    def look(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        deepstream_like.note(pad, info)
        if missing == "surface":
            deepstream_like.arrays.clear()
        for place, array in deepstream_like.arrays.items():
            deepstream_like.arrays[place] = array[:, :, :3]
        with pythia.frames(pad, info):
            pass

    with pytest.raises(ProbeFailedError, match=r"memory:NVMM\),format=RGBA"):
        app()

    assert not any(deepstream_like.mapped.values())
