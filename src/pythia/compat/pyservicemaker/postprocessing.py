"""Base classes of what makes sense of a network's raw outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

__all__ = ["ObjectDetectorOutputConverter", "PostProcessing"]


class PostProcessing(ABC):
    """Makes something of raw outputs."""

    @abstractmethod
    def __call__(self, output_layers: dict[str, Any]) -> Any:
        """Convert outputs, given as tensors by name."""


class ObjectDetectorOutputConverter(PostProcessing):
    """Makes boxes of a detector's raw outputs."""

    @abstractmethod
    def __call__(self, output_layers: dict[str, Any]) -> list[Any]:
        """Convert outputs to ``[class_id, confidence, x1, y1, x2, y2]``, one an object."""
