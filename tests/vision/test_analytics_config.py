from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from pythia import samples
from pythia.exceptions import ConfigError
from pythia.vision.analytics.config import AnalyticsConfig, load
from pythia.vision.analytics.rules import Crowd, Direction, Line, Roi, Rules

HEAD = "[property]\nenable=1\nconfig-width=1000\nconfig-height=500\n"
EVERYTHING = """
[property]
enable=0
config-width=1000
config-height=500
osd-mode=1
display-font-size=20
display-obj-cnt=1
obj-cnt-win-in-ms=100
[roi-filtering-stream-0]
enable=1
roi-gate=10;20;30;40;50;60;
roi-yard=1;2;3;4;5;6;7;8
inverse-roi=1
class-id=0;2
[overcrowding-stream-0]
enable=true
roi-queue=10;20;30;40;50;60
object-threshold=3
class-id=-1
[line-crossing-stream-1]
enable=1
line-crossing-out=1;2;3;4;5;6;7;9;
extended=0
mode=strict
class-id=1
[direction-detection-stream-1]
enable=1
direction-north=1;2;3;4
direction-long=1;2;3;4;5;6;7;8
"""
YAML = """
property:
  enable: 0
  config-width: 1000
  config-height: 500
  osd-mode: 1
  display-font-size: 20
  display-obj-cnt: 1
  obj-cnt-win-in-ms: 100
roi-filtering-stream-0:
  enable: true
  roi-gate: 10;20;30;40;50;60
  roi-yard: 1;2;3;4;5;6;7;8
  inverse-roi: 1
  class-id: 0;2
overcrowding-stream-0:
  enable: 1
  roi-queue: 10;20;30;40;50;60
  object-threshold: 3
  class-id: -1
line-crossing-stream-1:
  enable: 1
  line-crossing-out: 1;2;3;4;5;6;7;9
  extended: 0
  mode: strict
  class-id: 1
direction-detection-stream-1:
  enable: 1
  direction-north: 1;2;3;4
  direction-long: 1;2;3;4;5;6;7;8
"""
TRIANGLE = ((10, 20), (30, 40), (50, 60))

Write = Callable[..., AnalyticsConfig]


@pytest.fixture
def loaded(tmp_path: Path) -> Write:
    """A function that loads a configuration from its text."""

    def loaded(text: str, name: str = "rules.txt") -> AnalyticsConfig:
        file = tmp_path / name
        file.write_text(text)
        return load(file)

    return loaded


@pytest.mark.parametrize(("text", "name"), [(EVERYTHING, "a.txt"), (YAML, "a.yml")])
def test_every_key_is_read_from_key_files_and_from_yaml(
    loaded: Write, tmp_path: Path, text: str, name: str
) -> None:
    classes = frozenset({0, 2})

    assert loaded(text, name) == AnalyticsConfig(
        file=tmp_path / name,
        enable=False,
        config_width=1000,
        config_height=500,
        osd_mode=1,
        display_font_size=20,
        display_obj_cnt=True,
        obj_cnt_win_in_ms=100,
        streams={
            0: Rules(
                rois=(
                    Roi("gate", classes, TRIANGLE, True),
                    Roi("yard", classes, ((1, 2), (3, 4), (5, 6), (7, 8)), True),
                ),
                crowds=(Crowd("queue", None, TRIANGLE, 3),),
            ),
            1: Rules(
                lines=(
                    Line("out", frozenset({1}), ((1, 2), (3, 4), (5, 6), (7, 9)), False, "strict"),
                ),
                directions=(
                    Direction("north", None, ((1, 2), (3, 4))),
                    Direction("long", None, ((1, 2), (3, 4))),
                ),
            ),
        },
    )


def test_defaults_are_deepstreams(loaded: Write) -> None:
    config = loaded(
        HEAD + "display-font-size=0\n"
        "[overcrowding-stream-3]\nenable=1\nroi-a=0;0;1;0;1;1\n"
        "[line-crossing-stream-3]\nenable=1\nline-crossing-b=0;0;1;0;5;5;5;9\n"
    )

    assert (config.osd_mode, config.display_font_size, config.obj_cnt_win_in_ms) == (2, 12, 50)
    assert not config.display_obj_cnt
    (crowd,), (line,) = config.streams[3].crowds, config.streams[3].lines
    assert (crowd.object_threshold, crowd.classes) == (1, None)
    assert (line.extended, line.mode) == (True, "loose")
    assert loaded("property:\n  osd-mode: 0\n", "b.yaml").config_width == 1920


def test_points_are_scaled_to_the_frames_and_cut_to_whole_pixels(loaded: Write) -> None:
    rules = loaded(EVERYTHING).rules(0, 640, 480)

    assert rules.crowds[0].points == ((6, 19), (19, 38), (32, 57))
    assert loaded(EVERYTHING).rules(5, 640, 480) == Rules()


@pytest.mark.parametrize("switch", ["", "enable=0\n", "enable=false\n"])
def test_a_group_that_is_not_switched_on_has_no_rules(
    loaded: Write, caplog: pytest.LogCaptureFixture, switch: str
) -> None:
    config = loaded(f"{HEAD}[roi-filtering-stream-0]\n{switch}roi-a=0;0;1;0;1;1\n")

    assert config.rules(0, 100, 100).rois == ()
    assert ("[roi-filtering-stream-0] has no enable=1" in caplog.text) == (switch == "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", r"group \[property\] is missing; found: no group"),
        ("[property]\nenable=1\n", r"\[property\]: config-width, config-height must be given"),
        (HEAD + "osd-mode=3\n", r"\[property\], key osd-mode: found '3', expected one of 0, 1, 2"),
        (HEAD.replace("1000", "0"), "config-width: found '0', expected an integer of at least 1"),
        (HEAD + "obj-cnt-win-in-ms=0\n", "obj-cnt-win-in-ms: found '0'"),
        (HEAD + "display-font-size=-1\n", "display-font-size: found '-1'"),
        (
            HEAD + "[roi-filtering-stream-0]\nenable=1\n",
            r"\[roi-filtering-stream-0\] has no key roi-NAME, which gives the points",
        ),
        (
            HEAD + "[line-crossing-stream-2]\nenable=1\nroi-a=0;0;1;0;1;1\n",
            r"\[line-crossing-stream-2\] has no key line-crossing-NAME",
        ),
        (
            HEAD + "[roi-filtering-stream-0]\nroi-a=0;0;1;0;1\n",
            r"\[roi-filtering-stream-0\], key roi-a: found '0;0;1;0;1', expected at least 3 points "
            "x;y in whole pixels from 0 on; 5 is an odd count",
        ),
        (HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0\n", "at least 3 points.*; these are 2"),
        (HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0;-1;4\n", "key roi-a.*from 0 on$"),
        (HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0;1.5;4\n", "key roi-a.*from 0 on$"),
        (HEAD + "[overcrowding-stream-0]\nroi-a=\n", "key roi-a: found ''.*these are 0"),
        (HEAD + "[overcrowding-stream-0]\nroi-=0;0;1;0;1;1\n", "key roi-: a name has to follow"),
        (
            HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0;1;1\nobject-threshold=-2\n",
            "object-threshold: found '-2'",
        ),
        (
            HEAD + "[line-crossing-stream-0]\nline-crossing-a=1;2;3;4\n",
            "key line-crossing-a: found '1;2;3;4', expected 4 points.*; these are 2",
        ),
        (
            HEAD + "[line-crossing-stream-0]\nline-crossing-a=1;2;3;4;5;6;5;6\n",
            r"\[line-crossing-stream-0\], a: an arrow or line ends where it begins",
        ),
        (
            HEAD + "[direction-detection-stream-0]\ndirection-a=1;2;1;2\n",
            r"\[direction-detection-stream-0\], a: an arrow or line ends where it begins",
        ),
        (HEAD + "[direction-detection-stream-0]\ndirection-a=1;2\n", "at least 2 points"),
        (
            HEAD + "[line-crossing-stream-x]\nline-crossing-a=1;2;3;4;5;6;7;8\n",
            r"\[line-crossing-stream-x\] has to end with the number of a stream, as in "
            r"\[line-crossing-stream-0\]",
        ),
        (
            HEAD + "[roi-filtering-stream-0]\nroi-a=0;0;1;0;1;1\nclass-id=cars\n",
            "key class-id: found 'cars', expected a list",
        ),
        (
            HEAD + "[roi-filtering-stream-0]\nroi-a=0;0;1;0;1;1\nenable=on\n",
            "key enable: found 'on'",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_with_file_group_and_key(
    loaded: Write, text: str, expected: str
) -> None:
    with pytest.raises(ConfigError, match=f"rules.txt.*{expected}"):
        loaded(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "osd_mode=1\n", "unknown key 'osd_mode' in group [property]"),
        (HEAD + "[roi-filter-stream-0]\nroi-a=1\n", "did you mean 'roi-filtering-stream-0'?"),
        (
            HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0;1;1\nobject-treshold=2\n",
            "did you mean 'object-threshold'?",
        ),
        (
            HEAD + "[line-crossing-stream-0]\nline-crossing-a=1;2;3;4;5;6;7;9\nmode=lose\n",
            "key mode: ignored: 'lose' is none of strict, balanced, loose; did you mean 'loose'?",
        ),
        (
            HEAD + "[line-crossing-stream-0]\nline-crossing-a=1;1;3;3;5;5;8;8\n",
            "[line-crossing-stream-0], a: the arrow runs along the line",
        ),
        (
            HEAD + "[overcrowding-stream-0]\nroi-a=0;0;1;0;1;1\ntime-threshold=500\n",
            "key time-threshold: without effect, as in DeepStream",
        ),
        (
            HEAD + "[direction-detection-stream-0]\ndirection-a=1;2;3;4\nmode=strict\n",
            "key mode: without effect, as in DeepStream",
        ),
    ],
)
def test_what_deepstream_tolerates_is_a_warning(
    loaded: Write, caplog: pytest.LogCaptureFixture, text: str, expected: str
) -> None:
    caplog.set_level(logging.WARNING)

    loaded(text)

    assert expected in caplog.text
    assert "rules.txt" in caplog.text


def test_the_bundled_configuration_is_for_the_bundled_video(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = load(samples.path("config_nvdsanalytics.txt"))

    rules = config.rules(0, 1280, 720)
    assert (len(rules.rois), len(rules.crowds), len(rules.lines), len(rules.directions)) == (
        (1, 1, 4, 2)
    )
    assert not caplog.records
