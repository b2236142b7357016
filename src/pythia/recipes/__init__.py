"""Ready-made applications, and the building blocks that they are made of."""

from pythia.recipes.analytics import Analytics
from pythia.recipes.annotate import (
    Annotated,
    AnnotateFramesBase,
    AnnotateFramesBbox,
    AnnotateFramesMaskRcnn,
)
from pythia.recipes.demo import Demo
from pythia.recipes.events import mask_of, object_event
from pythia.recipes.masks import Mask
from pythia.recipes.models import InferenceEngine
from pythia.recipes.pipeline import Pipeline
from pythia.recipes.sinks import Sink
from pythia.recipes.sources import Source
from pythia.recipes.tracker import Tracker

__all__ = [
    "Analytics",
    "AnnotateFramesBase",
    "AnnotateFramesBbox",
    "AnnotateFramesMaskRcnn",
    "Annotated",
    "Demo",
    "InferenceEngine",
    "Mask",
    "Pipeline",
    "Sink",
    "Source",
    "Tracker",
    "mask_of",
    "object_event",
]
