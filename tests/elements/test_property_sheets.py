"""docs/elements says what GStreamer says of the elements."""

from __future__ import annotations

import shlex

import pytest
from tools.property_sheets import FOLDER, INDEX, launch_line, sheet, sheets

from pythia.elements.registry import ELEMENTS, element_class
from support.play import Play

AGAIN = "run scripts/property-sheets"


@pytest.mark.parametrize("factory", sorted(ELEMENTS))
def test_each_element_has_its_sheet_as_it_is_now(factory: str) -> None:
    file = FOLDER / f"{factory}.md"

    assert file.is_file(), AGAIN
    assert file.read_text() == sheet(factory), AGAIN


def test_there_is_an_index_and_no_sheet_of_an_element_that_is_gone() -> None:
    texts = sheets()

    assert (FOLDER / INDEX).read_text() == texts[INDEX], AGAIN
    assert {file.name for file in FOLDER.glob("*")} == set(texts), AGAIN
    for factory in ELEMENTS:
        assert f"[{factory}]({factory}.md)" in texts[INDEX]


@pytest.mark.parametrize(
    ("factory", "lines"),
    [
        (
            "nvstreammux",
            [
                "# nvstreammux",
                "**sink_%u** (sink, request)",
                "| `batch-size` | uint | 0 to 1024 | 0 | Frames in a batch at most; must be set. |",
                "| `live-source` | boolean | false, true | false | Sources are live. |",
            ],
        ),
        (
            "nvdsosd",
            [
                "| Class | Filter/Effect/Video |",
                '| `clock-font` | string |  | "Serif" | Font of the clock. |',
                "From GStreamer's base classes: `name`, `parent`, `qos`.",
            ],
        ),
        (
            "nvmultistreamtiler",
            [
                "| `buffer-pool-size` | uint | 4 to 10 | 5 | Buffers in NVIDIA's pool. "
                "**No effect here.** |",
            ],
        ),
        ("nvsegvisual", ["| `alpha` | float | 0 to 1 | 1 | How opaque classes are with "]),
    ],
)
def test_a_sheet_lists_pads_and_properties(factory: str, lines: list[str]) -> None:
    text = sheet(factory)

    for line in lines:
        assert line in text


@pytest.mark.parametrize("factory", sorted(ELEMENTS))
def test_every_property_of_the_class_is_on_its_sheet(factory: str) -> None:
    text = sheet(factory)

    for row in getattr(element_class(factory), "PROPERTIES", ()):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{row.name}` |")]
        assert ("**No effect here.**" in line) == row.hardware


@pytest.mark.parametrize(
    "factory",
    [
        "nvdsosd",
        "nvmultistreamtiler",
        "nvof",
        "nvofvisual",
        "nvsegvisual",
        "nvstreamdemux",
        "nvstreammux",
        "nvvideoconvert",
    ],
)
def test_the_launch_line_of_a_sheet_runs(play: Play, factory: str) -> None:
    line = launch_line(factory)
    assert line is not None
    command, *words = shlex.split(line)

    played = play(" ".join(words))

    assert command == "gst-pylaunch"
    assert played.error is None
