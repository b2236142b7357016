"""add_message_meta_probe: event messages of objects, for nvmsgconv."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pythia.compat.pyservicemaker.existing import existing_file
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator
from pythia.compat.pyservicemaker.source_config import SensorInfo, SourceConfig


class AddMessageMeta(BatchMetadataOperator):
    """The operator.

    Properties: ``frame-interval`` (frames between two that give messages), ``source-config``
    (a file with a source-list; only its sources give messages then), ``label-file`` (names of the
    classes, one a line).
    """

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "frame-interval": 1,
        "source-config": "",
        "label-file": "",
    }

    def __init__(self) -> None:
        super().__init__()
        self._frames = 0
        self._labels: list[str] | None = None
        self._sensors: dict[int, SensorInfo] = {}

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        """Add a message for each object of the frames whose turn it is."""
        if self._labels is None:
            self._read_properties()
        interval = max(1, self.get_property("frame-interval") or 1)
        for frame in batch_meta.frame_items:
            sensor = self._sensors.get(frame.source_id)
            if self._frames % interval == 0 and (sensor is not None or not self._sensors):
                self._add(batch_meta, frame, sensor)
            self._frames += 1

    def _add(self, batch: BatchMetadata, frame: Any, sensor: SensorInfo | None) -> None:
        where = () if sensor is None else (sensor.sensor_id, sensor.uri)
        for obj in frame.object_items:
            message = batch.acquire_event_message_meta()
            message.generate(obj, frame, *(where or ("N/A", "N/A")), self._labels or ())
            frame.append(message)

    def _read_properties(self) -> None:
        source_config = self.get_property("source-config")
        if source_config:
            config = SourceConfig()
            config.load(source_config)
            self._sensors = dict(enumerate(config.sensor_list))
        label_file = self.get_property("label-file")
        if label_file:
            text = Path(existing_file(label_file, "label-file")).read_text(encoding="utf-8")
            self._labels = [line.strip().lower() for line in text.splitlines()]
        else:
            self._labels = []
