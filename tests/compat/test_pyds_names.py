"""The names of pyds 1.2.0 are all there, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from pythia.compat import pyds as look_alike
from pythia.compat.pyds.enums import EXPORTED, Enum

pyds: Any = look_alike


def _words(text: str) -> list[str]:
    return text.split()


CLASSES = _words("""
CustomDataStruct GList NvBbox_Coords NvBufSurface NvBufSurfaceCreateParams
NvBufSurfaceMappedAddr NvBufSurfaceParams NvBufSurfacePlaneParams NvDsAnalyticsFrameMeta
NvDsAnalyticsObjInfo NvDsBaseMeta NvDsBatchMeta NvDsClassifierMeta NvDsComp_BboxInfo
NvDsCoordinate NvDsDisplayMeta NvDsEvent NvDsEventMsgMeta NvDsFaceObject NvDsFaceObjectWithExt
NvDsFrameMeta NvDsGeoLocation NvDsInferAttribute NvDsInferDims NvDsInferDimsCHW
NvDsInferLayerInfo NvDsInferNetworkInfo NvDsInferObjectDetectionInfo NvDsInferSegmentationMeta
NvDsInferTensorMeta NvDsLabelInfo NvDsMeta NvDsMetaPool NvDsObjEncOutParams NvDsObjEncUsrArgs
NvDsObjReid NvDsObjectMeta NvDsObjectSignature NvDsOpticalFlowMeta NvDsPayload NvDsPersonObject
NvDsPersonObjectExt NvDsRect NvDsTargetMiscDataBatch NvDsTargetMiscDataFrame
NvDsTargetMiscDataObject NvDsTargetMiscDataStream NvDsUserMeta NvDsVehicleObject
NvDsVehicleObjectExt NvOFFlowVector NvOSD_ArrowParams NvOSD_CircleParams NvOSD_ColorParams
NvOSD_Color_info NvOSD_FontParams NvOSD_FrameArrowParams NvOSD_FrameCircleParams
NvOSD_FrameLineParams NvOSD_FrameRectParams NvOSD_FrameTextParams NvOSD_LineParams
NvOSD_MaskParams NvOSD_RectParams NvOSD_TextParams RectDim
""")

ENUMERATIONS = _words("""
GstNvDsMetaType NvBufSurfaceColorFormat NvBufSurfaceLayout NvBufSurfaceMemMapFlags
NvBufSurfaceMemType NvDsEventType NvDsInferDataType NvDsMetaType NvDsObjectType NvDsPayloadType
NvOSD_Arrow_Head_Direction NvOSD_Mode ROI_STATUS_360D
""")

FUNCTIONS = _words("""
NvBufSurfaceCopy NvBufSurfaceCreate NvBufSurfaceDestroy NvBufSurfaceFromFd NvBufSurfaceMap
NvBufSurfaceMapEglImage NvBufSurfaceMemSet NvBufSurfaceSyncForCpu NvBufSurfaceSyncForDevice
NvBufSurfaceUnMap alloc_buffer alloc_char_buffer alloc_custom_struct alloc_nvds_event
alloc_nvds_event_msg_meta alloc_nvds_face_object alloc_nvds_payload alloc_nvds_person_object
alloc_nvds_vehicle_object configure_source_for_ntp_sync free_buffer free_gbuffer
generate_ts_rfc3339 get_detections get_nvds_LayerInfo get_nvds_buf_surface
get_nvds_buf_surface_gpu get_optical_flow_vectors get_ptr get_segmentation_masks get_string
glist_get_nvds_Surface_Params glist_get_nvds_batch_meta glist_get_nvds_classifier_meta
glist_get_nvds_display_meta glist_get_nvds_event_msg_meta glist_get_nvds_frame_meta
glist_get_nvds_label_info glist_get_nvds_object_meta glist_get_nvds_person_object
glist_get_nvds_tensor_meta glist_get_nvds_user_meta glist_get_nvds_vehicle_object
gst_buffer_add_nvds_meta gst_buffer_get_nvds_batch_meta gst_element_send_nvevent_interval_update
gst_element_send_nvevent_new_stream_reset memdup nvds_acquire_classifier_meta_from_pool
nvds_acquire_display_meta_from_pool nvds_acquire_frame_meta_from_pool
nvds_acquire_label_info_meta_from_pool nvds_acquire_meta_lock nvds_acquire_obj_meta_from_pool
nvds_acquire_user_meta_from_pool nvds_add_classifier_meta_to_object
nvds_add_display_meta_to_frame nvds_add_frame_meta_to_batch
nvds_add_label_info_meta_to_classifier nvds_add_obj_meta_to_frame nvds_add_user_meta_to_batch
nvds_add_user_meta_to_frame nvds_add_user_meta_to_obj nvds_batch_meta_copy_func
nvds_batch_meta_release_func nvds_clear_batch_user_meta_list nvds_clear_display_meta_list
nvds_clear_frame_meta_list nvds_clear_frame_user_meta_list nvds_clear_meta_list
nvds_clear_obj_meta_list nvds_clear_obj_user_meta_list nvds_copy_batch_user_meta_list
nvds_copy_display_meta_list nvds_copy_frame_meta_list nvds_copy_frame_user_meta_list
nvds_copy_obj_meta_list nvds_create_batch_meta nvds_destroy_batch_meta
nvds_get_current_metadata_info nvds_get_nth_frame_meta nvds_get_user_meta_type
nvds_measure_buffer_latency nvds_obj_enc_create_context nvds_obj_enc_destroy_context
nvds_obj_enc_finish nvds_obj_enc_process nvds_release_meta_lock
nvds_remove_classifier_meta_from_obj nvds_remove_display_meta_from_frame
nvds_remove_frame_meta_from_batch nvds_remove_label_info_meta_from_classifier
nvds_remove_obj_meta_from_frame nvds_remove_user_meta_from_batch
nvds_remove_user_meta_from_frame nvds_remove_user_meta_from_object register_user_copyfunc
register_user_releasefunc set_user_copyfunc set_user_releasefunc strdup strdup2str
unmap_nvds_buf_surface unset_callback_funcs user_copyfunc user_releasefunc
""")


def test_the_list_is_complete() -> None:
    assert (len(CLASSES), len(ENUMERATIONS), len(FUNCTIONS)) == (66, 13, 106)


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_is_there_and_can_be_made(name: str) -> None:
    made = getattr(pyds, name)()

    assert type(made).__name__ == name
    with pytest.raises(AttributeError):
        made.attribute_of_ones_own = 1


@pytest.mark.parametrize("name", sorted(set(CLASSES) - {"GList"}))
def test_each_class_has_a_cast(name: str) -> None:
    cls = getattr(pyds, name)
    made = cls()

    assert cls.cast(made) is made
    assert cls.cast(None) is None


@pytest.mark.parametrize("name", ENUMERATIONS)
def test_members_of_an_enumeration_are_names_of_the_module(name: str) -> None:
    cls = getattr(pyds, name)

    assert issubclass(cls, Enum)
    assert all(getattr(pyds, label) is member for label, member in cls.__members__.items())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_there(name: str) -> None:
    assert callable(getattr(pyds, name))


def test_nothing_else_is_offered() -> None:
    known = {*CLASSES, *ENUMERATIONS, *FUNCTIONS, *EXPORTED, "EXPORTED", "annotations"}
    modules = {n for n, value in vars(pyds).items() if type(value).__name__ == "module"}

    assert {n for n in vars(pyds) if not n.startswith("__")} - modules <= known
    assert pyds.__version__ == "1.2.0"


@pytest.mark.parametrize(
    "name", ["get_nvds_buf_surface_gpu", "NvBufSurfaceFromFd", "NvBufSurfaceMap"]
)
def test_what_needs_nvidias_hardware_says_so(name: str) -> None:
    with pytest.raises(RuntimeError, match=f"{name}.*NVIDIA's hardware"):
        getattr(pyds, name)(0, 0)
