"""kitti_dump_probe: objects of each frame as a text file in the form of the KITTI data set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pythia.compat.pyservicemaker.metadata import BatchMetadata, ObjectMetadata
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator
from pythia.compat.pyservicemaker.user_metadata import TrackerPastFrameUserMetadata
from pythia.meta.types import TRACKER_PAST_FRAME_META, UNTRACKED_OBJECT_ID

_ZEROS = "0.0 0.0 0.0 0.0 0.0 0.0 0.0"


class KittiDump(BatchMetadataOperator):
    """The operator.

    Properties: ``kitti-dir`` (the folder, made if it is missing), ``tracker-kitti-output`` (the
    tracker's boxes and confidence, also of past frames).
    """

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "kitti-dir": "/tmp/kitti",
        "tracker-kitti-output": False,
    }

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        """Write a file a frame."""
        folder = Path(self.get_property("kitti-dir"))
        folder.mkdir(parents=True, exist_ok=True)
        line = _tracked if self.get_property("tracker-kitti-output") else _detected
        for frame in batch_meta.frame_items:
            file = _file(folder, frame.pad_index, frame.frame_number)
            file.write_text("".join(map(line, frame.object_items)), encoding="utf-8")
        if line is _tracked:
            for user in batch_meta.user_meta_items(TRACKER_PAST_FRAME_META):
                _append_past(folder, TrackerPastFrameUserMetadata(user))


def _file(folder: Path, source: int, number: int) -> Path:
    return folder / f"{source:03d}_{number:06d}.txt"


def _detected(obj: ObjectMetadata) -> str:
    rect = obj.rect_params
    corners = _corners(rect.left, rect.top, rect.width, rect.height)
    if obj.object_id == UNTRACKED_OBJECT_ID:
        return f"{obj.label} 0.0 0 0.0 {corners} {_ZEROS} {obj.confidence:f}\n"
    return _line(obj.label, obj.object_id, corners, obj.confidence)


def _tracked(obj: ObjectMetadata) -> str:
    corners = _corners(**obj.nv_bbox_info)
    return _line(obj.label, obj.object_id, corners, obj.tracker_confidence)


def _line(label: str, number: int, corners: str, confidence: float) -> str:
    return f"{label} {number} 0.0 0 0.0 {corners} {_ZEROS} {confidence:f}\n"


def _corners(left: float, top: float, width: float, height: float) -> str:
    return f"{left:f} {top:f} {left + width:f} {top + height:f}"


def _append_past(folder: Path, past: TrackerPastFrameUserMetadata) -> None:
    for stream in past.past_frame_data:
        for obj in stream["objects"]:
            for frame in obj["frames"]:
                file = _file(folder, stream["stream_id"], frame["frame_num"])
                corners = _corners(**frame["bbox"])
                with file.open("a", encoding="utf-8") as output:
                    output.write(
                        _line(obj["label"], obj["unique_id"], corners, frame["confidence"])
                    )
