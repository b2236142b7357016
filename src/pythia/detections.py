"""The objects of a batch for the supervision library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pythia.exceptions import MissingDependencyError
from pythia.meta.types import UNTRACKED_OBJECT_ID
from pythia.table import table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pythia.meta.types import BatchMeta

_INT64_MAX = 2**63 - 1


def detections(batch_meta: BatchMeta | NDArray[np.void]) -> Any:
    """Give the objects of a batch, or of rows of its table, as ``supervision.Detections``.

    ``xyxy`` is in pixels of the frame. ``tracker_id`` is set where all rows are tracked, -1 for ids
    above 63 bits, which supervision's int64 cannot hold. ``data`` has ``class_name``,
    ``frame_num`` and ``source_id``. A batch of several sources gives the objects of all: filter
    the table first, as in ``detections(rows[rows["source_id"] == 0])``.

    Args:
        batch_meta: As a probe gets it, or rows of :func:`pythia.table`.

    Raises:
        MissingDependencyError: The library is not installed.
    """
    import numpy as np

    try:
        import supervision
    except ImportError as error:
        raise MissingDependencyError(
            "pythia.detections needs the library supervision: pip install supervision"
        ) from error
    rows = batch_meta if isinstance(batch_meta, np.ndarray) else table(batch_meta)
    box = rows["box"]
    return supervision.Detections(
        xyxy=np.concatenate([box[:, :2], box[:, :2] + box[:, 2:]], axis=1),
        confidence=rows["confidence"],
        class_id=rows["class_id"].astype(int),
        tracker_id=_tracker_ids(rows["object_id"]),
        data={
            "class_name": rows["label"].astype(str),
            "frame_num": rows["frame_num"],
            "source_id": rows["source_id"],
        },
    )


def _tracker_ids(ids: NDArray[np.uint64]) -> NDArray[np.int64] | None:
    import numpy as np

    if not len(ids) or (ids == UNTRACKED_OBJECT_ID).any():
        return None
    return np.where(ids <= _INT64_MAX, ids, 0).astype(np.int64) - (ids > _INT64_MAX)
