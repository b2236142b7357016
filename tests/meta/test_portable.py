import numpy as np

from pythia.meta.portable import (
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_osd import PortableDisplay, PortableMask, PortableText
from pythia.meta.types import UNTRACKED_OBJECT_ID


def test_objects_come_out_last_added_first() -> None:
    frame = PortableFrame()

    for label in "ABC":
        frame.add_obj(PortableObject(obj_label=label))

    assert [obj.obj_label for obj in frame.obj_meta_list] == ["C", "B", "A"]
    assert frame.num_obj_meta == 3


def test_classifiers_labels_display_and_user_metadata_come_out_last_added_first() -> None:
    frame, obj, classifier = PortableFrame(), PortableObject(), PortableClassifier()

    for number in (1, 2):
        obj.add_classifier(PortableClassifier(unique_component_id=number))
        classifier.add_label(PortableLabel(label_id=number))
        frame.add_display(PortableDisplay([], [PortableText(str(number))]))
        frame.add_user(PortableUser(user_meta_data=number))
        obj.add_user(PortableUser(user_meta_data=number))

    assert [c.unique_component_id for c in obj.classifier_meta_list] == [2, 1]
    assert [label.label_id for label in classifier.label_info_list] == [2, 1]
    assert [d.text_params[0].display_text for d in frame.display_meta_list] == ["2", "1"]
    assert [user.user_meta_data for user in frame.frame_user_meta_list] == [2, 1]
    assert [user.user_meta_data for user in obj.obj_user_meta_list] == [2, 1]


def test_frames_and_batch_user_metadata_come_out_first_added_first() -> None:
    batch = PortableBatch()

    for number in (1, 2):
        batch.add_frame(PortableFrame(source_id=number))
        batch.add_user(PortableUser(user_meta_data=number))

    assert [frame.source_id for frame in batch.frame_meta_list] == [1, 2]
    assert [user.user_meta_data for user in batch.batch_user_meta_list] == [1, 2]
    assert batch.num_frames_in_batch == 2


def test_an_object_begins_untracked() -> None:
    assert PortableObject().object_id == UNTRACKED_OBJECT_ID == 2**64 - 1


def test_two_objects_share_no_part() -> None:
    one, other = PortableObject(), PortableObject()

    one.rect_params.border_color.set(1, 0, 0, 1)
    one.text_params.font_params.font_color.set(0, 1, 0, 1)

    assert other.rect_params.border_color.red == 0
    assert other.text_params.font_params.font_color.green == 0


def test_a_copy_of_a_batch_is_equal_and_shares_nothing_that_changes() -> None:
    batch = PortableBatch(4)
    frame = PortableFrame(source_id=3, frame_num=7)
    car = PortableObject(obj_label="car")
    car.rect_params.left = 5
    frame.add_obj(car)
    frame.add_obj(PortableObject(obj_label="plate"), parent=car)
    batch.add_frame(frame)

    copy = batch.copy()
    copied = copy.frame_meta_list[0]
    copied.obj_meta_list[1].rect_params.left = 9
    copied.obj_meta_list.pop(0)

    assert (copy.max_frames_in_batch, copied.source_id, copied.frame_num) == (4, 3, 7)
    assert [obj.obj_label for obj in frame.obj_meta_list] == ["plate", "car"]
    assert car.rect_params.left == 5


def test_a_copied_object_belongs_to_the_copy_of_its_parent() -> None:
    frame = PortableFrame()
    car = PortableObject(obj_label="car")
    frame.add_obj(car)
    frame.add_obj(PortableObject(obj_label="plate"), parent=car)

    plate, copied_car = frame.copy().obj_meta_list

    assert plate.parent is copied_car
    assert copied_car is not car


def test_a_mask_is_flat_and_knows_its_size() -> None:
    mask = PortableMask(np.zeros((2, 3), np.float32), 3, 2, 0.5)

    assert mask.get_mask_array().shape == (6,)
    assert mask.size == 24
    assert PortableMask().get_mask_array().size == PortableMask().size == 0
