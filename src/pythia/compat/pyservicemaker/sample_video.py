"""NVIDIA's sample plugins for video: a counter in the picture, raw files in, counts out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, ClassVar

from pythia.compat.pyservicemaker import osd
from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.existing import existing_file
from pythia.compat.pyservicemaker.feeding import BufferProvider, BufferRetriever, Feeder, Receiver
from pythia.compat.pyservicemaker.metadata import BatchMetadata, FrameMetadata
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator

_VEHICLE, _PERSON = 0, 2
_BYTES = {"RGBA": 4.0, "RGB": 3.0, "I420": 1.5, "NV12": 1.5}


def _counts(frame: FrameMetadata) -> tuple[int, int]:
    classes = [obj.class_id for obj in frame.object_items]
    return classes.count(_VEHICLE), classes.count(_PERSON)


class CountMarker(BatchMetadataOperator):
    """Writes how many vehicles and persons there are into each frame [sample_video_probe]."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = {"font-size": 12}

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        """Add the text."""
        for frame in batch_meta.frame_items:
            vehicles, persons = _counts(frame)
            label = osd.Text()
            label.display_text = f"Person={persons},Vehicle={vehicles}"
            label.x_offset, label.y_offset = 10, 12
            label.font.name = osd.FontFamily.Serif
            label.font.size = self.get_property("font-size")
            label.font.color = osd.Color(1.0, 1.0, 1.0, 1.0)
            label.set_bg_color = True
            label.bg_color = osd.Color(0.0, 0.0, 0.0, 1.0)
            display = batch_meta.acquire_display_meta()
            display.add_text(label)
            frame.append(display)


class _Counter(BufferRetriever):
    def consume(self, buffer: Buffer) -> int:
        for frame in buffer.batch_meta.frame_items:
            vehicles, persons = _counts(frame)
            print(
                f"Object Counter:  Pad Idx = {frame.pad_index} Frame Number = "
                f"{frame.frame_number} Vehicle Count = {vehicles} Person Count = {persons}",
                flush=True,
            )
        return 1


class SampleVideoReceiver(Receiver):
    """Prints how many vehicles and persons come to an appsink [sample_video_receiver]."""

    def __init__(self, name: str, plugin: str) -> None:
        super().__init__(name, _Counter())


class _File(BufferProvider):
    feeder: SampleVideoFeeder
    file: IO[bytes] | None = None

    def generate(self, size: int) -> Buffer:
        if self.file is None:
            location = existing_file(self.feeder.get("location"), "location")
            self.file = location.open("rb")
        data = self.file.read(self._frame_size(size))
        if not data:
            self.file.close()
        return Buffer(data)

    def _frame_size(self, size: int) -> int:
        pixels = self.feeder.get("frame-width") * self.feeder.get("frame-height")
        return int(pixels * _BYTES.get(self.feeder.get("format"), 0)) or size


class SampleVideoFeeder(Feeder):
    """Feeds an appsrc with the frames of a file of raw video [sample_video_feeder]."""

    DEFAULTS: ClassVar[Mapping[str, Any]] = {
        "location": "",
        "frame-width": 0,
        "frame-height": 0,
        "format": "",
        "use-gpu-memory": False,
        "use-external-memory": True,
        "gpu-id": 0,
    }

    def __init__(self, name: str, plugin: str) -> None:
        provider = _File()
        super().__init__(name, provider)
        provider.feeder = self
