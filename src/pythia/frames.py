"""The pictures of a buffer as NumPy arrays, inside a probe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from pythia.exceptions import GstError
from pythia.gst import Gst
from pythia.iterators import frames_per_batch
from pythia.meta import batch_of, runtime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pythia.gst.video import VideoFormat
    from pythia.meta.types import FrameMeta
    from pythia.vision.image import Image

_TO_RGBA = "put 'nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA' before the probe"


class Frame(NamedTuple):
    """One frame: its metadata (None without a batch) and its H x W x 4 uint8 RGBA pixels."""

    meta: FrameMeta | None
    array: NDArray[np.uint8]


class FramePlanes(NamedTuple):
    """One frame: its metadata (None without a batch) and its planes as they lie in memory."""

    meta: FrameMeta | None
    planes: tuple[NDArray[np.uint8], ...]


@overload
def frames(
    pad: Gst.Pad, info: Gst.PadProbeInfo, *, writable: bool = False, planes: Literal[False] = False
) -> AbstractContextManager[list[Frame]]: ...
@overload
def frames(
    pad: Gst.Pad, info: Gst.PadProbeInfo, *, writable: bool = False, planes: Literal[True]
) -> AbstractContextManager[list[FramePlanes]]: ...
def frames(
    pad: Gst.Pad, info: Gst.PadProbeInfo, *, writable: bool = False, planes: bool = False
) -> AbstractContextManager[list[Any]]:
    """Give the frames of the buffer that a probe was called for, in a ``with`` block.

    ``with pythia.frames(pad, info) as frames: for frame_meta, array in frames: ...``

    An array is H x W x 4 uint8 RGBA: a view without a copy where the format is RGBA, else a
    converted copy. Arrays are read-only and, being views of mapped memory, must not be used after
    the block: copy what is needed longer. To be called inside a probe only, in its thread.

    Args:
        pad: As the probe got it.
        info: As the probe got it.
        writable: Arrays may be written to; formats other than RGBA only as planes. What is
            written is seen downstream of the pad and nowhere else: a buffer that others use too
            (another branch of a tee, or a variable that holds ``info.get_buffer()``) is replaced
            by a copy first, pixels and metadata. Change the metadata that the block gives
            then, not a ``batch_meta`` from before. DeepStream's surfaces cannot be copied so:
            there a shared buffer is an error.
        planes: Give the planes as they are, without a copy, in any format: for NV12 H x W and
            H/2 x W/2 x 2, for I420 three of H x W and H/2 x W/2, for packed formats one of
            H x W x channels. On DeepStream surfaces are RGBA or RGB only.

    Raises:
        GstError: The pad has no raw video, its format is not supported or not writable, or the
            buffer is shared on DeepStream.
    """
    caps = pad.get_current_caps()
    if caps is None:
        raise GstError(f"pad {pad.get_name()} has no caps yet")
    kind = caps.get_structure(0).get_name()
    if kind != "video/x-raw":
        raise GstError(f"pad {pad.get_name()} carries {kind}; frames need video/x-raw")
    format = _format(caps.to_string())
    if format.nvmm and runtime() == "deepstream":
        return _surfaces(info, writable, planes)
    return _mapped(info, format, writable, planes)


@lru_cache(maxsize=16)
def _format(caps: str) -> VideoFormat:
    # By text, which is cheap to get: taking caps apart costs more than mapping a frame.
    from pythia.gst.video import video_format

    parsed = Gst.Caps.from_string(caps)
    assert parsed is not None, "GStreamer's own text"
    return video_format(parsed)


@contextmanager
def _mapped(
    info: Gst.PadProbeInfo, format: VideoFormat, writable: bool, planes: bool
) -> Iterator[list[Any]]:
    from pythia.elements.frames import FrameMapper
    from pythia.gst.probe_info import buffer_address, take_writable

    _check_format(format.format, writable and not planes)
    address = take_writable(info) if writable else buffer_address(info)
    metas = _metas(info)
    with FrameMapper(format).images(address, write=writable) as images:
        pictures = [_picture_of(meta, images) for meta in metas]
        if planes:
            found: list[Any] = [
                FramePlanes(m, p.planes) for m, p in zip(metas, pictures, strict=True)
            ]
        else:
            found = [Frame(m, _rgba(p)) for m, p in zip(metas, pictures, strict=True)]
        try:
            yield found
        finally:
            _lock(array for picture in pictures for array in picture.planes)


def _check_format(format: str, must_be_rgba: bool) -> None:
    from pythia.vision.formats import FORMATS

    if format not in FORMATS:
        raise GstError(
            f"frames of format {format} cannot be given as arrays; supported: "
            f"{', '.join(FORMATS)}; {_TO_RGBA}"
        )
    if must_be_rgba and format != "RGBA":
        raise GstError(
            f"frames of format {format} are not writable as RGBA; {_TO_RGBA}, or write to "
            "the planes (planes=True)"
        )


def _metas(info: Gst.PadProbeInfo) -> list[FrameMeta | None]:
    """Metadata of the frames; the reference to the buffer is gone when this returns."""
    buffer = info.get_buffer()
    batch = batch_of(buffer) if buffer is not None else None
    return [None] if batch is None else list(frames_per_batch(batch))


def _picture_of(meta: FrameMeta | None, images: list[Image]) -> Image:
    if meta is None or len(images) == 1:
        return images[0]
    if meta.batch_id >= len(images):
        raise GstError(f"batch_id {meta.batch_id} in a buffer with {len(images)} frames")
    return images[meta.batch_id]


def _rgba(image: Image) -> NDArray[np.uint8]:
    if image.format == "RGBA":
        return image.planes[0]
    from pythia.vision.convert import convert
    from pythia.vision.image import new_image

    target = new_image("RGBA", image.width, image.height, image.matrix, image.full_range)
    convert(image, target)
    _lock(target.planes)
    return target.planes[0]


def _lock(arrays: Any) -> None:
    for array in arrays:
        array.flags.writeable = False


@contextmanager
def _surfaces(info: Gst.PadProbeInfo, writable: bool, planes: bool) -> Iterator[list[Any]]:
    from pythia.gst.probe_info import buffer_address, owns_memory
    from pythia.meta import deepstream

    address = buffer_address(info)
    if writable and not owns_memory(address):
        raise GstError(
            "the buffer is in use elsewhere, and writing would be seen there: behind a tee put "
            "an nvvideoconvert that changes something before the probe; keep no "
            "variable with info.get_buffer()"
        )
    with ExitStack() as stack:
        arrays = []
        metas = _metas(info)
        for meta in metas:
            slot = 0 if meta is None else meta.batch_id
            arrays.append(stack.enter_context(deepstream.surface(address, slot)))
        if not planes and any(array.shape[2] != 4 for array in arrays):
            raise GstError(f"the surfaces are RGB; {_TO_RGBA}, or take the planes (planes=True)")
        if not writable:
            _lock(arrays)
        stack.callback(_lock, arrays)
        kind: Any = FramePlanes if planes else Frame
        yield [kind(m, (a,) if planes else a) for m, a in zip(metas, arrays, strict=True)]
