"""The face of the metadata, the same on both providers, as protocols for type checkers.

Names and meanings are DeepStream's (its public metadata documentation; "NvDs" and "NvOSD" names in
brackets). Lists are walked with :mod:`pythia.iterators`: on DeepStream they are linked lists of
opaque handles, on the portable runtime plain Python lists.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Protocol

UNTRACKED_OBJECT_ID = 0xFFFFFFFFFFFFFFFF
"""``object_id`` of an object that no tracker has seen."""

BATCH_META = 1
FRAME_META = 2
OBJ_META = 3
DISPLAY_META = 4
CLASSIFIER_META = 5
LABEL_INFO_META = 6
USER_META = 7
PAYLOAD_META = 8
EVENT_MSG_META = 9
OPTICAL_FLOW_META = 10
LATENCY_MEASUREMENT_META = 11
TENSOR_OUTPUT_META = 12
SEGMENTATION_META = 13
CROP_IMAGE_META = 14
TRACKER_PAST_FRAME_META = 15
TRACKER_BATCH_REID_META = 16
TRACKER_OBJ_REID_META = 17
TRACKER_TERMINATED_LIST_META = 18
TRACKER_SHADOW_LIST_META = 19
PREPROCESS_BATCH_META = 28
CUSTOM_MSG_BLOB = 29  # of DeepStream 9; the numbers after 17 differ from version to version
ROI_META = 30
START_USER_META = 8193
"""Values of ``base_meta.meta_type`` [NvDsMetaType]."""

ANALYTICS_OBJ_META = "NVIDIA.DSANALYTICSOBJ.USER_META"
ANALYTICS_FRAME_META = "NVIDIA.DSANALYTICSFRAME.USER_META"
"""Names that DeepStream's analytics registers its user metadata under."""


PYTHON_OBJECT_META = "PYTHIA.OBJECT.USER_META"
"""Name of user metadata that holds a Python object, written with :func:`pythia.writing`."""

MAX_SHAPES = 16
"""Shapes of one kind in one display metadata [MAX_ELEMENTS_IN_DISPLAY_META]."""


class ColorParams(Protocol):
    """A colour, each part from 0 to 1 [NvOSD_ColorParams]."""

    red: float
    green: float
    blue: float
    alpha: float

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four parts."""


class RectParams(Protocol):
    """A rectangle in pixels of the frame, and how it is drawn [NvOSD_RectParams]."""

    left: float
    top: float
    width: float
    height: float
    border_width: int
    has_bg_color: int

    @property
    def border_color(self) -> ColorParams:
        """Colour of the border."""

    @property
    def bg_color(self) -> ColorParams:
        """Colour inside, drawn if ``has_bg_color``."""


class FontParams(Protocol):
    """A font [NvOSD_FontParams]; pyds reads ``font_name`` as an address."""

    font_name: Any
    font_size: int

    @property
    def font_color(self) -> ColorParams:
        """Colour of the letters."""


class TextParams(Protocol):
    """A text over the frame [NvOSD_TextParams]; pyds reads ``display_text`` as an address."""

    display_text: Any
    x_offset: int
    y_offset: int
    set_bg_clr: int

    @property
    def font_params(self) -> FontParams:
        """Font, size and colour."""

    @property
    def text_bg_clr(self) -> ColorParams:
        """Colour behind the text, drawn if ``set_bg_clr``."""


class LineParams(Protocol):
    """A line between two points, in pixels of the frame [NvOSD_LineParams]."""

    x1: int
    y1: int
    x2: int
    y2: int
    line_width: int

    @property
    def line_color(self) -> ColorParams:
        """Colour of the line."""


class ArrowParams(Protocol):
    """An arrow between two points, in pixels of the frame [NvOSD_ArrowParams]."""

    x1: int
    y1: int
    x2: int
    y2: int
    arrow_width: int
    arrow_head: Any

    @property
    def arrow_color(self) -> ColorParams:
        """Colour of line and head."""


class CircleParams(Protocol):
    """A circle around a point, in pixels of the frame [NvOSD_CircleParams]."""

    xc: int
    yc: int
    radius: int
    has_bg_color: int

    @property
    def circle_color(self) -> ColorParams:
        """Colour of the circle."""

    @property
    def bg_color(self) -> ColorParams:
        """Colour inside, drawn if ``has_bg_color``."""


class DisplayMeta(Protocol):
    """Shapes and texts to draw over a frame [NvDsDisplayMeta].

    On DeepStream each list has 16 places, of which the first ``num_...`` count; on the portable
    runtime only those that count.
    """

    @property
    def rect_params(self) -> Any:
        """Rectangles."""

    @property
    def num_rects(self) -> int:
        """How many rectangles there are."""

    @property
    def text_params(self) -> Any:
        """Texts."""

    @property
    def num_labels(self) -> int:
        """How many texts there are."""

    @property
    def line_params(self) -> Any:
        """Lines."""

    @property
    def num_lines(self) -> int:
        """How many lines there are."""

    @property
    def arrow_params(self) -> Any:
        """Arrows."""

    @property
    def num_arrows(self) -> int:
        """How many arrows there are."""

    @property
    def circle_params(self) -> Any:
        """Circles."""

    @property
    def num_circles(self) -> int:
        """How many circles there are."""


class BboxCoords(Protocol):
    """A box in pixels of the frame [NvBbox_Coords]."""

    left: float
    top: float
    width: float
    height: float


class BboxInfo(Protocol):
    """A component's own box [NvDsComp_BboxInfo]."""

    @property
    def org_bbox_coords(self) -> BboxCoords:
        """The box before anything clipped or moved it."""


class MaskParams(Protocol):
    """An instance mask over an object's box [NvOSD_MaskParams]."""

    width: int
    height: int
    threshold: float

    @property
    def size(self) -> int:
        """Bytes of the mask."""

    def get_mask_array(self) -> Any:
        """The mask as a flat float32 array of ``width * height``."""


class BaseMeta(Protocol):
    """What all metadata share [NvDsBaseMeta]."""

    meta_type: Any


class LabelInfo(Protocol):
    """One attribute found by a classifier [NvDsLabelInfo]."""

    num_classes: int
    result_label: str
    result_class_id: int
    label_id: int
    result_prob: float


class ClassifierMeta(Protocol):
    """What one classifier says of an object [NvDsClassifierMeta]."""

    unique_component_id: int
    label_info_list: Any

    @property
    def num_labels(self) -> int:
        """How many labels there are."""


class UserMeta(Protocol):
    """Anything a component hangs on a batch, frame or object [NvDsUserMeta]."""

    user_meta_data: Any

    @property
    def base_meta(self) -> BaseMeta:
        """Says by its ``meta_type`` what ``user_meta_data`` is."""


class ObjectMeta(Protocol):
    """One detected object [NvDsObjectMeta]."""

    unique_component_id: int
    class_id: int
    object_id: int
    confidence: float
    tracker_confidence: float
    obj_label: str
    parent: Any
    classifier_meta_list: Any
    obj_user_meta_list: Any

    @property
    def rect_params(self) -> RectParams:
        """The box, in pixels of the frame, and how it is drawn."""

    @property
    def text_params(self) -> TextParams:
        """The text that is drawn beside the box."""

    @property
    def mask_params(self) -> MaskParams:
        """The instance mask, if a segmentation model gave one."""

    @property
    def detector_bbox_info(self) -> BboxInfo:
        """The detector's box."""

    @property
    def tracker_bbox_info(self) -> BboxInfo:
        """The tracker's box."""


class FrameMeta(Protocol):
    """One frame of a batch [NvDsFrameMeta]; ``buf_pts`` and ``ntp_timestamp`` are in ns."""

    pad_index: int
    batch_id: int
    frame_num: int
    buf_pts: int
    ntp_timestamp: int
    source_id: int
    num_surfaces_per_frame: int
    source_frame_width: int
    source_frame_height: int
    surface_type: int
    surface_index: int
    bInferDone: int  # DeepStream's spelling
    obj_meta_list: Any
    display_meta_list: Any
    frame_user_meta_list: Any

    @property
    def num_obj_meta(self) -> int:
        """How many objects the frame has."""


class BatchMeta(Protocol):
    """All frames that travel in one buffer [NvDsBatchMeta]."""

    max_frames_in_batch: int
    frame_meta_list: Any
    batch_user_meta_list: Any

    @property
    def num_frames_in_batch(self) -> int:
        """How many frames the batch has."""


class AnalyticsObjInfo(Protocol):
    """What nvdsanalytics says of an object [NvDsAnalyticsObjInfo]."""

    roiStatus: list[str]
    ocStatus: list[str]
    lcStatus: list[str]
    dirStatus: str
    objStatus: str
    unique_id: int


class AnalyticsFrameMeta(Protocol):
    """What nvdsanalytics says of a frame [NvDsAnalyticsFrameMeta]."""

    ocStatus: dict[str, bool]
    objInROIcnt: dict[str, int]
    objLCCurrCnt: dict[str, int]
    objLCCumCnt: dict[str, int]
    objCnt: dict[int, int]
    unique_id: int


class EventType(IntEnum):
    """What happened [NvDsEventType]."""

    NVDS_EVENT_ENTRY = 0
    NVDS_EVENT_EXIT = 1
    NVDS_EVENT_MOVING = 2
    NVDS_EVENT_STOPPED = 3
    NVDS_EVENT_EMPTY = 4
    NVDS_EVENT_PARKED = 5
    NVDS_EVENT_RESET = 6
    NVDS_EVENT_RESERVED = 256
    NVDS_EVENT_CUSTOM = 257


class ObjectType(IntEnum):
    """What it happened to, and so what ``extMsg`` holds [NvDsObjectType]."""

    NVDS_OBJECT_TYPE_VEHICLE = 0
    NVDS_OBJECT_TYPE_PERSON = 1
    NVDS_OBJECT_TYPE_FACE = 2
    NVDS_OBJECT_TYPE_BAG = 3
    NVDS_OBJECT_TYPE_BICYCLE = 4
    NVDS_OBJECT_TYPE_ROADSIGN = 5
    NVDS_OBJECT_TYPE_VEHICLE_EXT = 6
    NVDS_OBJECT_TYPE_PERSON_EXT = 7
    NVDS_OBJECT_TYPE_FACE_EXT = 8
    NVDS_OBJECT_TYPE_3D = 9
    NVDS_OBJECT_TYPE_DUMMY = 10
    NVDS_OBJECT_TYPE_PRODUCT = 11
    NVDS_OBJECT_TYPE_PRODUCT_EXT = 12
    NVDS_OBJECT_TYPE_RESERVED = 256
    NVDS_OBJECT_TYPE_CUSTOM = 257
    NVDS_OBJECT_TYPE_UNKNOWN = 258


class PayloadType(IntEnum):
    """The form of a payload [NvDsPayloadType]."""

    NVDS_PAYLOAD_DEEPSTREAM = 0
    NVDS_PAYLOAD_DEEPSTREAM_MINIMAL = 1
    NVDS_PAYLOAD_DEEPSTREAM_PROTOBUF = 2
    NVDS_PAYLOAD_RESERVED = 256
    NVDS_PAYLOAD_CUSTOM = 257


class OpticalFlowMeta(Protocol):
    """How a frame moved since its source's frame before, by blocks [NvDsOpticalFlowMeta]."""

    rows: int
    cols: int
    mv_size: int
    frame_num: int
    data: Any
