"""Latency records of the portable provider, hung on batches as user metadata.

In the order in which they are made: for each frame one of its decoder, if that is known, and one of
nvstreammux, then one of each element that the batch has passed. Times are milliseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

_MUXER = "nvstreammux-"


@dataclass(slots=True, eq=False)
class PortableCompLatency:
    """When one element got a frame or batch, and when it gave it on [NvDsMetaCompLatency].

    ``out_system_timestamp`` is 0 while it has it. The other numbers are nvstreammux's and the
    decoder's.
    """

    component_name: str = ""
    in_system_timestamp: float = 0.0
    out_system_timestamp: float = 0.0
    source_id: int = 0
    frame_num: int = 0
    pad_index: int = 0

    @classmethod
    def of_muxer(cls, name: str) -> PortableCompLatency:
        """A record of nvstreammux."""
        return cls(_MUXER + name)

    @property
    def is_of_muxer(self) -> bool:
        """Whether it is nvstreammux's record of one frame."""
        return self.component_name.startswith(_MUXER)

    def copy(self) -> PortableCompLatency:
        """An independent copy."""
        return replace(self)

    def __str__(self) -> str:
        """DeepStream's line for it, to the space."""
        gap = " " * 15
        times = (
            f"in_system_timestamp = {self.in_system_timestamp:f} "
            f"out_system_timestamp = {self.out_system_timestamp:f}"
        )
        latency = self.out_system_timestamp - self.in_system_timestamp
        if not self.is_of_muxer:
            return f"Comp name = {self.component_name} {times}{gap}component latency= {latency:f}"
        return (
            f"Comp name = {self.component_name} source_id = {self.source_id} "
            f"pad_index = {self.pad_index} frame_num = {self.frame_num}{gap}{times}{gap}"
            f"component_latency = {latency:f}"
        )


@dataclass(slots=True, eq=False)
class PortableFrameLatency:
    """How long a frame has been on its way, in milliseconds [NvDsFrameLatencyInfo].

    ``comp_in_timestamp`` is when it reached its decoder, or nvstreammux if no decoder is known.
    """

    source_id: int = 0
    frame_num: int = 0
    comp_in_timestamp: float = 0.0
    latency: float = 0.0

    def __str__(self) -> str:
        """The line that DeepStream's programs print for it."""
        return (
            f"Source id = {self.source_id} Frame_num = {self.frame_num} "
            f"Frame latency = {self.latency:f} (ms) "
        )


def frame_latencies(
    records: Iterable[PortableCompLatency], now_ms: float
) -> list[PortableFrameLatency]:
    """One entry for each frame that has a record of nvstreammux."""
    found = []
    decoder_in_ms = None
    for record in records:
        if not record.is_of_muxer:
            decoder_in_ms = record.in_system_timestamp
            continue
        begun_ms = record.in_system_timestamp if decoder_in_ms is None else decoder_in_ms
        found.append(
            PortableFrameLatency(record.source_id, record.frame_num, begun_ms, now_ms - begun_ms)
        )
        decoder_in_ms = None
    return found


def records_of_source(
    records: Iterable[PortableCompLatency], pad_index: int
) -> list[PortableCompLatency]:
    """Copies of the records about the frames of one source, or about whole batches."""
    found: list[PortableCompLatency] = []
    of_frame: list[PortableCompLatency] = []
    for record in records:
        of_frame.append(record.copy())
        if record.is_of_muxer:
            if record.pad_index == pad_index:
                found += of_frame
            of_frame = []
    return found + of_frame
