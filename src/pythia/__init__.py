"""Pythonic DeepStream: pipelines as text, probes as generators, with or without NVIDIA.

The names below are imported when they are asked for: ``pythia doctor`` has to run, and say what is
missing, where PyGObject or GStreamer is missing or broken.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pythia.version import __version__

if TYPE_CHECKING:
    from pythia.core.application import Application
    from pythia.detections import detections
    from pythia.frames import frames
    from pythia.gst import Gst
    from pythia.iterators import (
        analytics_per_frame,
        analytics_per_obj,
        classification_per_object,
        displays_per_frame,
        frames_per_batch,
        instance_masks_per_batch,
        labels_per_classification,
        labels_per_obj,
        objects_per_batch,
        objects_per_frame,
        semantic_masks_per_frame,
        user_data,
    )
    from pythia.table import table
    from pythia.writing import writing

__all__ = [
    "Application",
    "Gst",
    "__version__",
    "analytics_per_frame",
    "analytics_per_obj",
    "classification_per_object",
    "detections",
    "displays_per_frame",
    "frames",
    "frames_per_batch",
    "instance_masks_per_batch",
    "labels_per_classification",
    "labels_per_obj",
    "objects_per_batch",
    "objects_per_frame",
    "semantic_masks_per_frame",
    "table",
    "user_data",
    "writing",
]

_HOMES = {
    "Application": "pythia.core.application",
    "Gst": "pythia.gst",
    "detections": "pythia.detections",
    "frames": "pythia.frames",
    "table": "pythia.table",
    "writing": "pythia.writing",
}
_USUAL_HOME = "pythia.iterators"


if not TYPE_CHECKING:  # or any name would pass for one of ours

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'pythia' has no attribute {name!r}")
        value = getattr(import_module(_HOMES.get(name, _USUAL_HOME)), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """A package whose public names stay what they are, whatever its modules are called."""

    def __setattr__(self, name: str, value: object) -> None:
        # An import of the module pythia.frames would put it where the function belongs.
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
