"""The portable provider's optical flow of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pythia.meta.portable_viewed import Viewed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRACTION = 32
"""Steps of a pixel: the vectors are fixed-point numbers with five bits of fraction (S10.5)."""


@dataclass(slots=True, eq=False)
class PortableOpticalFlow(Viewed):
    """How the picture moved since the source's frame before [NvDsOpticalFlowMeta].

    ``data`` is int16 ``(rows, cols, 2)``, one vector (x, y) for each block of pixels, in steps of
    1/32 pixel: to the right and down is positive. It is never changed. ``mv_size`` is the bytes of
    a vector.
    """

    rows: int = 0
    cols: int = 0
    mv_size: int = 4
    frame_num: int = 0
    data: NDArray[np.int16] | None = None

    def vectors(self) -> NDArray[np.float32]:
        """The vectors in pixels: float32 ``(rows, cols, 2)``; a new array."""
        import numpy as np

        if self.data is None:
            return np.zeros((self.rows, self.cols, 2), np.float32)
        vectors: NDArray[np.float32] = self.data.astype(np.float32) / np.float32(FRACTION)
        return vectors
