"""Raw outputs of networks, segmentations and optical flow."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.enums import Enum, NvDsInferDataType
from pythia.compat.pyds.views import (
    INT,
    UINT,
    Capsule,
    Struct,
    View,
    capsule_cast,
    integer,
    meta_in,
    read_only,
    real,
    show,
    whole,
)
from pythia.meta.portable import PortableSegmentation, PortableTensor
from pythia.meta.portable_optical_flow import PortableOpticalFlow

__all__ = [
    "NvDsInferAttribute",
    "NvDsInferDims",
    "NvDsInferDimsCHW",
    "NvDsInferLayerInfo",
    "NvDsInferNetworkInfo",
    "NvDsInferObjectDetectionInfo",
    "NvDsInferSegmentationMeta",
    "NvDsInferTensorMeta",
    "NvDsOpticalFlowMeta",
    "NvOFFlowVector",
    "get_detections",
    "get_nvds_LayerInfo",
    "get_optical_flow_vectors",
    "get_segmentation_masks",
]

MAX_DIMS = 8  # NVDSINFER_MAX_DIMS
_DATA_TYPES = {"float32": 0, "float16": 1, "int8": 2, "uint8": 2, "int32": 3}


class NvDsInferDims(View, fields={"numDims": 0, "numElements": 0, "d": ()}):
    """Dimensions; the first ``numDims`` of ``d`` count."""

    __slots__ = ()

    numDims = read_only("numDims")
    numElements = read_only("numElements")

    @property
    def d(self) -> NDArray[np.uint32]:
        """Eight numbers."""
        dims = np.zeros(MAX_DIMS, np.uint32)
        dims[: len(self._meta.d)] = self._meta.d
        return dims


class NvDsInferDimsCHW(View, fields={"c": 0, "h": 0, "w": 0}):
    """Channels, height and width."""

    __slots__ = ()

    c, h, w = map(read_only, "chw")


class NvDsInferLayerInfo(
    View,
    fields={"layerName": "", "array": None, "bindingIndex": 0, "isInput": 0, "dims": None},
):
    """One output of a network."""

    __slots__ = ()

    layerName = read_only("layerName")
    bindingIndex = read_only("bindingIndex")
    isInput = read_only("isInput")

    @property
    def dataType(self) -> Enum:
        """Type of the numbers in ``buffer``."""
        array = self._meta.array
        name = "float32" if array is None else str(array.dtype)
        member: Enum = NvDsInferDataType(_DATA_TYPES[name])
        return member

    @property
    def inferDims(self) -> Any:
        """Dimensions without the batch's."""
        shape = () if self._meta.array is None else self._meta.array.shape
        if self._meta.dims is None:
            self._meta.dims = NvDsInferDims._kind(
                numDims=len(shape), numElements=int(np.prod(shape, dtype=np.int64)), d=shape
            )
        return show(NvDsInferDims, self._meta.dims, self)

    dims = inferDims

    @property
    def buffer(self) -> Capsule | None:
        """A handle of the numbers, for ``get_ptr`` and ``get_detections``."""
        return None if self._meta.array is None else Capsule(self._meta.array)


class NvDsInferNetworkInfo(View, fields={"width": 0, "height": 0, "channels": 0}):
    """Size of a network's input."""

    __slots__ = ()

    width, height, channels = (integer(name, *UINT) for name in ("width", "height", "channels"))


class NvDsInferObjectDetectionInfo(
    View,
    fields={
        "classId": 0,
        "left": 0.0,
        "top": 0.0,
        "width": 0.0,
        "height": 0.0,
        "detectionConfidence": 0.0,
    },
):
    """A detection, as a parser of outputs fills it."""

    __slots__ = ()

    classId = integer("classId", *UINT)
    left, top, width, height, detectionConfidence = map(
        real, ("left", "top", "width", "height", "detectionConfidence")
    )


class NvDsInferAttribute(
    View,
    fields={
        "attributeIndex": 0,
        "attributeValue": 0,
        "attributeConfidence": 0.0,
        "attributeLabel": None,
    },
):
    """An attribute, as a classifier's parser fills it."""

    __slots__ = ()

    attributeIndex = atttributeIndex = read_only("attributeIndex")  # both are pyds' spelling
    attributeValue, attributeConfidence, attributeLabel = map(
        read_only, ("attributeValue", "attributeConfidence", "attributeLabel")
    )


# One structure for each output, as long as its tensor metadata lives: its numbers may be a copy,
# and a program holds no more than their address.
_layers: WeakKeyDictionary[PortableTensor, list[Struct]] = WeakKeyDictionary()


def _layers_of(tensor: PortableTensor) -> list[Struct]:
    known = _layers.get(tensor)
    if known is None:
        known = _layers[tensor] = [
            NvDsInferLayerInfo._kind(
                layerName=name, array=_plain(array), bindingIndex=number, isInput=0, dims=None
            )
            for number, (name, array) in enumerate(tensor.layers.items())
        ]
    return known


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    """Contiguous, and of a type that NvDsInferDataType has, as TensorRT would give it."""
    if str(array.dtype) not in _DATA_TYPES:
        array = array.astype(np.int32 if array.dtype.kind in "iub" else np.float32)
    return np.ascontiguousarray(array)


class NvDsInferTensorMeta(View, kind=PortableTensor):
    """Raw outputs of a network for one frame or object."""

    __slots__ = ()

    unique_id = read_only("unique_id")
    num_output_layers = read_only("num_output_layers")
    gpu_id = property(lambda _: 0)
    priv_data = out_buf_ptrs_dev = property(lambda _: None)

    @property
    def network_info(self) -> NvDsInferNetworkInfo:
        """Size of the network's input."""
        info = NvDsInferNetworkInfo()
        tensor = self._meta
        info.width, info.height = tensor.network_width, tensor.network_height
        info.channels = tensor.network_channels
        return info

    @property
    def out_buf_ptrs_host(self) -> Capsule:
        """A handle."""
        return Capsule(self._meta)

    def output_layers_info(self, j: int) -> Any:
        """Output ``j``, from 0.

        Raises:
            IndexError: there are fewer.
        """
        layers = _layers_of(self._meta)
        place = whole(j, *INT, "output_layers_info()")
        if not 0 <= place < len(layers):
            raise IndexError(f"output {place} of {len(layers)}")
        return show(NvDsInferLayerInfo, layers[place], self)


def get_nvds_LayerInfo(data: Any, j: int) -> Any:
    """Output ``j`` of tensor metadata or a handle of it, with its numbers in ``buffer``."""
    return capsule_cast(NvDsInferTensorMeta)(data).output_layers_info(j)


def get_detections(data: Any, i: int) -> float:
    """Number ``i`` of a layer's ``buffer``, whose bytes are taken for float32.

    Raises:
        IndexError: there are fewer.
    """
    array = meta_in(data, "get_detections()")
    if not isinstance(array, np.ndarray):
        raise TypeError("get_detections(): the buffer of a layer is needed")
    numbers = array.reshape(-1).view(np.float32)
    place = whole(i, *INT, "get_detections()")
    if not 0 <= place < numbers.size:
        raise IndexError(f"number {place} of {numbers.size}")
    return float(numbers[place])


class NvDsInferSegmentationMeta(View, kind=PortableSegmentation):
    """A semantic segmentation."""

    __slots__ = ()

    classes, width, height = map(read_only, ("classes", "width", "height"))
    priv_data = property(lambda _: None)

    @property
    def class_map(self) -> int | None:
        """The class of the first pixel, as pyds gives it; get_segmentation_masks() gives all."""
        found = self._meta.class_map
        return None if found is None else int(found.flat[0])

    @property
    def class_probabilities_map(self) -> float | None:
        """The first probability, as pyds gives it."""
        found = self._meta.class_probabilities_map
        return None if found is None else float(found.flat[0])


def get_segmentation_masks(data: Any) -> NDArray[np.int32]:
    """The class of each pixel: int32 ``(height, width)``, -1 for none; a copy."""
    meta = capsule_cast(NvDsInferSegmentationMeta)(data)._meta
    if meta.class_map is None:
        return np.full((meta.height, meta.width), -1, np.int32)
    masks: NDArray[np.int32] = meta.class_map.astype(np.int32).reshape(meta.height, meta.width)
    return masks


class NvOFFlowVector(View, fields={"flowx": 0, "flowy": 0}):
    """How a block of pixels moved."""

    __slots__ = ()

    flowx, flowy = (integer(name, -(2**15), 2**15 - 1) for name in ("flowx", "flowy"))


class NvDsOpticalFlowMeta(View, kind=PortableOpticalFlow):
    """How a frame moved since its source's frame before."""

    __slots__ = ()

    rows, cols, mv_size = (integer(name, *UINT) for name in ("rows", "cols", "mv_size"))
    frame_num = integer("frame_num", 0, 2**64 - 1)
    priv = reserved = property(lambda _: None)

    @property
    def data(self) -> Capsule | None:
        """A handle of the vectors, int16 x and y."""
        return None if self._meta.data is None else Capsule(self._meta.data)


def get_optical_flow_vectors(data: Any) -> NDArray[np.float32]:
    """The vectors as they lie in memory: float32, x, y, x, y, ..., row by row; a copy."""
    meta = capsule_cast(NvDsOpticalFlowMeta)(data)._meta
    if meta.data is None:
        return np.zeros(meta.rows * meta.cols * 2, np.float32)
    vectors: NDArray[np.float32] = meta.data.astype(np.float32).reshape(-1)
    return vectors
