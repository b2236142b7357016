"""Which camera a frame comes from, where nvmultiurisrcbin knows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PortableSensorInfo:
    """One source of nvmultiurisrcbin [NvDsSensorInfo_meta]; frames and their copies share it."""

    source_id: int = 0
    uri: str = ""
    sensor_id: str = ""
    sensor_name: str = ""


NO_SENSOR = PortableSensorInfo()
"""What frames of other sources carry."""
