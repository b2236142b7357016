"""Protocol buffers in text form, read without their library.

The part of the language ("Text Format Language Specification" of protobuf.dev) that configurations
use: nested messages, lists, quoted strings, numbers, names, comments. Values stay text; a schema
then says what each is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pythia.exceptions import ConfigError
from pythia.vision.config_values import Reader, hint

Fields = dict[str, list[Any]]
"""Values of a message by field, in the order of the file: text, or messages."""


class Many(NamedTuple):
    """A field that may be there several times; its value becomes a list."""

    kind: Reader | Mapping[str, Any]


_TOKEN = re.compile(
    r"""(?P<space>[\s,;]+|\#[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<word>[-+]?[\w.][\w.+-]*)
      | (?P<sign>[{}<>\[\]:])""",
    re.VERBOSE,
)
_ENDS = {"{": "}", "<": ">"}


class _Token(NamedTuple):
    text: str
    line: int
    is_value: bool


def parse(path: Path) -> Fields:
    """The message in a file.

    Raises:
        ConfigError: it cannot be read, or is not in text form; the message has file and line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"configuration file {path} cannot be read: {error}") from error
    return _Parser(path, text).message("")


def typed(fields: Fields, schema: Mapping[str, Any], path: Path, where: str = "") -> dict[str, Any]:
    """Values as a schema says: a reader, a schema of its own, or :class:`Many` of them.

    Of a field that is there twice and may not be, the last counts, as in protobuf.

    Raises:
        ConfigError: a field is unknown, or a value is not what its reader expects.
    """
    found: dict[str, Any] = {}
    for name, values in fields.items():
        place = f"{where}.{name}" if where else name
        if name not in schema:
            raise ConfigError(
                f"{path}: field {place} is unknown{hint(name, schema)}; "
                f"known here: {', '.join(schema)}"
            )
        kind = schema[name]
        if isinstance(kind, Many):
            found[name] = [_value(value, kind.kind, path, place) for value in values]
        elif values:
            found[name] = _value(values[-1], kind, path, place)
    return found


def _value(value: Any, kind: Reader | Mapping[str, Any], path: Path, place: str) -> Any:
    if isinstance(kind, Mapping):
        if not isinstance(value, dict):
            raise ConfigError(f"{path}: {place} has to be a message {{ ... }}, found {value!r}")
        return typed(value, kind, path, place)
    if isinstance(value, dict):
        raise ConfigError(f"{path}: {place} has to be a value, found a message")
    try:
        return kind(value, path.parent)
    except ValueError as error:
        raise ConfigError(f"{path}: {place}: found {value!r}, expected {error}") from error


class _Parser:
    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._tokens = list(self._read(text))
        self._next = 0

    def message(self, end: str) -> Fields:
        """Fields up to ``end``, which is taken too."""
        fields: Fields = {}
        while True:
            token = self._take(f"{end!r} or a field" if end else "")
            if token is None or token.text == end:
                return fields
            if not token.is_value:
                raise self._error(token.line, f"a field is expected, found {token.text!r}")
            fields.setdefault(token.text, []).extend(self._values(token))

    def _values(self, field: _Token) -> list[Any]:
        token = self._take(f"a value of {field.text}")
        assert token is not None
        colon = token.text == ":" and not token.is_value
        if colon:
            token = self._take(f"a value of {field.text}")
            assert token is not None
        if token.text == "[" and not token.is_value:
            return self._list(field)
        if token.text in _ENDS and not token.is_value:
            return [self.message(_ENDS[token.text])]
        if not colon or not token.is_value:
            problem = f"':', '{{' or '[' is expected after {field.text}, found {token.text!r}"
            raise self._error(token.line, problem)
        return [self._joined(token)]

    def _list(self, field: _Token) -> list[Any]:
        values: list[Any] = []
        while True:
            token = self._take(f"']' at the end of {field.text}")
            assert token is not None
            if token.text == "]" and not token.is_value:
                return values
            if token.text in _ENDS and not token.is_value:
                values.append(self.message(_ENDS[token.text]))
            elif token.is_value:
                values.append(_unquoted(token.text))
            else:
                problem = f"a value of {field.text} is expected, found {token.text!r}"
                raise self._error(token.line, problem)

    def _joined(self, token: _Token) -> str:
        """A value; strings that follow each other are one."""
        text = _unquoted(token.text)
        while token.text[0] in "\"'" and self._next < len(self._tokens):
            token = self._tokens[self._next]
            if token.text[0] not in "\"'":
                break
            self._next += 1
            text += _unquoted(token.text)
        return text

    def _take(self, expected: str) -> _Token | None:
        if self._next >= len(self._tokens):
            if expected:
                line = self._tokens[-1].line if self._tokens else 1
                raise self._error(line, f"the file ends where {expected} is expected")
            return None
        self._next += 1
        return self._tokens[self._next - 1]

    def _read(self, text: str) -> Iterator[_Token]:
        place, line = 0, 1
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                raise self._error(line, f"{text[place : place + 20].splitlines()[0]!r} is no token")
            if match.lastgroup != "space":
                yield _Token(match.group(), line, match.lastgroup != "sign")
            line += match.group().count("\n")
            place = match.end()

    def _error(self, line: int, problem: str) -> ConfigError:
        return ConfigError(f"{self._path}:{line}: {problem}")


def _unquoted(text: str) -> str:
    return str(ast.literal_eval(text)) if text[0] in "\"'" else text
