"""Metadata acquired, hung on and taken off with pyds; see :mod:`pythia.writing`."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from pythia.meta import deepstream, deepstream_objects
from pythia.meta.types import MAX_SHAPES, PYTHON_OBJECT_META

_COUNTS = {
    "rect_params": "num_rects",
    "text_params": "num_labels",
    "line_params": "num_lines",
    "arrow_params": "num_arrows",
    "circle_params": "num_circles",
}
_REMOVERS = {
    ("NvDsBatchMeta", "NvDsUserMeta"): "nvds_remove_user_meta_from_batch",
    ("NvDsFrameMeta", "NvDsObjectMeta"): "nvds_remove_obj_meta_from_frame",
    ("NvDsFrameMeta", "NvDsDisplayMeta"): "nvds_remove_display_meta_from_frame",
    ("NvDsFrameMeta", "NvDsUserMeta"): "nvds_remove_user_meta_from_frame",
    ("NvDsObjectMeta", "NvDsClassifierMeta"): "nvds_remove_classifier_meta_from_obj",
    ("NvDsObjectMeta", "NvDsUserMeta"): "nvds_remove_user_meta_from_object",
    ("NvDsClassifierMeta", "NvDsLabelInfo"): "nvds_remove_label_info_meta_from_classifier",
}
_ADDERS = {
    "NvDsBatchMeta": "nvds_add_user_meta_to_batch",
    "NvDsFrameMeta": "nvds_add_user_meta_to_frame",
    "NvDsObjectMeta": "nvds_add_user_meta_to_obj",
}


@contextmanager
def lock(batch: Any) -> Iterator[None]:
    """The batch's lock, a ``GRecMutex``: one thread can take it again and again."""
    acquire, release = lock_functions()
    acquire(batch)
    try:
        yield
    finally:
        release(batch)


@lru_cache(maxsize=1)
def lock_functions() -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """What takes the lock, and what gives it up.

    pyds waits for the lock without giving up Python's own: if a thread that has the lock needs
    Python, neither goes on. ctypes gives it up, so the library's functions are called directly.
    """
    pyds = deepstream._pyds()
    try:
        library = ctypes.CDLL("libnvds_meta.so")
    except OSError:
        return pyds.nvds_acquire_meta_lock, pyds.nvds_release_meta_lock

    def call(name: str) -> Callable[[Any], None]:
        function = library[name]
        function.argtypes, function.restype = (ctypes.c_void_p,), None
        return lambda batch: function(pyds.get_ptr(batch))

    return call("nvds_acquire_meta_lock"), call("nvds_release_meta_lock")


def new_object(batch: Any) -> Any:
    """An object that hangs nowhere yet."""
    return deepstream._pyds().nvds_acquire_obj_meta_from_pool(batch)


def new_classifier(batch: Any) -> Any:
    """A classification that hangs nowhere yet."""
    return deepstream._pyds().nvds_acquire_classifier_meta_from_pool(batch)


def new_label(batch: Any) -> Any:
    """A label that hangs nowhere yet."""
    return deepstream._pyds().nvds_acquire_label_info_meta_from_pool(batch)


def new_display(batch: Any) -> Any:
    """Shapes to draw, none yet, that hang nowhere yet."""
    display = deepstream._pyds().nvds_acquire_display_meta_from_pool(batch)
    for count in _COUNTS.values():
        setattr(display, count, 0)
    return display


def new_user(batch: Any, thing: Any) -> Any:
    """User metadata that holds a Python object and hangs nowhere yet."""
    pyds = deepstream._pyds()
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    deepstream_objects.hold(pyds, user, thing)
    return user


def add_object(frame: Any, obj: Any, parent: Any) -> None:
    """Hang an object on a frame."""
    deepstream._pyds().nvds_add_obj_meta_to_frame(frame, obj, parent)


def add_classifier(obj: Any, classifier: Any) -> None:
    """Hang a classification on an object."""
    deepstream._pyds().nvds_add_classifier_meta_to_object(obj, classifier)


def add_label(classifier: Any, label: Any) -> None:
    """Hang a label on a classification."""
    deepstream._pyds().nvds_add_label_info_meta_to_classifier(classifier, label)


def add_display(frame: Any, display: Any) -> None:
    """Hang shapes on a frame."""
    deepstream._pyds().nvds_add_display_meta_to_frame(frame, display)


def add_user(target: Any, user: Any) -> None:
    """Hang user metadata on a batch, frame or object."""
    getattr(deepstream._pyds(), _ADDERS[type(target).__name__])(target, user)


def remove(owner: Any, item: Any) -> None:
    """Take metadata off what it hangs on; DeepStream uses its memory for something else then."""
    name = _REMOVERS[type(owner).__name__, type(item).__name__]
    getattr(deepstream._pyds(), name)(owner, item)


def fixed_text(text: str) -> str:
    """What to assign to a label: pyds writes no end of its own."""
    return text + "\0"


def arrow_head(number: int) -> Any:
    """What to assign to ``arrow_head``."""
    return deepstream._pyds().NvOSD_Arrow_Head_Direction(number)


def next_shape(display: Any, kind: str) -> Any:
    """One more shape of the kind whose field this is; None if there is no room."""
    number = getattr(display, _COUNTS[kind])
    if number == MAX_SHAPES:
        return None
    setattr(display, _COUNTS[kind], number + 1)
    return getattr(display, kind)[number]


@lru_cache(maxsize=1)
def python_object_type() -> int:
    """Number of the kind of user metadata that holds Python objects, in this process."""
    return int(deepstream._pyds().nvds_get_user_meta_type(PYTHON_OBJECT_META))


def held_by(user: Any) -> tuple[Any] | None:
    """The Python object of user metadata; None if it is of another kind."""
    if int(user.base_meta.meta_type) != python_object_type():
        return None
    return deepstream_objects.held(deepstream._pyds(), user)
