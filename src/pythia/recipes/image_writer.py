"""Images written by threads of their own."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.exceptions import DatasetError, MissingDependencyError

Pixels = NDArray[np.uint8]
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
WAITING = 8
"""Images that may wait; when there are more, whoever brings the next one waits."""

_THREADS = 4


class ImageWriter:
    """Encodes and writes images, several at once, and holds up who brings more than that.

    An image has its name when it is complete: one that a full disk or a kill cut short is never
    seen. After the first error nothing more is written.

    Args:
        suffix: ``.jpg``, ``.jpeg``, ``.png`` or ``.webp``.
        quality: 1 to 100, of JPEG and WebP.
        on_error: Called with the first error, by the thread that had it.

    Raises:
        DatasetError: The suffix is not one of these.
        MissingDependencyError: OpenCV is not installed.
    """

    def __init__(self, suffix: str, quality: int, on_error: Callable[[DatasetError], None]) -> None:
        if suffix not in SUFFIXES:
            raise DatasetError(f"no images of suffix {suffix!r}; available: {', '.join(SUFFIXES)}")
        if not 1 <= quality <= 100:
            raise DatasetError(f"quality={quality}: expected 1 to 100")
        self._encode = _encoder(suffix, quality)
        self._on_error = on_error
        self._failed = threading.Event()
        self._waiting: queue.Queue[tuple[Pixels, Sequence[Path]] | None] = queue.Queue(WAITING)
        self._threads = [
            threading.Thread(target=self._work, name=f"images-{number}", daemon=True)
            for number in range(min(_THREADS, os.cpu_count() or 1))
        ]
        for thread in self._threads:
            thread.start()

    def write(self, pixels: Pixels, files: Sequence[Path]) -> None:
        """Have an image written; waits while too many are to be written already.

        Args:
            pixels: H x W x 4 uint8 RGBA; it is kept, and must not be changed any more.
            files: Its names; those after the first are links to it, or copies.
        """
        if not self._failed.is_set():
            self._waiting.put((pixels, files))

    def close(self) -> None:
        """Wait until all is written."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        # It goes on taking after an error, so that nobody waits for room for ever.
        while (job := self._waiting.get()) is not None:
            if not self._failed.is_set():
                self._try(*job)

    def _try(self, pixels: Pixels, files: Sequence[Path]) -> None:
        try:
            _place(self._encode(pixels), files)
        except Exception as error:
            self._failed.set()
            cause = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            self._on_error(DatasetError(f"cannot write the image {files[0]}: {cause}"))


def _encoder(suffix: str, quality: int) -> Callable[[Pixels], bytes]:
    try:
        import cv2
    except ImportError as error:
        raise MissingDependencyError(
            "images are written by OpenCV, which is not installed: pip install 'pythiags[recipes]'"
        ) from error
    options = {
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
        ".webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }.get(suffix, [cv2.IMWRITE_JPEG_QUALITY, quality])

    def encode(pixels: Pixels) -> bytes:
        _, data = cv2.imencode(suffix, cv2.cvtColor(pixels, cv2.COLOR_RGBA2BGR), options)
        found: Any = data
        return bytes(found.data)

    return encode


def _place(data: bytes, files: Sequence[Path]) -> None:
    first, *others = files
    unfinished = first.with_name(f".{first.name}.unfinished")
    try:
        unfinished.write_bytes(data)
        unfinished.replace(first)
    finally:
        unfinished.unlink(missing_ok=True)
    for other in others:
        try:
            os.link(first, other)
        except OSError:  # a file system without links
            other.write_bytes(data)
