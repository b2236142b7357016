from __future__ import annotations

from pathlib import Path

import pytest

from pythia.vision.labels import label_of, read_labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("car\nperson\n", (("car",), ("person",))),
        ("car\r\n\r\nroad sign \r\n", (("car",), ("road sign",))),
        ("red;blue;dark green\nbig;small;", (("red", "blue", "dark green"), ("big", "small"))),
    ],
)
def test_a_line_is_a_class_and_semicolons_separate_the_classes_of_an_attribute(
    tmp_path: Path, text: str, expected: tuple[tuple[str, ...], ...]
) -> None:
    (tmp_path / "labels.txt").write_bytes(text.encode())

    assert read_labels(tmp_path / "labels.txt") == expected


def test_a_class_without_a_label_has_an_empty_one() -> None:
    labels = (("red", "blue"), ("big",))

    assert label_of(labels, 0, 1) == "blue"
    assert label_of(labels, 1, 1) == ""
    assert label_of(labels, 2) == ""
    assert label_of((), 0) == ""
