"""Pythonic DeepStream: pipelines as text, probes as generators, with or without NVIDIA."""

from pythia.core.application import Application
from pythia.detections import detections
from pythia.frames import frames
from pythia.gst import Gst
from pythia.iterators import (
    analytics_per_frame,
    analytics_per_obj,
    classification_per_object,
    frames_per_batch,
    instance_masks_per_batch,
    labels_per_classification,
    labels_per_obj,
    objects_per_batch,
    objects_per_frame,
    semantic_masks_per_frame,
)
from pythia.table import table
from pythia.version import __version__

__all__ = [
    "Application",
    "Gst",
    "__version__",
    "analytics_per_frame",
    "analytics_per_obj",
    "classification_per_object",
    "detections",
    "frames",
    "frames_per_batch",
    "instance_masks_per_batch",
    "labels_per_classification",
    "labels_per_obj",
    "objects_per_batch",
    "objects_per_frame",
    "semantic_masks_per_frame",
    "table",
]
