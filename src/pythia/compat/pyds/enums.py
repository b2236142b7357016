"""Enumerations with the manners of pybind11's: not ints, but equal to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pythia.compat.pyds.views import INT, View, whole

__all__ = [
    "EXPORTED",
    "ROI_STATUS_360D",
    "GstNvDsMetaType",
    "NvBufSurfaceColorFormat",
    "NvBufSurfaceLayout",
    "NvBufSurfaceMemMapFlags",
    "NvBufSurfaceMemType",
    "NvDsEventType",
    "NvDsInferDataType",
    "NvDsMetaType",
    "NvDsObjectType",
    "NvDsPayloadType",
    "NvOSD_Arrow_Head_Direction",
    "NvOSD_Mode",
]


class Enum:
    """A number with a name; numbers without one are named ``???``."""

    __slots__ = ("_value",)

    __members__: ClassVar[dict[str, Any]] = {}
    _by_value: ClassVar[dict[int, Any]] = {}
    _value: int

    def __new__(cls, value: Any) -> Any:
        number = whole(value, *INT, cls.__name__)
        known = cls._by_value.get(number)
        if known is not None:
            return known
        member = object.__new__(cls)
        member._value = number
        return member

    @property
    def value(self) -> int:
        """The number."""
        return self._value

    @property
    def name(self) -> str:
        """The name."""
        names = (name for name, member in self.__members__.items() if member is self)
        return next(names, "???")

    def __int__(self) -> int:
        return self._value

    __index__ = __int__

    def __eq__(self, other: object) -> bool:
        return self._value == (other._value if isinstance(other, Enum) else other)

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}.{self.name}: {self._value}>"

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"

    def __reduce__(self) -> Any:
        return type(self), (self._value,)


EXPORTED: dict[str, Enum] = {}
"""All members by their names: pyds has them in the module, too."""


def enumeration(name: str, members: Mapping[str, int]) -> Any:
    """A class with members, which become names of the module, too."""
    by_name: dict[str, Enum] = {}
    by_value: dict[int, Enum] = {}
    names = {"__slots__": (), "__module__": "pyds", "__members__": by_name, "_by_value": by_value}
    made: type[Enum] = type(name, (Enum,), names)
    for label, number in members.items():
        member: Enum = object.__new__(made)
        member._value = number
        by_value.setdefault(number, member)
        by_name[label] = member
        setattr(made, label, member)
        EXPORTED[label] = member
    return made


def numbered(names: str) -> dict[str, int]:
    """Names in a text, from 0 on."""
    return {name: number for number, name in enumerate(names.split())}


def enum_field(name: str, cls: type[Enum]) -> property:
    """A field of an enumeration; plain numbers are refused."""

    def read(view: View) -> Enum:
        member: Enum = cls(getattr(view._meta, name))
        return member

    def write(view: View, value: Any) -> None:
        if not isinstance(value, cls):
            raise TypeError(
                f"{name}: a {cls.__name__} is needed, not {value!r}; {cls.__name__}({value!r}) "
                "makes one of a number"
            )
        setattr(view._meta, name, int(value))

    return property(read, write)


_FORCE32 = 0x7FFFFFFF

NvDsMetaType = enumeration(
    "NvDsMetaType",
    {
        "NVDS_INVALID_META": -1,
        "NVDS_BATCH_META": 1,
        "NVDS_FRAME_META": 2,
        "NVDS_OBJ_META": 3,
        "NVDS_DISPLAY_META": 4,
        "NVDS_CLASSIFIER_META": 5,
        "NVDS_LABEL_INFO_META": 6,
        "NVDS_USER_META": 7,
        "NVDS_PAYLOAD_META": 8,
        "NVDS_EVENT_MSG_META": 9,
        "NVDS_OPTICAL_FLOW_META": 10,
        "NVDS_LATENCY_MEASUREMENT_META": 11,
        "NVDSINFER_TENSOR_OUTPUT_META": 12,
        "NVDSINFER_SEGMENTATION_META": 13,
        "NVDS_CROP_IMAGE_META": 14,
        "NVDS_TRACKER_PAST_FRAME_META": 15,
        "NVDS_TRACKER_BATCH_REID_META": 16,
        "NVDS_TRACKER_OBJ_REID_META": 17,
        "NVDS_AUDIO_BATCH_META": 25,
        "NVDS_AUDIO_FRAME_META": 26,
        "NVDS_RESERVED_META": 4095,
        "NVDS_GST_CUSTOM_META": 4096,
        "NVDS_START_USER_META": 8193,
        "NVDS_FORCE32_META": _FORCE32,
    },
)
GstNvDsMetaType = enumeration(
    "GstNvDsMetaType",
    {
        "NVDS_GST_INVALID_META": -1,
        "NVDS_BATCH_GST_META": 4097,
        "NVDS_DECODER_GST_META": 4098,
        "NVDS_DEWARPER_GST_META": 4099,
        "NVDS_RESERVED_GST_META": 8192,
        "NVDS_GST_META_FORCE32": _FORCE32,
    },
)
NvDsEventType = enumeration(
    "NvDsEventType",
    numbered(
        "NVDS_EVENT_ENTRY NVDS_EVENT_EXIT NVDS_EVENT_MOVING NVDS_EVENT_STOPPED NVDS_EVENT_EMPTY "
        "NVDS_EVENT_PARKED NVDS_EVENT_RESET"
    )
    | {"NVDS_EVENT_RESERVED": 256, "NVDS_EVENT_CUSTOM": 257, "NVDS_EVENT_FORCE32": _FORCE32},
)
NvDsObjectType = enumeration(
    "NvDsObjectType",
    numbered(
        "NVDS_OBJECT_TYPE_VEHICLE NVDS_OBJECT_TYPE_PERSON NVDS_OBJECT_TYPE_FACE "
        "NVDS_OBJECT_TYPE_BAG NVDS_OBJECT_TYPE_BICYCLE NVDS_OBJECT_TYPE_ROADSIGN "
        "NVDS_OBJECT_TYPE_VEHICLE_EXT NVDS_OBJECT_TYPE_PERSON_EXT NVDS_OBJECT_TYPE_FACE_EXT"
    )
    | {
        "NVDS_OBJECT_TYPE_RESERVED": 256,
        "NVDS_OBJECT_TYPE_CUSTOM": 257,
        "NVDS_OBJECT_TYPE_UNKNOWN": 258,
        "NVDS_OBEJCT_TYPE_FORCE32": _FORCE32,  # pyds' spelling
    },
)
NvDsPayloadType = enumeration(
    "NvDsPayloadType",
    {
        "NVDS_PAYLOAD_DEEPSTREAM": 0,
        "NVDS_PAYLOAD_DEEPSTREAM_MINIMAL": 1,
        "NVDS_PAYLOAD_RESERVED": 256,
        "NVDS_PAYLOAD_CUSTOM": 257,
        "NVDS_PAYLOAD_FORCE32": _FORCE32,
    },
)
NvOSD_Mode = enumeration("NvOSD_Mode", numbered("MODE_CPU MODE_GPU MODE_NONE"))
NvOSD_Arrow_Head_Direction = enumeration(
    "NvOSD_Arrow_Head_Direction", numbered("START_HEAD END_HEAD BOTH_HEAD")
)
NvDsInferDataType = enumeration("NvDsInferDataType", numbered("FLOAT HALF INT8 INT32"))
ROI_STATUS_360D = enumeration(
    "ROI_STATUS_360D", {"ROI_ENTRY_360D": 1, "ROI_EXIT_360D": 2, "INSIDE_AISLE_360D": 4}
)
NvBufSurfaceMemType = enumeration(
    "NvBufSurfaceMemType",
    numbered(
        "NVBUF_MEM_DEFAULT NVBUF_MEM_CUDA_PINNED NVBUF_MEM_CUDA_DEVICE NVBUF_MEM_CUDA_UNIFIED "
        "NVBUF_MEM_SURFACE_ARRAY NVBUF_MEM_HANDLE NVBUF_MEM_SYSTEM"
    ),
)
NvBufSurfaceMemMapFlags = enumeration(
    "NvBufSurfaceMemMapFlags", numbered("NVBUF_MAP_READ NVBUF_MAP_WRITE NVBUF_MAP_READ_WRITE")
)
NvBufSurfaceLayout = enumeration(
    "NvBufSurfaceLayout", numbered("NVBUF_LAYOUT_PITCH NVBUF_LAYOUT_BLOCK_LINEAR")
)
_FORMATS = (
    "INVALID GRAY8 YUV420 YVU420 YUV420_ER YVU420_ER NV12 NV12_ER NV21 NV21_ER UYVY UYVY_ER VYUY "
    "VYUY_ER YUYV YUYV_ER YVYU YVYU_ER YUV444 RGBA BGRA ARGB ABGR RGBx BGRx xRGB xBGR RGB BGR "
    "NV12_10LE NV12_12LE YUV420_709 YUV420_709_ER NV12_709 NV12_709_ER YUV420_2020 NV12_2020 "
    "NV12_10LE_ER NV12_10LE_709 NV12_10LE_709_ER NV12_10LE_2020 SIGNED_R16G16 LAST"
)
NvBufSurfaceColorFormat = enumeration(
    "NvBufSurfaceColorFormat",
    {f"NVBUF_COLOR_FORMAT_{name}": number for name, number in numbered(_FORMATS).items()},
)
