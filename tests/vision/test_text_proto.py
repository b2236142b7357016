from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pythia.exceptions import ConfigError
from pythia.vision.config_values import integer, number, text
from pythia.vision.text_proto import Many, parse, typed


def _parsed(tmp_path: Path, content: str) -> dict[str, Any]:
    file = tmp_path / "config.txt"
    file.write_text(content)
    return parse(file)


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ('name: "a b"', {"name": ["a b"]}),
        ("name: 'a' \"b\"\n'c'", {"name": ["abc"]}),
        (r'name: "a\"b\\c"', {"name": ['a"b\\c']}),
        ("x: 1 x: 2, x: -3; y: 1e-3", {"x": ["1", "2", "-3"], "y": ["1e-3"]}),
        ("x: [1, 2,3]", {"x": ["1", "2", "3"]}),
        ("x: []", {"x": []}),
        ("a { b: 1 }", {"a": [{"b": ["1"]}]}),
        ("a: { b: 1 } a < b: 2 >", {"a": [{"b": ["1"]}, {"b": ["2"]}]}),
        ("a [ { b: 1 }, { b: 2 } ]", {"a": [{"b": ["1"]}, {"b": ["2"]}]}),
        ("# nothing\nx: YES # said\n", {"x": ["YES"]}),
        ("a { b { c: 1 } }", {"a": [{"b": [{"c": ["1"]}]}]}),
        ("", {}),
    ],
)
def test_text_becomes_fields_with_their_values(
    tmp_path: Path, content: str, fields: dict[str, Any]
) -> None:
    assert _parsed(tmp_path, content) == fields


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("a {\n  b: 1\n", ":2: the file ends where '}'"),
        ("x 1", ":1: ':', '{' or '[' is expected after x, found '1'"),
        ("a {\n}\n}", ":3: a field is expected, found '}'"),
        ("\nx: ", ":2: the file ends where a value of x"),
        ("x: [1", "the file ends where ']'"),
        ("x: ]", "is expected after x, found ']'"),
        ('x: "open', "is no token"),
        ("x: 1\n$y: 2", ":2: '$y: 2' is no token"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _parsed(tmp_path, content)

    assert words in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        parse(tmp_path / "none.txt")


_SCHEMA: dict[str, Any] = {
    "count": integer(0),
    "sizes": Many(integer()),
    "inner": {"scale": number(), "name": text},
}


def test_a_schema_gives_values_their_types(tmp_path: Path) -> None:
    content = 'count: 1 count: 2 sizes: [3, 4] sizes: 5 inner { scale: 0.5 name: "x" }'

    found = typed(_parsed(tmp_path, content), _SCHEMA, tmp_path / "config.txt")

    assert found == {"count": 2, "sizes": [3, 4, 5], "inner": {"scale": 0.5, "name": "x"}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("cuont: 1", "field cuont is unknown; did you mean 'count'"),
        ("inner { scael: 1 }", "field inner.scael is unknown; did you mean 'scale'"),
        ("count: -1", "count: found '-1', expected an integer of at least 0"),
        ("inner: 3", "inner has to be a message"),
        ("count { }", "count has to be a value"),
    ],
)
def test_what_the_schema_does_not_allow_is_told_with_its_place(
    tmp_path: Path, content: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        typed(_parsed(tmp_path, content), _SCHEMA, tmp_path / "config.txt")
