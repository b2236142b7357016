"""Memory for intermediate results that stays with its thread.

A megabyte freshly allocated for every frame costs more in page faults than the arithmetic done in
it (several times as much, measured), so each thread keeps one block for each purpose.
"""

from __future__ import annotations

import math
import threading

import numpy as np

from pythia.vision.image import Image, Matrix, Plane, default_layout, image_in

_of_thread = threading.local()


def scratch(purpose: str, shape: tuple[int, ...]) -> Plane:
    """An array that is not initialised and is valid until the thread next asks for ``purpose``."""
    blocks: dict[str, Plane] = _of_thread.__dict__
    size = math.prod(shape)
    block = blocks.get(purpose)
    if block is None or block.size < size:
        block = blocks[purpose] = np.empty(size, np.uint8)
    return block[:size].reshape(shape)


def scratch_image(
    purpose: str, format: str, size: tuple[int, int], matrix: Matrix, full_range: bool
) -> Image:
    """A picture (width, height) in scratch memory."""
    layout = default_layout(format, *size)
    return image_in(scratch(purpose, (layout.size,)), layout, matrix, full_range)
