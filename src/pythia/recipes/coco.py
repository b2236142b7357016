"""COCO's ``instances`` file: https://cocodataset.org/#format-data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

from pythia.recipes.annotations import Annotation, Categories, Picture
from pythia.recipes.masks import run_lengths

Segmentation = Literal["rle", "polygon"]


class CocoFile:
    """Writes one file for the whole dataset, complete when it is closed.

    Numbers of images, annotations and categories begin at 1, because tools take 0 for none. Beside
    what COCO asks for, images have ``frame_num``, ``source``, ``pts_ns``, and ``original`` where
    they were read from an image; annotations have ``score``, and ``track_id`` where they are
    tracked. Masks become compressed run lengths, or polygons, which cannot say that there is a
    hole.

    Args:
        file: The file to write.
        images: Folder of the images as the file is to name it.
        segmentation: How masks are written.
    """

    def __init__(self, file: Path, images: str, segmentation: Segmentation) -> None:
        self._file, self._unfinished = file, file.with_name(f".{file.name}.unfinished")
        self._images_folder = images
        self._segmentation = segmentation
        self._images: list[bytes] = []
        self._written = 0
        # Annotations come first in the file, because they are too many to be kept until the end.
        self._out = self._unfinished.open("wb")
        self._out.write(b'{"annotations":[')

    def add(self, picture: Picture, annotations: Sequence[Annotation]) -> None:
        """Write down one frame."""
        image_id = len(self._images) + 1
        self._images.append(orjson.dumps(self._image(picture, image_id)))
        for annotation in annotations:
            line = orjson.dumps(self._annotation(picture, image_id, annotation))
            self._out.write(b"\n" + line if self._written == 0 else b",\n" + line)
            self._written += 1

    def close(self, categories: Categories) -> None:
        """Complete the file and put it in its place."""
        named = [
            {"id": index + 1, "name": name, "supercategory": ""}
            for index, name in enumerate(categories.names)
        ]
        with self._out:
            self._out.write(b'],\n"images":[\n' + b",\n".join(self._images))
            self._out.write(b'],\n"categories":' + orjson.dumps(named))
            self._out.write(b',\n"info":{"description":"annotated by pythia"},"licenses":[]}\n')
        self._unfinished.replace(self._file)

    def _image(self, picture: Picture, image_id: int) -> dict[str, Any]:
        values = {
            "id": image_id,
            "file_name": f"{self._images_folder}/{picture.file_name}",
            "width": picture.width,
            "height": picture.height,
            "frame_num": picture.frame_num,
            "source": picture.source,
            "pts_ns": picture.pts_ns,
        }
        if picture.original is not None:
            values["original"] = picture.original
        return values

    def _annotation(
        self, picture: Picture, image_id: int, annotation: Annotation
    ) -> dict[str, Any]:
        box = annotation.box
        values = {
            "id": self._written + 1,
            "image_id": image_id,
            "category_id": annotation.category + 1,
            "bbox": [round(value, 3) for value in box],
            "area": round(box.width * box.height, 3),
            "segmentation": [],
            "iscrowd": 0,
            "score": round(annotation.confidence, 6),
        }
        if annotation.shape is not None:
            pixels = annotation.shape.on_frame(picture.width, picture.height)
            values["area"] = int(pixels.sum())
            values["segmentation"] = self._masked(annotation, pixels)
        if annotation.track_id is not None:
            values["track_id"] = annotation.track_id
        return values

    def _masked(self, annotation: Annotation, pixels: Any) -> Any:
        if self._segmentation == "rle":
            return run_lengths(pixels)
        shape = annotation.shape
        assert shape is not None
        return [
            [value + (shape.left, shape.top)[place % 2] for place, value in enumerate(outline)]
            for outline in shape.outlines()
            if len(outline) >= 6
        ]
