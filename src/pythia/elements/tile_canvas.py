"""What nvmultistreamtiler does with batches: the latest frames of all sources in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pythia.elements.frames import FrameMapper, layout_of
from pythia.elements.placed_metadata import Place
from pythia.exceptions import ConfigError, PipelineError
from pythia.gst.batch_memory import share_frame
from pythia.gst.capi import quick
from pythia.gst.memory import append_memory, new_buffer, unref
from pythia.gst.memory_pool import MemoryPool
from pythia.gst.video import VideoFormat
from pythia.meta import carrier
from pythia.meta.portable import PortableBatch, PortableFrame
from pythia.vision.boxes import PixelRect
from pythia.vision.convert import convert, crop, fill
from pythia.vision.image import Image, image_in
from pythia.vision.tiling import CustomTile, Grid, covers, place, place_in_sequence

_FIELDS = 1 | 2  # GST_BUFFER_COPY_FLAGS and _TIMESTAMPS


@dataclass(frozen=True)
class _Latest:
    """A source's last frame: a buffer (by address) with its memory, and its metadata."""

    buffer: int
    meta: PortableFrame


class TileCanvas:
    """Makes one frame of the sources' latest ones; for one thread.

    A source that has no frame in a batch keeps the picture and the metadata of its last one, until
    it is forgotten. So all that is shown is drawn anew each time, and a layout may change at any
    time.
    """

    def __init__(self, source: VideoFormat) -> None:
        self.source = source
        self._frames = FrameMapper(source)
        self._latest: dict[int, _Latest] = {}
        self._known: set[int] = set()
        self._highest = -1  # a grid does not shrink again
        self._count = 0

    def __del__(self) -> None:
        for source in list(self._latest):
            self._forget_frame(source)

    def resize(self, target: VideoFormat) -> None:
        """Make pictures of this format from now on; to be called first."""
        self._target = target
        self._layout = layout_of(target)
        self._pool = MemoryPool(target.size)

    def expect(self, source: int) -> None:
        """There is such a source, though it may have no frame yet."""
        self._known.add(source)
        self._highest = max(self._highest, source)

    def forget(self, source: int) -> None:
        """Show a source no longer: it has ended."""
        self._known.discard(source)
        self._forget_frame(source)

    def _forget_frame(self, source: int) -> None:
        latest = self._latest.pop(source, None)
        if latest is not None:
            unref(latest.buffer)

    @property
    def sources(self) -> tuple[int, ...]:
        """The sources that are known."""
        return tuple(sorted(self._known))

    def composed(
        self, buffer: int, settings: Mapping[str, Any], custom: tuple[CustomTile, ...]
    ) -> int:
        """A new buffer (by address) with the frames of a batch, and their metadata, in one.

        Raises:
            PipelineError: the buffer has no batch.
            ConfigError: the tiles do not fit.
        """
        batch = carrier.fetch(buffer)
        if batch is None:
            raise PipelineError(
                "nvmultistreamtiler takes batches of frames, and this buffer is none: "
                "put nvstreammux somewhere before it"
            )
        self._keep(buffer, batch)
        try:
            tiles = self._tiles(settings, custom)
        except ValueError as error:
            raise ConfigError(f"nvmultistreamtiler: {error}") from None
        result = new_buffer()
        try:
            self._draw(result, tiles, settings, overlaps=bool(custom))
            quick.gst_buffer_copy_into(result, buffer, _FIELDS, 0, -1)
            carrier.attach(result, self._metadata(batch, tiles))
        except BaseException:
            unref(result)
            raise
        self._count += 1
        return result

    def _keep(self, buffer: int, batch: PortableBatch) -> None:
        for frame in batch.frame_meta_list:
            kept = new_buffer()
            share_frame(buffer, frame.batch_id, self.source.size, kept)
            self._forget_frame(frame.pad_index)
            self._latest[frame.pad_index] = _Latest(kept, frame)
            self.expect(frame.pad_index)

    def _tiles(
        self, settings: Mapping[str, Any], custom: tuple[CustomTile, ...]
    ) -> dict[int, PixelRect]:
        """The place of each source that has something to show."""
        size = (self._target.width, self._target.height)
        chosen = settings["show-source"]
        if chosen >= 0:
            tiles = {chosen: PixelRect(0, 0, *size)}
        elif settings["square-seq-grid"]:
            tiles = place_in_sequence(self.sources, size, custom)
        else:
            grid = Grid(settings["rows"], settings["columns"]).grown(self._highest + 1)
            tiles = place(self.sources, grid, size, custom)
        return {source: rect for source, rect in tiles.items() if source in self._latest}

    def _draw(
        self,
        result: int,
        tiles: Mapping[int, PixelRect],
        settings: Mapping[str, Any],
        *,
        overlaps: bool,
    ) -> None:
        target = self._target
        with self._pool.take() as (memory, pixels):
            canvas = image_in(pixels, self._layout, target.matrix, target.full_range)
            if overlaps or not covers(tiles.values(), (target.width, target.height)):
                fill(canvas, 0, 0, 0)
            for source, rect in tiles.items():
                self._draw_tile(source, crop(canvas, rect), settings["interpolation-method"])
        append_memory(result, memory)

    def _draw_tile(self, source: int, tile: Image, interpolation: int) -> None:
        with self._frames.single(self._latest[source].buffer) as picture:
            convert(picture, tile, interpolation=interpolation)

    def _metadata(self, batch: PortableBatch, tiles: Mapping[int, PixelRect]) -> PortableBatch:
        """A batch of one frame that has what all shown frames have, as DeepStream makes it."""
        canvas = PortableFrame(
            frame_num=self._count,
            source_frame_width=self._target.width,
            source_frame_height=self._target.height,
        )
        for source, rect in tiles.items():
            x_scale = rect.width / self.source.width
            y_scale = rect.height / self.source.height
            place = Place(rect.left, rect.top, x_scale, y_scale)
            frame = place.placed(self._latest[source].meta)
            canvas.obj_meta_list += frame.obj_meta_list
            canvas.display_meta_list += frame.display_meta_list
            canvas.frame_user_meta_list += frame.frame_user_meta_list
        return PortableBatch(
            max_frames_in_batch=1,
            frame_meta_list=[canvas],
            batch_user_meta_list=[user.copy() for user in batch.batch_user_meta_list],
        )
