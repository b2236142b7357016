"""Where boxes of a network's input lie in the picture, and which of them a configuration keeps.

Rules and their order are those of nvinfer (``attach_metadata_detector`` of its open plugin).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pythia.vision.geometry import Letterbox, Rect
from pythia.vision.image import Image
from pythia.vision.nvinfer_config import NvInferConfig
from pythia.vision.parsers.detections import Detections

Picture = tuple[Image, Rect | None]
"""A picture, and the part of it to look at (None: all of it)."""


class Placement(NamedTuple):
    """How a picture of ``width`` x ``height`` pixels, or a part of it, became a network's input.

    A scale is network pixels a pixel of the picture; the scaled part starts at the pad.
    ``corner`` is where the part begins, if it is an object; ``region`` is the part itself, if
    nvdspreprocess chose it.
    """

    width: int
    height: int
    pad_x: float = 0.0
    pad_y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0
    corner: tuple[float, float] = (0.0, 0.0)
    region: Rect | None = None

    @classmethod
    def of(cls, picture: Picture, box: Letterbox) -> Placement:
        """The placement of a picture that was prepared as ``box`` says."""
        image, rect = picture
        corner = (rect.left, rect.top) if rect else (0.0, 0.0)
        size = image.width, image.height
        return cls(*size, box.pad_x, box.pad_y, box.scale_x, box.scale_y, corner)

    def to_part(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Boxes of the network (Nx4: x1, y1, x2, y2) in pixels of the part."""
        pad = np.array([self.pad_x, self.pad_y] * 2, np.float32)
        scale = np.array([self.scale_x, self.scale_y] * 2, np.float32)
        return (boxes - pad) / scale


class Placer:
    """Puts boxes into the picture and applies the filters of a configuration to them."""

    def __init__(self, config: NvInferConfig) -> None:
        self._ignored = frozenset(config.filter_out_class_ids)
        self._attrs = config.class_attrs
        self._crop = config.crop_objects_to_roi_boundary
        self._clip = config.clip_object_outside_roi

    def place(self, found: Detections, at: Placement) -> Iterator[tuple[int, Rect]]:
        """Index and box, in pixels of the whole picture, of each detection that stays."""
        edges = at.to_part(found.boxes)
        if at.region is not None:
            edges += np.array([at.region.left, at.region.top] * 2, np.float32)
            if self._clip:
                edges = _clipped(edges, at.region)
        edges[:, 2:] -= edges[:, :2]
        # nvinfer moves a box that begins outside the picture to its border and keeps its size.
        np.maximum(edges[:, :2], 0, out=edges[:, :2])
        x, y = at.corner
        rows = zip(found.class_ids.tolist(), edges.tolist(), strict=True)
        for index, (class_id, box) in enumerate(rows):
            fitted = self._fitted(class_id, Rect(*box), at)
            if fitted is not None:
                left, top, width, height = fitted
                yield index, Rect(left + x, top + y, width, height)

    def _fitted(self, class_id: int, box: Rect, at: Placement) -> Rect | None:
        """The box after the size and region filters of its class; None if they drop it."""
        attrs = self._attrs[class_id]
        if class_id in self._ignored:
            return None
        if box.width < attrs.detected_min_w or box.height < attrs.detected_min_h:
            return None
        if 0 < attrs.detected_max_w < box.width or 0 < attrs.detected_max_h < box.height:
            return None
        bottom = at.height - attrs.roi_bottom_offset
        if self._crop:
            return _cropped(box, attrs.roi_top_offset, bottom, at.width)
        if box.top < attrs.roi_top_offset or box.top + box.height > bottom:
            return None
        return box


def _clipped(edges: NDArray[np.float32], region: Rect) -> NDArray[np.float32]:
    left, top, width, height = region
    low, high = [left, top] * 2, [left + width, top + height] * 2
    return np.asarray(np.clip(edges, low, high), np.float32)


def _cropped(box: Rect, top: float, bottom: float, right: float) -> Rect:
    """The box cut at the region's border; as in nvinfer its height stays when its top moves."""
    top = max(box.top, top)
    width = min(box.width, right - box.left)
    height = min(box.height, bottom - top)
    return Rect(box.left, top, width, height)
