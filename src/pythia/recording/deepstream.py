"""Records of DeepStream's own metadata, read through NVIDIA's Python bindings."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.meta import deepstream, types
from pythia.recording.encode import Encoder, NotPlainError
from pythia.recording.schema import Field, Kind, kinds

_ITEMS = {
    "Frame": "NvDsFrameMeta",
    "Object": "NvDsObjectMeta",
    "Classifier": "NvDsClassifierMeta",
    "Label": "NvDsLabelInfo",
    "Display": "NvDsDisplayMeta",
    "User": "NvDsUserMeta",
}
_DATA = {
    types.PAYLOAD_META: ("NVDS_PAYLOAD_META", "NvDsPayload"),
    types.EVENT_MSG_META: ("NVDS_EVENT_MSG_META", "NvDsEventMsgMeta"),
    types.OPTICAL_FLOW_META: ("NVDS_OPTICAL_FLOW_META", "NvDsOpticalFlowMeta"),
    types.TENSOR_OUTPUT_META: ("NVDSINFER_TENSOR_OUTPUT_META", "NvDsInferTensorMeta"),
    types.SEGMENTATION_META: ("NVDSINFER_SEGMENTATION_META", "NvDsInferSegmentationMeta"),
    types.TRACKER_PAST_FRAME_META: ("NVDS_TRACKER_PAST_FRAME_META", "NvDsTargetMiscDataBatch"),
    types.TRACKER_OBJ_REID_META: ("NVDS_TRACKER_OBJ_REID_META", "NvDsObjReid"),
    types.TRACKER_TERMINATED_LIST_META: (
        "NVDS_TRACKER_TERMINATED_LIST_META",
        "NvDsTargetMiscDataBatch",
    ),
    types.TRACKER_SHADOW_LIST_META: ("NVDS_TRACKER_SHADOW_LIST_META", "NvDsTargetMiscDataBatch"),
}
"""Our number of a type: its name in pyds, where the number may be another one, and its class."""
_ANALYTICS = {
    types.ANALYTICS_OBJ_META: "NvDsAnalyticsObjInfo",
    types.ANALYTICS_FRAME_META: "NvDsAnalyticsFrameMeta",
}
_KINDS = {
    "NvDsAnalyticsFrameMeta": "AnalyticsFrameMeta",
    "NvDsAnalyticsObjInfo": "AnalyticsObjInfo",
    "NvDsEventMsgMeta": "EventMsg",
    "NvDsFaceObject": "Face",
    "NvDsFaceObjectWithExt": "FaceExt",
    "NvDsInferSegmentationMeta": "Segmentation",
    "NvDsInferTensorMeta": "Tensor",
    "NvDsObjReid": "ObjReid",
    "NvDsOpticalFlowMeta": "OpticalFlow",
    "NvDsPayload": "Payload",
    "NvDsPersonObject": "Person",
    "NvDsPersonObjectExt": "PersonExt",
    "NvDsTargetMiscDataBatch": "TargetBatch",
    "NvDsVehicleObject": "Vehicle",
    "NvDsVehicleObjectExt": "VehicleExt",
}
_DETAILS = {
    types.ObjectType.NVDS_OBJECT_TYPE_VEHICLE: "NvDsVehicleObject",
    types.ObjectType.NVDS_OBJECT_TYPE_PERSON: "NvDsPersonObject",
    types.ObjectType.NVDS_OBJECT_TYPE_FACE: "NvDsFaceObject",
    types.ObjectType.NVDS_OBJECT_TYPE_VEHICLE_EXT: "NvDsVehicleObjectExt",
    types.ObjectType.NVDS_OBJECT_TYPE_PERSON_EXT: "NvDsPersonObjectExt",
    types.ObjectType.NVDS_OBJECT_TYPE_FACE_EXT: "NvDsFaceObjectWithExt",
}
_NUMBERS = {0: "f4", 1: "f2", 2: "i1", 3: "i4", 4: "i8", 5: "u1"}  # NvDsInferDataType


class DeepStreamEncoder(Encoder):
    """Makes records of the metadata that pyds gives; on the thread that holds the buffer."""

    def __init__(self, *, tensors: bool = False) -> None:
        super().__init__(tensors=tensors)
        self._pyds = deepstream._pyds()
        self._types = self._known_types()

    def _known_types(self) -> dict[int, int | str]:
        """Our types of user metadata by pyds' numbers; those of analytics differ each time."""
        numbers = self._pyds.NvDsMetaType
        found: dict[int, int | str] = {
            int(getattr(numbers, name)): ours
            for ours, (name, _) in _DATA.items()
            if hasattr(numbers, name)
        }
        for name in _ANALYTICS:
            found[int(self._pyds.nvds_get_user_meta_type(name))] = name
        return found

    def items(self, container: Any, kind: Kind) -> list[Any]:
        """The items of a linked list; of the tracker's metadata, those that its ``list`` gives."""
        if isinstance(container, list):
            return container
        return list(deepstream.walk(container, _ITEMS[kind.name]))

    def text(self, value: Any) -> str | None:
        """A text, which may be an address."""
        if isinstance(value, int):
            return self._pyds.get_string(value) if value else None
        return super().text(value)

    def scalars(self, thing: Any, kind: Kind) -> tuple[Any, ...]:
        """Numbers and texts; those that this version of pyds lacks have their defaults."""
        found = []
        for field in kind.scalars:
            value = getattr(thing, field.name, field.default)
            if kind.name == "Tensor" and field.name.startswith("network_"):
                value = getattr(thing.network_info, field.name.removeprefix("network_"))
            found.append(self.text(value) if field.type.name == "text" else _number(value))
        return tuple(found)

    def other(self, thing: Any, field: Field) -> Any:
        """The value of another field, wherever pyds has it."""
        name = field.name
        if name in ("streams", "objects", "frames"):
            return list(type(thing).list(thing))
        if name == "layers":
            return self._layers(thing)
        if name == "payload":
            return self._bytes(thing.payload, thing.payloadSize)
        if name == "extMsg":
            return self._details(thing)
        value = getattr(thing, name, field.default)
        if name == "mask" and value is not None:
            self.left_out["outlines of event messages"] += 1
            return field.default
        return value

    def array(self, thing: Any, field: Field) -> Any:
        """An array field, as pyds' function for it gives it."""
        if field.name == "class_map":
            return self._pyds.get_segmentation_masks(thing)
        if field.name == "ptr_host":
            return thing.get_host_reid_vector()
        if field.name != "data":  # probabilities can be reached from C only
            return None
        if hasattr(thing, "get_mask_array"):
            return _shaped(thing.get_mask_array(), thing.height, thing.width)
        flow = self._pyds.get_optical_flow_vectors(thing)
        return flow.reshape(thing.rows, thing.cols, 2).astype(np.int16)

    def user_type(self, user: Any) -> int | str:
        """Our number or name of a type; numbers of a program's own are good in its process only."""
        number = int(user.base_meta.meta_type)
        return self._types.get(number, number)

    def user_data(self, user: Any, meta_type: int | str) -> Any:
        """What a user metadata holds, cast to its class."""
        if user.user_meta_data is None:
            return None
        if isinstance(meta_type, str):
            name = _ANALYTICS[meta_type]
        else:
            _, name = _DATA.get(meta_type, ("", ""))
        cls = getattr(self._pyds, name, None) if name else None
        if cls is None:
            raise NotPlainError("of a class that is not known here")
        return cls.cast(user.user_meta_data)

    def kind_of(self, thing: Any) -> Kind | None:
        """The kind of a pyds object."""
        name = _KINDS.get(type(thing).__name__)
        return None if name is None else kinds()[name]

    def _details(self, event: Any) -> Any:
        """What an event message says of its object."""
        details = event.extMsg
        if details is None or not event.extMsgSize:
            return None
        name = _DETAILS.get(types.ObjectType(int(event.objType)), "")
        cls = getattr(self._pyds, name, None) if name else None
        if cls is None:
            self.left_out[f"extMsg of {event.objType}"] += 1
            return None
        return cls.cast(details)

    def _bytes(self, capsule: Any, size: int) -> bytes:
        return ctypes.string_at(self._pyds.get_ptr(capsule), size) if capsule is not None else b""

    def _layers(self, tensor: Any) -> dict[str, NDArray[Any]]:
        found = {}
        for number in range(tensor.num_output_layers):
            layer = self._pyds.get_nvds_LayerInfo(tensor, number)
            dims = layer.inferDims
            shape = [int(size) for size in dims.d[: dims.numDims]]
            dtype = np.dtype(_NUMBERS[int(layer.dataType)])
            size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            data = self._bytes(layer.buffer, size)
            found[layer.layerName] = np.frombuffer(data, dtype).reshape(shape)
        return found


def _number(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else int(value)  # an enum


def _shaped(mask: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    return mask.reshape(height, width) if mask.size == height * width else mask
