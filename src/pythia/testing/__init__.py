"""Tests of one's own probes without any pipeline, or on recorded metadata.

Build a batch, call the probe, look at what it yields::

    from pythia.testing import batch, collect, frame, obj

    def test_cars_are_told():
        seen = batch(frame(obj("car", box=(10, 20, 64, 48), confidence=0.9), frame_num=7))

        assert collect(gen_detections, seen) == [{"frame_num": 7, "label": "car", ...}]

Or record the metadata of a running pipeline once, and replay it wherever the tests run::

    app.probe("pgie", "src")(metarecord("street.jsonl"))

    def test_every_car_is_told():
        assert len(collect(gen_detections, metareplay("street.jsonl"))) == 812

The fixtures of :mod:`pythia.testing.pytest_plugin` are there in every pytest run. Names are
imported when they are asked for, because pytest loads that plugin in everybody's suites.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pythia.testing.builders import analytics, batch, classification, frame, obj, user
    from pythia.testing.calls import Called, call, collect
    from pythia.testing.pipelines import Ran, run_pipeline
    from pythia.testing.recorder import MetaRecorder, metarecord
    from pythia.testing.replaying import MetaReplay, metareplay

__all__ = [
    "Called",
    "MetaRecorder",
    "MetaReplay",
    "Ran",
    "analytics",
    "batch",
    "call",
    "classification",
    "collect",
    "frame",
    "metarecord",
    "metareplay",
    "obj",
    "run_pipeline",
    "user",
]

_HOMES = {
    "builders": ("analytics", "batch", "classification", "frame", "obj", "user"),
    "calls": ("Called", "call", "collect"),
    "pipelines": ("Ran", "run_pipeline"),
    "recorder": ("MetaRecorder", "metarecord"),
    "replaying": ("MetaReplay", "metareplay"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            value = getattr(import_module(f"pythia.testing.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'pythia.testing' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
