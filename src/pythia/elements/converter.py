"""What nvvideoconvert does with the frames of a buffer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pythia.elements.frames import FrameMapper, layout_of
from pythia.exceptions import ConfigError, GstError
from pythia.gst.batch_memory import BatchMemory
from pythia.gst.capi import quick
from pythia.gst.memory import new_buffer, unref
from pythia.gst.video import VideoFormat
from pythia.meta import carrier
from pythia.vision.boxes import PixelRect
from pythia.vision.convert import convert
from pythia.vision.image import Image, Plane, image_in
from pythia.vision.side_by_side import one_thread_a_call

_METADATA = 1 | 2 | 4  # GST_BUFFER_COPY_FLAGS, _TIMESTAMPS and _META


class Converter:
    """Converts frames from one set of caps to another with given settings; for one thread.

    Raises:
        ConfigError: a crop is no part of the pictures.
    """

    def __init__(
        self, source: VideoFormat, target: VideoFormat, settings: Mapping[str, Any]
    ) -> None:
        one_thread_a_call()
        self.settings = settings
        self._target = target
        self._source_rect = _crop_rect("src-crop", settings, source)
        self._target_rect = _crop_rect("dest-crop", settings, target)
        self._frames = FrameMapper(source)
        self._memory = BatchMemory(target.size)
        self.unchanged = self._changes_nothing(source, target)

    def _changes_nothing(self, source: VideoFormat, target: VideoFormat) -> bool:
        cropped = self._source_rect is not None or self._target_rect is not None
        asked = self.settings["flip-method"] or self.settings["disable-passthrough"]
        return source.same_pixels(target) and not cropped and not asked

    def converted(self, buffer: int) -> int:
        """The buffer itself, or a new one with its frames converted and its metadata.

        Raises:
            GstError: a batch does not fit into what follows.
        """
        self._check_frames(buffer)
        if self.unchanged:
            return buffer
        result = new_buffer()
        try:
            with (
                self._frames.images(buffer) as pictures,
                self._memory.take(len(pictures), result) as blocks,
            ):
                for picture, pixels in zip(pictures, blocks, strict=True):
                    self._convert(picture, pixels)
        except BaseException:
            unref(result)
            raise
        quick.gst_buffer_copy_into(result, buffer, _METADATA, 0, -1)
        return result

    def _check_frames(self, buffer: int) -> None:
        batch = None if self._target.nvmm else carrier.fetch(buffer)
        if batch is None or batch.num_frames_in_batch < 2:
            return
        raise GstError(
            f"a batch of {batch.num_frames_in_batch} frames does not fit in system memory: put "
            "nvmultistreamtiler or nvstreamdemux before nvvideoconvert, or ask for memory:NVMM"
        )

    def _convert(self, picture: Image, pixels: Plane) -> None:
        target, settings = self._target, self.settings
        convert(
            picture,
            image_in(pixels, layout_of(target), target.matrix, target.full_range),
            source_rect=self._source_rect,
            target_rect=self._target_rect,
            flip_method=settings["flip-method"],
            interpolation=settings["interpolation-method"],
        )


def _crop_rect(name: str, settings: Mapping[str, Any], format: VideoFormat) -> PixelRect | None:
    """The rectangle of ``src-crop`` or ``dest-crop``; None if it is the whole picture."""
    text = settings[name] or "0:0:0:0"
    parts = text.split(":")
    if len(parts) != 4 or not all(part.strip().isdecimal() for part in parts):
        raise ConfigError(
            f"nvvideoconvert: {name} is {text!r}; it has to be left:top:width:height in pixels, "
            "such as 0:0:640:360"
        )
    numbers = [int(part) for part in parts]
    if not settings["allow-odd-crop"]:
        numbers = [number // 2 * 2 for number in numbers]
    rect = PixelRect(*numbers)
    if rect in ((0, 0, 0, 0), (0, 0, format.width, format.height)):
        return None
    if 0 in rect[2:] or rect.right > format.width or rect.bottom > format.height:
        raise ConfigError(
            f"nvvideoconvert: {name} is {text!r} (left:top:width:height), which is not a part of "
            f"pictures of {format.width}x{format.height}"
        )
    return rect
