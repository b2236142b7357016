"""Metadata made, hung on and taken off on the portable runtime; see :mod:`pythia.writing`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

from pythia.meta.portable import (
    PortableBase,
    PortableBatch,
    PortableClassifier,
    PortableFrame,
    PortableLabel,
    PortableObject,
    PortableUser,
)
from pythia.meta.portable_osd import (
    PortableArrow,
    PortableCircle,
    PortableDisplay,
    PortableLine,
    PortableRect,
    PortableText,
)
from pythia.meta.types import MAX_SHAPES, PYTHON_OBJECT_META

_SHAPES: dict[str, type] = {
    "rect_params": PortableRect,
    "text_params": PortableText,
    "line_params": PortableLine,
    "arrow_params": PortableArrow,
    "circle_params": PortableCircle,
}
_LISTS: dict[type, dict[type, str]] = {
    PortableBatch: {PortableUser: "batch_user_meta_list"},
    PortableFrame: {
        PortableObject: "obj_meta_list",
        PortableDisplay: "display_meta_list",
        PortableUser: "frame_user_meta_list",
    },
    PortableObject: {
        PortableClassifier: "classifier_meta_list",
        PortableUser: "obj_user_meta_list",
    },
    PortableClassifier: {PortableLabel: "label_info_list"},
}
_locks: WeakKeyDictionary[PortableBatch, Any] = WeakKeyDictionary()


def lock(batch: PortableBatch) -> AbstractContextManager[Any]:
    """The batch's lock; one thread can take it again and again."""
    found: AbstractContextManager[Any] = _locks.setdefault(batch, RLock())
    return found


def new_object(_batch: Any) -> PortableObject:
    """An object that hangs nowhere yet."""
    return PortableObject()


def new_classifier(_batch: Any) -> PortableClassifier:
    """A classification that hangs nowhere yet."""
    return PortableClassifier()


def new_label(_batch: Any) -> PortableLabel:
    """A label that hangs nowhere yet."""
    return PortableLabel()


def new_display(_batch: Any) -> PortableDisplay:
    """Shapes to draw, none yet, that hang nowhere yet."""
    return PortableDisplay()


def new_user(_batch: Any, thing: Any) -> PortableUser:
    """User metadata that holds a Python object and hangs nowhere yet."""
    return PortableUser(PortableBase(PYTHON_OBJECT_META), thing)


def add_object(frame: PortableFrame, obj: PortableObject, parent: PortableObject | None) -> None:
    """Hang an object on a frame."""
    frame.add_obj(obj, parent)


def add_classifier(obj: PortableObject, classifier: PortableClassifier) -> None:
    """Hang a classification on an object."""
    obj.add_classifier(classifier)


def add_label(classifier: PortableClassifier, label: PortableLabel) -> None:
    """Hang a label on a classification."""
    classifier.add_label(label)


def add_display(frame: PortableFrame, display: PortableDisplay) -> None:
    """Hang shapes on a frame."""
    frame.add_display(display)


def add_user(target: PortableBatch | PortableFrame | PortableObject, user: PortableUser) -> None:
    """Hang user metadata on a batch, frame or object."""
    target.add_user(user)


def remove(owner: Any, item: Any) -> None:
    """Take metadata off what it hangs on."""
    getattr(owner, _LISTS[type(owner)][_kind(item)]).remove(item)


def _kind(item: Any) -> type:
    return PortableUser if isinstance(item, PortableUser) else type(item)


def fixed_text(text: str) -> str:
    """What to assign to a label, which is of fixed size on DeepStream."""
    return text


def arrow_head(number: int) -> int:
    """What to assign to ``arrow_head``."""
    return number


def next_shape(display: PortableDisplay, kind: str) -> Any:
    """One more shape of the kind whose field this is; None if there is no room."""
    shapes = getattr(display, kind)
    if len(shapes) == MAX_SHAPES:
        return None
    shapes.append(_SHAPES[kind]())
    return shapes[-1]


def held_by(user: PortableUser) -> tuple[Any] | None:
    """The Python object of user metadata; None if it is of another kind."""
    return (user.user_meta_data,) if user.base_meta.meta_type == PYTHON_OBJECT_META else None
