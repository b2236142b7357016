"""Things that the tests of messages share."""

from __future__ import annotations

import pytest

from pythia.messages import MessageConfig
from pythia.messages.config import Analytics, Place, Sensor
from pythia.meta.portable_event import (
    PortableCoordinate,
    PortableEventMsg,
    PortableEventRect,
    PortableGeoLocation,
    PortableVehicle,
)
from pythia.meta.types import EventType


@pytest.fixture
def config() -> MessageConfig:
    """A garage with one camera."""
    return MessageConfig(
        {
            0: Sensor(
                "CAMERA_ID", "Camera", '"Right Lane"', (45.293701447, -75.83, 48.0), (5.2, 10.1, 1)
            )
        },
        {0: Place("1", "garage", "XYZ", (30.32, -40.55, 100.0), (1, 2, 3), "walsh", "lane1", "P2")},
        {0: Analytics("M1", "OpenALR", "Detection", "1.0")},
    )


@pytest.fixture
def event() -> PortableEventMsg:
    """A blue car that moves."""
    return PortableEventMsg(
        type=EventType.NVDS_EVENT_MOVING,
        bbox=PortableEventRect(top=20.2, left=10.7, width=30.5, height=40.9),
        location=PortableGeoLocation(1.5, 2.5, 3.5),
        coordinate=PortableCoordinate(4, 5, 6),
        frameId=30,
        confidence=0.52,
        trackingId=2**64 - 1,
        ts="2024-05-01T12:00:00.123Z",
        extMsg=PortableVehicle("sedan", "Bugatti", "M", "blue", "CA", "XX1234"),
        extMsgSize=48,
    )
