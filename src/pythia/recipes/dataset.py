"""A folder of frames as images, and of what is on them in the formats that tools read."""

from __future__ import annotations

import contextlib
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import DatasetError, DatasetExistsError
from pythia.recipes.annotations import (
    Annotation,
    Categories,
    Picture,
    annotation_of,
    is_object,
    shape_of,
)
from pythia.recipes.coco import CocoFile, Segmentation
from pythia.recipes.image_writer import ImageWriter, Pixels
from pythia.recipes.json_lines import JsonLines
from pythia.recipes.mot import MotFolder
from pythia.recipes.yolo import YoloFolder

FORMATS = ("jsonl", "coco", "yolo", "mot")
FRAMES, EVENTS, COCO, YOLO, MOT = "frames", "detections.jsonl", "coco.json", "yolo", "mot"
_OURS = (FRAMES, EVENTS, COCO, YOLO, MOT)
_WAITING = 64


class Format(Protocol):
    """Writes annotations in one form; called by one thread."""

    def add(self, picture: Picture, annotations: Sequence[Annotation]) -> None:
        """Write down one frame."""

    def close(self, categories: Categories) -> None:
        """Complete the files."""


class Dataset:
    """Writes frames and annotations into a folder, in the background; use it in ``with``.

    ====================  ==========================================================
    ``frames/``           the images
    ``detections.jsonl``  what the probe yielded, a line each
    ``coco.json``         COCO's instances
    ``yolo/``             ``data.yaml``, ``labels/``, and ``images/``: links to the frames
    ``mot/source_0/``     a sequence of the MOTChallenge; ``img1/``: links to the frames
    ====================  ==========================================================

    Images are encoded by several threads, annotations written by one, in order. Whoever brings
    frames waits while too many are on their way. At the end of the block all of it is written.

    Args:
        folder: Is made if it is not there.
        formats: Some of ``jsonl``, ``coco``, ``yolo``, ``mot``.
        suffix: Of the images: ``.jpg``, ``.png``, ``.webp``.
        quality: 1 to 100, of JPEG and WebP.
        labels: Names of the model's classes, in order.
        fps: Frames a second, 0 where it is not known.
        segmentation: How COCO has masks: ``rle`` or ``polygon``.
        overwrite: Remove what is there under these names first; other files stay.
        on_error: Called with the first error, by a thread of this class.

    Raises:
        DatasetExistsError: The folder has some of it already.
        DatasetError: It cannot be written, or an argument is wrong.
    """

    def __init__(
        self,
        folder: Path,
        *,
        formats: Iterable[str] = FORMATS,
        suffix: str = ".jpg",
        quality: int = 95,
        labels: Iterable[str] = (),
        fps: float = 0.0,
        segmentation: Segmentation = "rle",
        overwrite: bool = False,
        on_error: Callable[[DatasetError], None] = lambda error: None,
    ) -> None:
        self.folder = folder
        self.frames: int = 0
        self.objects: int = 0
        self.error: DatasetError | None = None
        self._on_error = on_error
        self._categories = Categories(labels)
        self._named = checked_formats(formats)
        if segmentation not in ("rle", "polygon"):
            raise DatasetError(f"segmentation={segmentation!r}; available: rle, polygon")
        self._images = ImageWriter(suffix, quality, self._fail)
        try:
            _prepare(folder, overwrite)
            self._json, self._formats = self._open(fps, segmentation)
        except BaseException as error:
            self._images.close()
            if isinstance(error, OSError) and not isinstance(error, DatasetError):
                raise _cannot_write(folder, error) from error
            raise
        self._sources: set[int] = set()
        self._waiting: queue.Queue[tuple[Picture, Sequence[Any]] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="annotations", daemon=True)
        self._thread.start()

    def add(self, picture: Picture, pixels: Pixels, events: Sequence[Any]) -> None:
        """Have a frame written; waits while too many are to be written already.

        Frames are to be added by one thread, in the order in which they are to stand.

        Args:
            picture: What it is called.
            pixels: H x W x 4 uint8 RGBA; it is kept, and must not be changed any more.
            events: What was said of it: values that JSON can have. Those with ``left``, ``top``,
                ``width``, ``height`` and ``label`` are objects; a :class:`~pythia.recipes.Mask`
                may be their ``mask``.
        """
        if picture.source not in self._sources:
            self._sources.add(picture.source)
            self._guard(lambda: self._make_folder(picture))
        if self.error is None:
            self._waiting.put((picture, events))
            self._images.write(pixels, self._image_files(picture))

    def close(self) -> None:
        """Wait until all is written, and complete the files.

        Raises:
            DatasetError: Something could not be written.
        """
        self._waiting.put(None)
        self._thread.join()
        self._images.close()
        for form in self._formats:
            self._guard(partial(form.close, self._categories))
        if self._json is not None:
            self._guard(self._json.close)
        if self.error is not None:
            raise self.error

    def __enter__(self) -> Dataset:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What ended the block is told; an error of ours has ended it then.
        with contextlib.suppress(DatasetError) if error is not None else contextlib.nullcontext():
            self.close()
        if error is not None and self.frames == 0:
            with contextlib.suppress(OSError):
                _remove(self.folder)  # the next run is not to find anything

    def _open(
        self, fps: float, segmentation: Segmentation
    ) -> tuple[JsonLines | None, list[Format]]:
        formats: list[Format] = []
        if "coco" in self._named:
            formats.append(CocoFile(self.folder / COCO, FRAMES, segmentation))
        if "yolo" in self._named:
            (self.folder / YOLO / YoloFolder.IMAGES).mkdir(parents=True)
            formats.append(YoloFolder(self.folder / YOLO))
        if "mot" in self._named:
            (self.folder / MOT).mkdir()
            formats.append(MotFolder(self.folder / MOT, fps))
        lines = JsonLines(self.folder / EVENTS) if "jsonl" in self._named else None
        return lines, formats

    def _make_folder(self, picture: Picture) -> None:
        for file in self._image_files(picture):
            file.parent.mkdir(parents=True, exist_ok=True)

    def _image_files(self, picture: Picture) -> list[Path]:
        files = [self.folder / FRAMES / picture.file_name]
        if "yolo" in self._named:
            files.append(self.folder / YOLO / YoloFolder.IMAGES / picture.file_name)
        if "mot" in self._named:
            files.append(self.folder / MOT / MotFolder.image(picture))
        return files

    def _work(self) -> None:
        # It goes on taking after an error, so that nobody waits for room for ever.
        while (frame := self._waiting.get()) is not None:
            if self.error is None:
                self._guard(partial(self._write, *frame))

    def _write(self, picture: Picture, events: Sequence[Any]) -> None:
        found = []
        for event in events:
            shape = shape_of(event) if is_object(event) else None
            if self._json is not None:
                self._json.add(event, shape)
            if is_object(event):
                annotation = annotation_of(event, picture, self._categories, shape)
                if annotation is not None:
                    found.append(annotation)
        for form in self._formats:
            form.add(picture, found)
        self.frames += 1
        self.objects += len(found)

    def _guard(self, step: Callable[[], Any]) -> None:
        try:
            step()
        except OSError as error:
            self._fail(_cannot_write(self.folder, error))
        except Exception as error:
            self._fail(DatasetError(f"an annotation cannot be written: {error}"))

    def _fail(self, error: DatasetError) -> None:
        if self.error is None:
            self.error = error
            self._on_error(error)


def checked_formats(formats: Iterable[str]) -> frozenset[str]:
    """Return the formats as a set.

    Raises:
        DatasetError: One of them is not known.
    """
    named = [formats] if isinstance(formats, str) else list(formats)
    for name in named:
        if name not in FORMATS:
            raise DatasetError(
                f"no format {name!r}{did_you_mean(name, FORMATS)}; available: {', '.join(FORMATS)}"
            )
    return frozenset(named)


def _prepare(folder: Path, overwrite: bool) -> None:
    """Make the folder ready; raises OSError, and DatasetExistsError."""
    there = [name for name in _OURS if (folder / name).exists() and not _is_empty(folder / name)]
    if there and not overwrite:
        raise DatasetExistsError(
            f"{folder} has {', '.join(there)} already; take another folder, or overwrite=True "
            "(--overwrite), which removes these first"
        )
    _remove(folder)
    (folder / FRAMES).mkdir(parents=True)


def _remove(folder: Path) -> None:
    for name in _OURS:
        path = folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and next(path.iterdir(), None) is None


def _cannot_write(folder: Path, error: OSError) -> DatasetError:
    return DatasetError(f"cannot write {error.filename or folder}: {error.strerror or error}")
