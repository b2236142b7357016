"""User metadata, and what DeepStream's elements leave in it.

``as_...()`` of a user metadata gives a view of what it holds. If it holds something else, the view
is false, and reading it is an error.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from pythia.compat.pyds.meta_types import name_or_number, number_of
from pythia.compat.pyservicemaker.tensor import Tensor
from pythia.compat.pyservicemaker.views import INT, View, whole
from pythia.meta.portable import PortableSegmentation, PortableTensor, PortableUser
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableRect
from pythia.meta.portable_tracker import PortableObjReid, PortableTargetBatch
from pythia.meta.types import TRACKER_OBJ_REID_META

__all__ = [
    "AnalyticsFrameMeta",
    "AnalyticsObjInfo",
    "ObjectReidUserMetadata",
    "SegmentationUserMetadata",
    "TensorOutputUserMetadata",
    "TrackerPastFrameUserMetadata",
    "UserMetadata",
    "of_type",
]

_U = TypeVar("_U", bound="UserMetadata")


class UserMetadata(View):
    """Anything that hangs on a batch, frame or object; ``meta_type`` says what."""

    __slots__ = ()
    _KIND: ClassVar[type] = object

    def __init__(self, user_meta: UserMetadata | None = None) -> None:
        self._meta = PortableUser() if user_meta is None else user_meta._meta

    @property
    def _data(self) -> Any:
        data = self._meta.user_meta_data
        if not isinstance(data, self._KIND):
            held = type(data).__name__.removeprefix("Portable")
            raise RuntimeError(
                f"this user metadata is no {type(self).__name__}: it holds {held}; "
                "'if meta:' tells, before something is read"
            )
        return data

    @property
    def meta_type(self) -> int:
        """The number of the kind [NvDsMetaType]."""
        return number_of(self._meta.base_meta.meta_type)

    @meta_type.setter
    def meta_type(self, value: int) -> None:
        self._meta.base_meta.meta_type = name_or_number(whole(value, *INT, "meta_type"))

    def set_user_data_json(self, data: Any, meta_type: int) -> None:
        """Hold data of one's own, as JSON.

        Raises:
            TypeError: it cannot be written as JSON.
        """
        self._meta.user_meta_data = json.dumps(data)
        self.meta_type = meta_type

    def get_user_data_json(self) -> Any:
        """What :meth:`set_user_data_json` was given; None if there is nothing.

        Raises:
            RuntimeError: it holds no text.
        """
        data = self._meta.user_meta_data
        if data is None:
            return None
        if not isinstance(data, str | bytes):
            raise RuntimeError(f"this user metadata holds {type(data).__name__}, not JSON")
        return json.loads(data)

    def as_tensor_output(self) -> TensorOutputUserMetadata:
        """Raw outputs of a network."""
        return TensorOutputUserMetadata(self)

    def as_segmentation(self) -> SegmentationUserMetadata:
        """A semantic segmentation."""
        return SegmentationUserMetadata(self)

    def as_nvdsanalytics_obj(self) -> AnalyticsObjInfo:
        """What nvdsanalytics says of an object."""
        return AnalyticsObjInfo(self)

    def as_nvdsanalytics_frame(self) -> AnalyticsFrameMeta:
        """What nvdsanalytics says of a frame."""
        return AnalyticsFrameMeta(self)

    def as_obj_reid(self) -> ObjectReidUserMetadata:
        """The re-identification vector of an object."""
        return ObjectReidUserMetadata(self)

    def as_preprocess_batch(self) -> Any:
        """Regions and tensors of nvdspreprocess."""
        from pythia.compat.pyservicemaker.preprocess_metadata import PreprocessBatchUserMetadata

        return PreprocessBatchUserMetadata(self)

    def as_structure_str(self) -> str:
        """A ``Gst.Structure`` as text; empty for anything else."""
        data = self._meta.user_meta_data
        return str(data.to_string()) if hasattr(data, "to_string") else ""

    def __bool__(self) -> bool:
        return isinstance(self._meta.user_meta_data, self._KIND)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(meta_type={self.meta_type})"


def of_type(users: Iterable[PortableUser], meta_type: int | str) -> Iterator[UserMetadata]:
    """Iterate over the user metadata of one kind."""
    wanted = number_of(meta_type)
    found = [user for user in users if number_of(user.base_meta.meta_type) == wanted]
    return map(UserMetadata.of, found)


class TensorOutputUserMetadata(UserMetadata):
    """Raw outputs of a network for one frame, object or region."""

    __slots__ = ()
    _KIND = PortableTensor

    @property
    def unique_id(self) -> int:
        """The network's unique-id."""
        return int(self._data.unique_id)

    def get_layers(self) -> dict[str, Tensor]:
        """The outputs by name, without the dimension of the batch."""
        return {name: Tensor(array) for name, array in self._data.layers.items()}


class SegmentationUserMetadata(UserMetadata):
    """A semantic segmentation of one frame, object or region."""

    __slots__ = ()
    _KIND = PortableSegmentation

    @property
    def unique_id(self) -> int:
        """The network's unique-id."""
        return int(self._data.unique_id)

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self._data.classes)

    @property
    def width(self) -> int:
        """Columns of the maps."""
        return int(self._data.width)

    @property
    def height(self) -> int:
        """Rows of the maps."""
        return int(self._data.height)

    @property
    def class_map(self) -> NDArray[np.int32]:
        """The class of each pixel, -1 is none: int32 ``(height, width)``; empty without a map."""
        found: NDArray[np.int32] | None = self._data.class_map
        return np.empty(0, np.int32) if found is None else found.reshape(self.height, self.width)

    @property
    def class_probabilities_map(self) -> NDArray[np.float32]:
        """The network's output, float32 ``(height, width, classes)``; empty without one."""
        found: NDArray[np.float32] | None = self._data.class_probabilities_map
        if found is None:
            return np.empty(0, np.float32)
        planes: NDArray[np.float32] = found.reshape(self.classes, self.height, self.width)
        return np.moveaxis(planes, 0, -1)


class AnalyticsObjInfo(UserMetadata):
    """What nvdsanalytics says of an object; lists hold names of rules."""

    __slots__ = ()
    _KIND = PortableAnalyticsObjInfo

    roi_status = property(lambda view: list(view._data.roiStatus))
    oc_status = property(lambda view: list(view._data.ocStatus))
    lc_status = property(lambda view: list(view._data.lcStatus))
    dir_status = property(lambda view: view._data.dirStatus)
    obj_status = property(lambda view: view._data.objStatus)
    unique_id = property(lambda view: view._data.unique_id)


class AnalyticsFrameMeta(UserMetadata):
    """What nvdsanalytics says of a frame, by names of rules; ``obj_cnt`` by class."""

    __slots__ = ()
    _KIND = PortableAnalyticsFrameMeta

    oc_status = property(lambda view: dict(view._data.ocStatus))
    obj_in_roi_cnt = property(lambda view: dict(view._data.objInROIcnt))
    obj_lc_curr_cnt = property(lambda view: dict(view._data.objLCCurrCnt))
    obj_lc_cum_cnt = property(lambda view: dict(view._data.objLCCumCnt))
    obj_cnt = property(lambda view: dict(view._data.objCnt))
    unique_id = property(lambda view: view._data.unique_id)


class ObjectReidUserMetadata(UserMetadata):
    """The re-identification vector of an object."""

    __slots__ = ()
    _KIND = PortableObjReid

    @property
    def feature_size(self) -> int:
        """How long the vector is."""
        return int(self._data.featureSize)

    @property
    def feature_vector(self) -> NDArray[np.float32]:
        """The vector, float32."""
        vector: NDArray[np.float32] = self._data.ptr_host
        return vector

    def set_feature_vector(self, features: Any) -> None:
        """Hold a vector of one's own.

        Raises:
            RuntimeError: it has more than one dimension.
        """
        vector = np.array(features, np.float32)
        if vector.ndim != 1:
            raise RuntimeError(f"set_feature_vector(): one dimension is needed, not {vector.ndim}")
        self._meta.base_meta.meta_type = TRACKER_OBJ_REID_META
        self._meta.user_meta_data = PortableObjReid(vector)


class TrackerPastFrameUserMetadata(UserMetadata):
    """Where targets were in frames before the tracker was sure of them."""

    __slots__ = ()
    _KIND = PortableTargetBatch

    @property
    def past_frame_data(self) -> list[dict[str, Any]]:
        """Streams, each with its ``stream_id`` and ``objects``, each with its ``frames``."""
        return [
            {"stream_id": stream.streamID, "objects": [_target(obj) for obj in stream.list()]}
            for stream in self._data.list()
        ]


def _target(obj: Any) -> dict[str, Any]:
    frames = [
        {
            "frame_num": frame.frameNum,
            "bbox": box_of(frame.tBbox),
            "confidence": frame.confidence,
            "age": frame.age,
            "tracker_state": frame.trackerState,
            "visibility": frame.visibility,
        }
        for frame in obj.list()
    ]
    return {"unique_id": obj.uniqueId, "label": obj.objLabel, "frames": frames}


def box_of(rect: PortableRect) -> dict[str, float]:
    """Left, top, width and height of a box."""
    return {name: getattr(rect, name) for name in ("left", "top", "width", "height")}
