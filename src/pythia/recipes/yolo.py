"""A folder as Ultralytics' YOLO reads it: https://docs.ultralytics.com/datasets/detect/."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from pythia.recipes.annotations import Annotation, Categories, Picture


class YoloFolder:
    """Writes ``labels/<image>.txt``, a line an object, and at the end ``data.yaml``.

    A line is the index of the class and the middle, width and height of the box, as parts of the
    frame's size; where objects have masks it is the class and the outline of the largest part
    instead (the format of segmentation). A frame without objects gets an empty file, which says
    that there is nothing. The images are in ``images``.

    Args:
        folder: The folder, which exists.
    """

    IMAGES = "images"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "labels").mkdir()

    def add(self, picture: Picture, annotations: Sequence[Annotation]) -> None:
        """Write down one frame."""
        lines = [self._line(picture, annotation) for annotation in annotations]
        text = "".join(f"{line}\n" for line in lines if line)
        (self._folder / "labels" / f"{picture.stem}.txt").write_text(text, encoding="ascii")

    def close(self, categories: Categories) -> None:
        """Write ``data.yaml``."""
        # Without "path" the folders are looked for beside the file, wherever it is moved to.
        names = [f"  {n}: {json.dumps(name)}" for n, name in enumerate(categories.names)]
        text = "\n".join(["train: images", "val: images", "names:", *names, ""])
        (self._folder / "data.yaml").write_text(text, encoding="utf-8")

    def _line(self, picture: Picture, annotation: Annotation) -> str:
        if annotation.shape is not None:
            points = self._outline(picture, annotation)
        else:
            box = annotation.box
            points = [
                (box.left + box.width / 2) / picture.width,
                (box.top + box.height / 2) / picture.height,
                box.width / picture.width,
                box.height / picture.height,
            ]
        if not points:
            return ""
        return " ".join([str(annotation.category), *(f"{point:.6f}" for point in points)])

    def _outline(self, picture: Picture, annotation: Annotation) -> list[float]:
        shape = annotation.shape
        assert shape is not None
        outline = max(shape.outlines(), key=_area, default=[])
        if len(outline) < 6:
            return []
        sizes, starts = (picture.width, picture.height), (shape.left, shape.top)
        return [
            (value + starts[place % 2]) / sizes[place % 2] for place, value in enumerate(outline)
        ]


def _area(outline: list[int]) -> float:
    """Area of a polygon by the shoelace formula."""
    xs, ys = outline[::2], outline[1::2]
    pairs = zip(xs, ys, [*xs[1:], xs[0]], [*ys[1:], ys[0]], strict=True)
    return abs(sum(x * next_y - next_x * y for x, y, next_x, next_y in pairs)) / 2
