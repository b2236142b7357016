"""Images are written in the background: all of them, and no faster than the disk takes them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from pythia.exceptions import DatasetError
from pythia.recipes import image_writer
from pythia.recipes.image_writer import ImageWriter

WAIT_S = 30
GREY = np.full((16, 24, 4), 90, np.uint8)


def _refuse(error: DatasetError) -> None:
    raise AssertionError(error)


@pytest.mark.parametrize("suffix", image_writer.SUFFIXES)
def test_every_image_is_there_when_the_writer_is_closed(tmp_path: Path, suffix: str) -> None:
    writer = ImageWriter(suffix, 95, _refuse)
    colour = np.zeros((16, 24, 4), np.uint8)
    colour[:] = (200, 100, 50, 255)

    for number in range(40):
        writer.write(colour, [tmp_path / f"{number:03d}{suffix}"])
    writer.close()

    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{n:03d}{suffix}" for n in range(40)]
    image = cv2.imread(str(tmp_path / f"039{suffix}"))
    assert image is not None
    assert np.allclose(image.reshape(-1, 3).mean(axis=0), (50, 100, 200), atol=4)


def test_who_brings_images_waits_while_the_disk_is_slow(tmp_path: Path) -> None:
    writer = ImageWriter(".png", 95, _refuse)
    # A pipe that nobody reads yet takes the place of a slow disk.
    stuck = [tmp_path / f"stuck{n}.png" for n in range(os.cpu_count() or 1)][:4]
    for file in stuck:
        os.mkfifo(file.with_name(f".{file.name}.unfinished"))
        writer.write(GREY, [file])
    brought = threading.Event()

    def bring() -> None:
        for number in range(image_writer.WAITING + 1):
            writer.write(GREY, [tmp_path / f"{number}.png"])
        brought.set()

    thread = threading.Thread(target=bring, daemon=True)
    thread.start()
    assert not brought.wait(0.3)

    for file in stuck:
        file.with_name(f".{file.name}.unfinished").read_bytes()
    assert brought.wait(WAIT_S)
    thread.join()
    writer.close()
    written = {p.name for p in tmp_path.iterdir()}
    assert written >= {f"{number}.png" for number in range(image_writer.WAITING + 1)}


def test_the_first_error_is_told_once_and_nobody_waits_for_ever(tmp_path: Path) -> None:
    told: list[DatasetError] = []
    writer = ImageWriter(".jpg", 95, told.append)

    for number in range(5 * image_writer.WAITING):
        writer.write(GREY, [tmp_path / f"nowhere/{number}.jpg"])
    writer.close()

    (error,) = {str(each) for each in told[:1]}
    assert "nowhere" in error
    assert "No such file" in error
    assert list(tmp_path.iterdir()) == []


def test_further_names_are_links_and_copies_where_links_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = (tmp_path / f"{name}.png" for name in ("one", "two", "three"))
    writer = ImageWriter(".png", 95, _refuse)
    writer.write(GREY, [one, two])
    writer.close()
    assert one.samefile(two)

    def without_links(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", without_links)
    writer = ImageWriter(".png", 95, _refuse)
    writer.write(GREY, [one, three])
    writer.close()
    assert not one.samefile(three)
    assert one.read_bytes() == three.read_bytes()
