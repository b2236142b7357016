"""Arrays that go in and out of pipelines."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyservicemaker.errors import UnavailableError

if TYPE_CHECKING:
    from pythia.compat.pyservicemaker.buffer import Buffer

__all__ = ["ColorFormat", "Tensor", "as_tensor"]


class ColorFormat(Enum):
    """How the numbers of a tensor become a picture; values are NvBufSurface's."""

    RGB = 27
    I420 = 2
    RGBA = 19


class Tensor:
    """An array in ordinary memory, which ``numpy.from_dlpack`` and PyTorch read without a copy.

    ``strides`` count elements, as DLPack's do. A tensor of a buffer that is passed on shows what
    others write there: ``clone()`` it to keep it.
    """

    __slots__ = ("_array",)

    def __init__(self, array: NDArray[Any] | None = None) -> None:
        self._array = array

    def _filled(self) -> NDArray[Any]:
        if self._array is None:
            raise RuntimeError("the tensor is empty")
        return self._array

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return self._filled().shape

    @property
    def strides(self) -> tuple[int, ...]:
        """Elements from one entry to the next, in each dimension."""
        array = self._filled()
        return tuple(stride // array.itemsize for stride in array.strides)

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy's type of the elements."""
        return self._filled().dtype

    @property
    def device_type(self) -> str:
        """``CPU``, or ``NONE`` for an empty tensor."""
        return "NONE" if self._array is None else "CPU"

    def size(self) -> int:
        """Bytes of all elements; 0 for an empty tensor."""
        return 0 if self._array is None else int(self._array.nbytes)

    def clone(self) -> Tensor:
        """A tensor with memory of its own."""
        return Tensor(None if self._array is None else self._array.copy())

    def to_gpu(self, device_id: int) -> Tensor:
        """Copy it to a GPU, which the portable runtime does not use.

        Raises:
            UnavailableError: always.
        """
        raise UnavailableError(
            f"to_gpu({device_id}): tensors of the portable runtime stay in ordinary memory; "
            "torch.utils.dlpack.from_dlpack(tensor).to('cuda') copies one where PyTorch has CUDA"
        )

    def wrap(self, format: ColorFormat) -> Buffer:
        """Make a buffer of one frame, with a copy of the pixels.

        Args:
            format: RGB and RGBA need uint8 ``(height, width, channels)``, I420 one plane below the
                other: ``(height * 3 / 2, width)``.

        Raises:
            TypeError: shape or type do not fit the format.
        """
        from pythia.compat.pyservicemaker.buffer import Buffer
        from pythia.compat.pyservicemaker.frame_bytes import frame_bytes

        if self._array is None:
            return Buffer()
        return Buffer(frame_bytes(self._array, format))

    def __dlpack__(self, **options: Any) -> Any:
        if options.get("stream") is None:
            options.pop("stream", None)
        array = self._filled()
        if not array.flags.writeable:
            array = array.copy()  # NumPy gives out writable arrays only
        return array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0

    def __array__(self, *arguments: Any, **options: Any) -> NDArray[Any]:
        return np.asarray(self._filled(), *arguments)

    def __bool__(self) -> bool:
        return self._array is not None

    def __repr__(self) -> str:
        if self._array is None:
            return "Tensor()"
        return f"Tensor(shape={self.shape}, dtype={self.dtype}, device_type=CPU)"


def as_tensor(object: Any, format: str = "") -> Tensor:
    """A tensor over the memory of an array of NumPy, PyTorch or others with DLPack.

    Anything else gives an empty tensor, as in DeepStream.

    Args:
        object: The array, in ordinary memory.
        format: Names of the dimensions, ``HWC``; not needed here.
    """
    if isinstance(object, Tensor):
        return Tensor(object._array)
    if not hasattr(object, "__dlpack_device__"):
        return Tensor()
    if object.__dlpack_device__()[0] != 1:
        raise UnavailableError(
            "as_tensor(): the array lies in a GPU's memory, and the portable runtime uses "
            "ordinary memory; array.cpu() copies it there"
        )
    return Tensor(np.from_dlpack(object))
