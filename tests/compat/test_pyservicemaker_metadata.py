"""Metadata under the names of pyservicemaker, read and written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pythia.compat.pyservicemaker import osd
from pythia.compat.pyservicemaker.metadata import BatchMetadata, FrameMetadata, ObjectMetadata
from pythia.compat.pyservicemaker.user_metadata import UserMetadata
from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableSegmentation,
    PortableTensor,
    PortableUser,
)
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableRect
from pythia.meta.portable_tracker import PortableObjReid
from pythia.meta.types import (
    ANALYTICS_FRAME_META,
    ANALYTICS_OBJ_META,
    EVENT_MSG_META,
    SEGMENTATION_META,
    TENSOR_OUTPUT_META,
    TRACKER_OBJ_REID_META,
    UNTRACKED_OBJECT_ID,
    ObjectType,
)


def _batch() -> PortableBatch:
    batch = PortableBatch(2)
    for number in range(2):
        frame = PortableFrame(pad_index=number, frame_num=7, buf_pts=5, source_id=number)
        frame.source_frame_width, frame.source_frame_height = 640, 480
        for class_id, label in enumerate(("car", "bicycle", "person")):
            obj = PortableObject(1, class_id, confidence=0.5, obj_label=label)
            obj.rect_params = PortableRect(1.0, 2.0, 3.0, 4.0)
            frame.add_obj(obj)
        batch.add_frame(frame)
    return batch


def _first(batch: PortableBatch) -> tuple[BatchMetadata, FrameMetadata, ObjectMetadata]:
    view = BatchMetadata.of(batch)
    frame = next(view.frame_items)
    return view, frame, next(frame.object_items)


def test_what_is_in_a_batch_reads_under_the_names_of_pyservicemaker() -> None:
    batch, frame, obj = _first(_batch())

    assert batch.n_frames == 2
    assert [f.pad_index for f in batch.frame_items] == [0, 1]
    assert (frame.frame_number, frame.buffer_pts, frame.source_width) == (7, 5, 640)
    assert [o.label for o in frame.object_items] == ["person", "bicycle", "car"]
    assert (obj.class_id, obj.confidence, obj.object_id) == (2, 0.5, UNTRACKED_OBJECT_ID)
    assert (obj.rect_params.left, obj.rect_params.height) == (1.0, 4.0)


def test_items_are_iterators_as_in_deepstream() -> None:
    _, frame, _ = _first(_batch())
    items = frame.object_items

    assert len(list(items)) == 3
    assert list(items) == []
    with pytest.raises(TypeError):
        len(frame.object_items)  # type: ignore[arg-type]


def test_objects_may_be_added_while_the_others_are_walked() -> None:
    portable = _batch()
    batch, frame, _ = _first(portable)

    for obj in frame.object_items:
        new = batch.acquire_object_meta()
        new.class_id, new.confidence = obj.class_id + 10, 0.25
        new.rect_params.width = 9
        new.rect_params.border_color = osd.Color(1.0, 0, 0, 1.0)
        frame.append(new)

    added = portable.frame_meta_list[0].obj_meta_list[:3]
    assert [obj.class_id for obj in added] == [10, 11, 12]
    assert added[0].rect_params.border_color.red == 1.0
    assert added[0].rect_params.width == 9.0


def test_what_is_written_goes_into_the_metadata() -> None:
    portable = _batch()
    obj = portable.frame_meta_list[0].obj_meta_list[0]
    view = ObjectMetadata.of(obj)
    rect = osd.Rect()
    rect.left, rect.border_width = 50, 2

    view.rect_params = rect
    rect.left = 99  # a copy was taken
    view.rect_params.border_color.g = 0.5
    view.label = b"van"
    view.text_params.display_text = "van 1"
    view.mask_params.mask_array = np.ones((2, 3))
    view.nv_bbox_info = {"left": 1, "top": 2, "width": 3, "height": 4}

    assert (obj.rect_params.left, obj.rect_params.border_color.green) == (50.0, 0.5)
    assert (obj.obj_label, obj.text_params.display_text) == ("van", "van 1")
    assert (obj.mask_params.width, obj.mask_params.height, obj.mask_params.size) == (3, 2, 24)
    assert view.nv_bbox_info["height"] == 4.0


def _text(words: bytes | str) -> osd.Text:
    text = osd.Text()
    text.display_text = words
    text.x_offset, text.y_offset = 10, 12
    text.font.name = osd.FontFamily.Serif
    text.font.size = 11
    text.font.color = osd.Color(1.0, 0.5, 0.0, 1.0)
    text.set_bg_color = True
    text.bg_color = osd.Color(0.0, 0.0, 0.0, 1.0)
    return text


def test_texts_and_shapes_are_hung_on_a_frame() -> None:
    portable = _batch()
    batch, frame, _ = _first(portable)
    display = batch.acquire_display_meta()
    circle, arrow = osd.Circle(), osd.Arrow()
    circle.xc, circle.radius = 4, 5
    arrow.head = osd.ArrowHead.Both

    display.add_text(_text(b"two cars"))
    display.add_rect(osd.Rect())
    display.add_line(osd.Line())
    display.add_arrow(arrow)
    display.add_circle(circle)
    frame.append(display)

    drawn = portable.frame_meta_list[0].display_meta_list[0]
    text = drawn.text_params[0]
    assert (text.display_text, text.x_offset, text.set_bg_clr) == ("two cars", 10, 1)
    assert (text.font_params.font_name, text.font_params.font_size) == ("Serif", 11)
    assert text.font_params.font_color.green == 0.5
    assert (drawn.num_rects, drawn.num_lines, drawn.num_arrows, drawn.num_circles) == (1, 1, 1, 1)
    assert (drawn.arrow_params[0].arrow_head, drawn.circle_params[0].radius) == (2, 5)
    assert display.n_labels == 1


def test_a_display_metadata_has_room_for_16_texts() -> None:
    display = BatchMetadata.of(_batch()).acquire_display_meta()
    for _ in range(16):
        display.add_text(_text("x"))

    with pytest.raises(RuntimeError, match="16 shapes"):
        display.add_text(_text("x"))


def test_classifiers_give_their_labels_by_number() -> None:
    portable = _batch()
    classifier = PortableClassifier(5, "colour")
    classifier.add_label(PortableLabel(2, "red", 1, 0, 0.75))
    portable.frame_meta_list[0].obj_meta_list[0].add_classifier(classifier)
    _, _, obj = _first(portable)

    (view,) = obj.classifier_items

    assert (view.n_labels, view.unique_component_id, view.classifier_type) == (1, 5, "colour")
    assert view.get_n_label(0) == "red"
    assert view.get_label_info(0).prob == 0.75
    with pytest.raises(IndexError, match="gave 1"):
        view.get_label_info(1)


def _user(kind: Any, data: Any) -> PortableUser:
    return PortableUser(PortableBase(kind), data)


def test_user_metadata_of_elements_is_seen_through_casts() -> None:
    portable = _batch()
    frame, obj = portable.frame_meta_list[0], portable.frame_meta_list[0].obj_meta_list[0]
    scores = np.arange(6, dtype=np.float32)
    frame.add_user(_user(TENSOR_OUTPUT_META, PortableTensor(3, {"scores": scores})))
    classes = np.zeros((2, 4), np.int32)
    frame.add_user(_user(SEGMENTATION_META, PortableSegmentation(2, 4, 2, classes)))
    counts = PortableAnalyticsFrameMeta(objInROIcnt={"gate": 2}, unique_id=9)
    frame.add_user(_user(ANALYTICS_FRAME_META, counts))
    obj.add_user(_user(ANALYTICS_OBJ_META, PortableAnalyticsObjInfo(["gate"], dirStatus="north")))
    obj.add_user(_user(TRACKER_OBJ_REID_META, PortableObjReid(np.ones(4, np.float32))))
    _, frame_view, obj_view = _first(portable)

    (tensor,) = frame_view.tensor_items
    (segmentation,) = frame_view.segmentation_items
    (analytics,) = frame_view.nvdsanalytics_frame_items
    (status,) = obj_view.nvdsanalytics_obj_items
    (reid,) = obj_view.obj_reid_items

    assert np.from_dlpack(tensor.as_tensor_output().get_layers()["scores"]).tolist() == [*range(6)]
    assert tensor.as_tensor_output().unique_id == 3
    assert segmentation.as_segmentation().class_map.shape == (2, 4)
    assert segmentation.as_segmentation().class_probabilities_map.size == 0
    assert analytics.as_nvdsanalytics_frame().obj_in_roi_cnt == {"gate": 2}
    assert status.as_nvdsanalytics_obj().roi_status == ["gate"]
    assert reid.as_obj_reid().feature_size == 4


def test_a_cast_to_another_kind_is_false_and_cannot_be_read() -> None:
    tensor = UserMetadata.of(_user(TENSOR_OUTPUT_META, PortableTensor(3)))

    wrong = tensor.as_segmentation()

    assert not wrong
    with pytest.raises(RuntimeError, match="holds Tensor"):
        _ = wrong.class_map


def test_data_of_ones_own_travel_as_json() -> None:
    portable = _batch()
    batch, frame, obj = _first(portable)
    user = batch.acquire_user_meta()
    user.set_user_data_json({"speed": 3.5}, 9001)

    obj.append(user)
    frame.append(user)
    batch.append(user)

    for holder in (obj, frame, batch):
        (found,) = holder.user_meta_items(9001)
        assert found.get_user_data_json() == {"speed": 3.5}
        assert found.meta_type == 9001


def test_event_messages_say_what_the_object_is() -> None:
    portable = _batch()
    batch, frame, obj = _first(portable)
    message = batch.acquire_event_message_meta()

    message.generate(obj, frame, "cam-1", "file:///a.mp4", ["car", "bicycle", "person"])
    frame.append(message)

    user = portable.frame_meta_list[0].frame_user_meta_list[0]
    event = user.user_meta_data
    assert user.base_meta.meta_type == EVENT_MSG_META
    assert event.objType == ObjectType.NVDS_OBJECT_TYPE_PERSON
    assert (event.frameId, event.sensorStr, event.videoPath) == (7, "cam-1", "file:///a.mp4")
    assert (event.bbox.left, event.bbox.top, event.objectId) == (1.0, 2.0, "person")


def test_extract_gives_plain_values_by_pad() -> None:
    found = BatchMetadata.of(_batch()).extract(3)

    assert found[0] is not None
    assert found[0]["bboxes"][0] == [1, 2, 4, 6]
    assert found[0]["labels"] == [["person"], ["bicycle"], ["car"]]
    assert (found[0]["timestamp"], found[2]) == (5, None)


def test_tensors_of_ones_own_are_hung_on_a_batch() -> None:
    from pythia.compat.pyservicemaker import as_tensor

    portable = _batch()
    batch = BatchMetadata.of(portable)
    user = batch.acquire_preprocess_batch_meta()

    user.set_preprocessed_tensor("input_1", 0, 4, as_tensor(np.ones((2, 3), np.float32)))
    batch.append(user)

    (found,) = batch.preprocess_batch_items
    seen = found.as_preprocess_batch()
    assert (seen.preprocess_tensor_meta.name, len(seen.rois)) == ("input_1", 2)
    assert seen.rois[1].frame_meta.pad_index == 1
    assert portable.batch_user_meta_list[0].user_meta_data.target_unique_ids == [4]


WRONG: list[tuple[Callable[[BatchMetadata, FrameMetadata, ObjectMetadata], Any], str]] = [
    (lambda b, f, o: f.append("x"), "ObjectMetadata, DisplayMetadata or UserMetadata"),  # type: ignore[arg-type]
    (lambda b, f, o: b.append(o), "UserMetadata"),  # type: ignore[arg-type]
    (lambda b, f, o: setattr(o, "class_id", "car"), "whole number"),
    (lambda b, f, o: setattr(o, "confidence", None), "number"),
    (lambda b, f, o: setattr(o, "object_id", -1), "not from 0"),
    (lambda b, f, o: setattr(o, "rect_params", osd.Color(0, 0, 0, 0)), "Rect"),
    (lambda b, f, o: setattr(o.text_params, "display_text", 5), "str or bytes"),
    (lambda b, f, o: b.acquire_display_meta().add_text("x"), "osd.TextParams"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("act", "words"), WRONG)
def test_values_of_the_wrong_kind_are_type_errors(act: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        act(*_first(_batch()))


def test_a_misspelt_name_is_an_error() -> None:
    _, _, obj = _first(_batch())

    with pytest.raises(AttributeError, match="confidense"):
        obj.confidense = 1.0  # type: ignore[attr-defined]
