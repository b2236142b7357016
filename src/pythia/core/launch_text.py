r"""Puts values into gst-launch text so that each arrives to the letter and is nothing but a value.

The text carries marks (see :func:`mark`) where values belong. It is cut into the tokens that
GStreamer's own lexer would see *before* any value is inserted, so that what a value contains can
never change where a token ends:

=====================================  ========================================================
where the mark stands                  how the value is written
=====================================  ========================================================
property value ``location=X``          the whole value, literal parts included, is written anew
                                       with ``\`` before whatever is special
``file://X`` in a property or URL      made absolute and percent-encoded
caps, linked or in ``caps="..."``      as it is when GStreamer needs no quotes for it, otherwise
                                       in double quotes with octal escapes, whose backslashes
                                       are doubled for linked caps where those are read twice
name of an element, property or pad    as it is; anything but a name is refused
=====================================  ========================================================

Follows GStreamer's ``gst/parse/grammar.y.in`` and ``gst_value_deserialize``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pythia.exceptions import TemplateError
from pythia.gst.launch_syntax import are_linked_caps_read_twice


class Value(NamedTuple):
    """What stands behind a mark: the text, and the parameter that gave it (for messages)."""

    text: str
    parameter: str
    raw: bool = False


_MARK = re.compile("\0(\\d+)\0")
_SPACE = " \t\n\r\v\f"
_BARE = re.compile(rf"(?:\\+.|[^{_SPACE}])+")
_DOUBLE_QUOTED = re.compile(r'"(?:\\"|[^"])*"')
_SINGLE_QUOTED = re.compile(r"'(?:\\'|[^'])*'")
_MIME = r"[A-Za-z0-9\0-]+/[A-Za-z0-9\0-]+"
_LINKED_CAPS = re.compile(rf"[!:][{_SPACE}]*(?={_MIME})((?:\\.|[^\\!])*)", re.DOTALL)
_ASSIGN = re.compile(rf"([A-Za-z0-9_\0][A-Za-z0-9_%:\0-]*)[{_SPACE}]*=[{_SPACE}]*")
_PROTOCOL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_WORD = re.compile(r"[A-Za-z0-9_%:\0-]+")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_%:-]*")
_PLAIN = re.compile(r"[A-Za-z0-9_+/:.-]+")
_CAPS_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[^\s,;=()\[\]{}<>"]+|.', re.DOTALL)
_NEEDS_BACKSLASH = re.compile(r"[^A-Za-z0-9_./:%+,@~=\u0080-\U0010ffff-]")


def mark(index: int) -> str:
    """Return the mark that stands for ``values[index]``; no pipeline text can contain it."""
    return f"\0{index}\0"


def weave(text: str, values: Sequence[Value]) -> str:
    """Return launch text with every mark replaced by its value.

    Raises:
        TemplateError: a value stands where it cannot be written.
    """
    text = _MARK.sub(lambda m: values[int(m[1])].text if values[int(m[1])].raw else m[0], text)
    done: list[str] = []
    position = 0
    while position < len(text):
        piece, position = _next_token(text, position, values)
        done.append(piece)
    return "".join(done)


def quote(value: str) -> str:
    r"""Write ``value`` as the right-hand side of ``property=``.

    A value that the launch syntax cannot carry (a newline, which no backslash protects; a backslash
    at the end, which the lexer may pair with the space behind it) or that a string property would
    take for something else (``NULL``, text in double quotes) is written as GStreamer serialises
    strings, with octal escapes.
    """
    if not value:
        return '""'
    if value == "NULL" or value[0] == '"' or value[-1] == "\\" or "\n" in value:
        value = _serialised(value)
    return _NEEDS_BACKSLASH.sub(r"\\\g<0>", value)


def _next_token(text: str, position: int, values: Sequence[Value]) -> tuple[str, int]:
    if caps := _LINKED_CAPS.match(text, position):
        link = text[position : caps.start(1)]
        return link + _weave_caps(caps[1], values, linked=True), caps.end()
    if _PROTOCOL.match(text, position):
        end = _string_end(text, position)
        return _weave_url(text[position:end], values), end
    assign = _ASSIGN.match(text, position)
    if assign and (end := _string_end(text, assign.end())) > assign.end():
        name = _weave_names(assign[1], values)
        operator = text[assign.end(1) : assign.end()]
        return name + operator + _weave_value(name, text[assign.end() : end], values), end
    if word := _WORD.match(text, position):
        return _weave_names(word[0], values), word.end()
    return text[position], position + 1


def _string_end(text: str, start: int) -> int:
    """Return where the longest of the lexer's three forms of a string ends."""
    forms = (_BARE, _DOUBLE_QUOTED, _SINGLE_QUOTED)
    return max((m.end() for form in forms if (m := form.match(text, start))), default=start)


def _weave_value(name: str, string: str, values: Sequence[Value]) -> str:
    if "\0" not in string:
        return string
    meaning = _meaning(string)
    if name.endswith("caps") and re.match(_MIME, meaning):
        return quote(_weave_caps(meaning.replace("\n", " "), values))
    return quote(_fill(meaning, values))


def _weave_url(string: str, values: Sequence[Value]) -> str:
    if "\0" not in string:
        return string
    url = _fill(_unescape(string), values)
    if "\n" in url:
        raise TemplateError(f"the URL {url!r} in the pipeline contains a newline")
    return quote(url)


def _weave_names(word: str, values: Sequence[Value]) -> str:
    def name(match: re.Match[str]) -> str:
        value = values[int(match[1])]
        if not _NAME.fullmatch(value.text):
            raise _not_a_name(value)
        return value.text

    return _MARK.sub(name, word)


def _weave_caps(caps: str, values: Sequence[Value], *, linked: bool = False) -> str:
    done = ""
    for match in _CAPS_TOKEN.finditer(caps):
        token = match[0]
        if "\0" in token and _is_caps_value(caps, match.start(), match.end()):
            token = _caps_value(token, values, linked)
            # GStreamer reads "" and "5" without a type as numbers.
            done += "(string)" if token[0] == '"' and not done.rstrip().endswith(")") else ""
        done += _weave_names(token, values)
    return done


def _caps_value(token: str, values: Sequence[Value], linked: bool) -> str:
    if token.startswith('"'):
        return _MARK.sub(lambda m: _as_read(_octal(values[int(m[1])].text), linked), token)
    whole = _MARK.sub(lambda m: values[int(m[1])].text, token)
    if _PLAIN.fullmatch(whole) and whole != "NULL":
        return whole
    return _as_read(_serialised(whole), linked)


def _as_read(octal: str, linked: bool) -> str:
    twice = linked and "\\" in octal and are_linked_caps_read_twice()
    return octal.replace("\\", "\\\\") if twice else octal


def _is_caps_value(caps: str, start: int, end: int) -> bool:
    before, after = caps[:start].rstrip(), caps[end:].lstrip()
    if after.startswith("="):
        return False
    in_list = re.search(r"[{\[<][^}\]>]*$", before) is not None
    return in_list or before.endswith("=") or re.search(r"=\s*\([^()]*\)$", before) is not None


def _meaning(string: str) -> str:
    """Return what GStreamer would read from the right-hand side of an assignment.

    GStreamer keeps single quotes as part of the value; around a parameter nobody wants them.
    """
    if len(string) > 1 and string[0] == string[-1] and string[0] in "\"'":
        string = string[1:-1]
    return _unescape(string)


def _unescape(string: str) -> str:
    done: list[str] = []
    quoted = escaped = False
    for previous, char in zip(" " + string, string, strict=False):
        if char == "\\" and not quoted and not escaped:
            escaped = True
            continue
        if char == '"' and not escaped and (not quoted or previous != "\\"):
            quoted = not quoted
        escaped = False
        done.append(char)
    return "".join(done)


def _fill(meaning: str, values: Sequence[Value]) -> str:
    done = ""
    position = 0
    for match in _MARK.finditer(meaning):
        done += meaning[position : match.start()]
        done = _append(done, values[int(match[1])])
        position = match.end()
    return done + meaning[position:]


def _append(done: str, value: Value) -> str:
    if not done.startswith("file://"):
        return done + value.text
    from urllib.parse import quote as percent_encode

    from pythia.core.locations import file_uri

    if done != "file://":
        return done + percent_encode(value.text)
    if value.text.startswith("file://"):
        return value.text
    if _PROTOCOL.match(value.text):
        raise TemplateError(
            f"parameter {value.parameter!r} follows 'file://' but is a URI itself: {value.text!r};"
            f" write {{{value.parameter}:uri}} without 'file://' in the pipeline"
        )
    return file_uri(value.text, value.parameter)


def _serialised(value: str) -> str:
    return f'"{_octal(value)}"'


def _octal(value: str) -> str:
    return "".join(
        char if _PLAIN.fullmatch(char) else "".join(f"\\{byte:03o}" for byte in char.encode())
        for char in value
    )


def _not_a_name(value: Value) -> TemplateError:
    return TemplateError(
        f"parameter {value.parameter!r} stands where a name is expected, but its value is"
        f" {value.text!r}; to insert pipeline text as it is, write {{{value.parameter}:raw}}"
    )
