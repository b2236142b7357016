"""The objects of a batch as one NumPy table."""

from __future__ import annotations

from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Any

from pythia.iterators import frames_per_batch, objects_per_frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pythia.meta.types import BatchMeta, ObjectMeta

_NO_PARENT = -1
_ROW = Struct("=qiiiQ6f")


@lru_cache(maxsize=1)
def _dtypes() -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Types of what is packed and of a row; NumPy takes longer to import than all of pythia."""
    import numpy as np

    numbers = np.dtype(
        [
            ("frame_num", "i8"),
            ("source_id", "i4"),
            ("unique_component_id", "i4"),
            ("class_id", "i4"),
            ("object_id", "u8"),
            ("box", "f4", 4),
            ("confidence", "f4"),
            ("tracker_confidence", "f4"),
        ]
    )
    return numbers, np.dtype([*numbers.descr, ("label", "O"), ("parent", "i4")])


def table(batch_meta: BatchMeta) -> NDArray[np.void]:
    """Copy the objects of a batch into a structured array, a row each, in DeepStream's order.

    The columns are ``frame_num``, ``source_id``, ``unique_component_id`` (of the detector),
    ``class_id``, ``object_id``, ``box`` (left, top, width, height in pixels of the frame, float32),
    ``confidence``, ``tracker_confidence``, ``label`` (Python strings) and ``parent``: the row of
    the object that this one was found on, -1 for none or one that is not in the batch.

    The table is a copy: it may be kept and given to other threads when the buffer is gone.
    ``rows[rows["label"] == "car"]`` filters, ``np.unique(rows["source_id"],
    return_counts=True)`` counts, ``rows[rows["parent"]]`` joins objects with their parents.

    Args:
        batch_meta: As a probe gets it, on either runtime.
    """
    import numpy as np

    packed_type, row_type = _dtypes()
    packed, objects = _packed(batch_meta)
    numbers = np.frombuffer(b"".join(packed), packed_type)
    rows = np.zeros(len(objects), row_type)  # empty() would make each label None first
    for name in packed_type.fields or ():
        rows[name] = numbers[name]
    rows["label"] = [obj.obj_label for obj in objects]
    rows["parent"] = _parents(objects)
    return rows


def _packed(batch_meta: BatchMeta) -> tuple[list[bytes], list[ObjectMeta]]:
    """The numbers of each object as bytes; packing a row costs a third of what NumPy takes."""
    pack, packed, objects = _ROW.pack, [], []
    for frame in frames_per_batch(batch_meta):
        frame_num, source_id = frame.frame_num, frame.source_id
        for obj in objects_per_frame(frame):
            box = obj.rect_params
            row = pack(
                frame_num,
                source_id,
                obj.unique_component_id,
                obj.class_id,
                obj.object_id,
                box.left,
                box.top,
                box.width,
                box.height,
                obj.confidence,
                obj.tracker_confidence,
            )
            packed.append(row)
            objects.append(obj)
    return packed, objects


def _parents(objects: list[ObjectMeta]) -> list[int] | int:
    """Row of each object's parent; one metadata is one Python object on both runtimes."""
    parents = [obj.parent for obj in objects]
    if not any(parent is not None for parent in parents):
        return _NO_PARENT
    row_of = {id(obj): row for row, obj in enumerate(objects)}
    return [row_of.get(id(parent), _NO_PARENT) for parent in parents]
