"""What a dataset says of a frame and of the objects on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pythia.recipes.boxes import Box
from pythia.recipes.masks import Mask, Shape

BOX_KEYS = ("left", "top", "width", "height", "label")


@dataclass(frozen=True)
class Picture:
    """A frame of a dataset.

    Attributes:
        source: Number of its source, ``pad_index``.
        frame_num: DeepStream's number of the frame in its source, from 0.
        pts_ns: Its time in the stream, None where it has none.
        stem: Name of its image file without suffix.
        suffix: Suffix of its image file, with the dot.
        width: Pixels.
        height: Pixels.
        original: Name of the image file that it was read from, None for other sources.
    """

    source: int
    frame_num: int
    pts_ns: int | None
    stem: str
    suffix: str
    width: int
    height: int
    original: str | None = None

    @property
    def file_name(self) -> str:
        """Name of its image file."""
        return self.stem + self.suffix


@dataclass(frozen=True)
class Annotation:
    """An object on a frame.

    Attributes:
        category: Index in the names of the dataset's categories.
        box: In pixels, cut off at the borders of the frame.
        confidence: The detector's, 0 where there is none.
        track_id: The tracker's; None for an object that is not tracked.
        detected: False where only the tracker says so.
        shape: Its mask.
    """

    category: int
    box: Box
    confidence: float
    track_id: int | None
    detected: bool
    shape: Shape | None


class Categories:
    """The names of a dataset's categories, in order.

    Args:
        names: Those that the model knows; others are added as they come.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: list[str] = []
        self._index: dict[str, int] = {}
        for name in names:
            self.index(name)

    def index(self, name: str) -> int:
        """Return the index of a name; a new one is added at the end."""
        if name not in self._index:
            self._index[name] = len(self.names)
            self.names.append(name)
        return self._index[name]


def annotation_of(
    event: Mapping[str, Any], picture: Picture, categories: Categories, shape: Shape | None
) -> Annotation | None:
    """Return the object that an event tells of; None where it is off the frame."""
    box = box_of(event).within(picture.width, picture.height)
    if box is None:
        return None
    confidence = float(event.get("confidence", 1.0))
    track_id = event.get("id")
    detected = confidence >= 0 or track_id is None
    category = categories.index(str(event["label"]))
    part = None if shape is None else shape.within(picture.width, picture.height)
    return Annotation(category, box, max(0.0, confidence), track_id, detected, part)


def shape_of(event: Mapping[str, Any]) -> Shape | None:
    """Return the mask of an event in pixels of the frame, if it has one."""
    mask = event.get("mask")
    return Shape.of(mask, box_of(event)) if isinstance(mask, Mask) else None


def box_of(event: Mapping[str, Any]) -> Box:
    """Return the box of an event as it says."""
    return Box(*(float(event[key]) for key in BOX_KEYS[:4]))


def is_object(event: object) -> bool:
    """Whether an event tells of an object: it has a box and a label."""
    return isinstance(event, Mapping) and all(key in event for key in BOX_KEYS)
