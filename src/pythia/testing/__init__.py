"""Tests of one's own probes without any pipeline.

Build a batch, call the probe, look at what it yields::

    from pythia.testing import batch, collect, frame, obj

    def test_cars_are_told():
        seen = batch(frame(obj("car", box=(10, 20, 64, 48), confidence=0.9), frame_num=7))

        assert collect(gen_detections, seen) == [{"frame_num": 7, "label": "car", ...}]
"""

from pythia.testing.builders import analytics, batch, classification, frame, obj, user
from pythia.testing.calls import Called, call, collect

__all__ = [
    "Called",
    "analytics",
    "batch",
    "call",
    "classification",
    "collect",
    "frame",
    "obj",
    "user",
]
