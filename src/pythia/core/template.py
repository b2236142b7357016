"""Pipeline text with parameters.

======================  ==========================================================================
in the text             means
======================  ==========================================================================
``{name}``              the value of parameter ``name``, quoted so that it arrives to the letter
``{name:raw}``          the value as it is: a fragment of pipeline text
``{name:path}``         the value as an absolute path, ``~`` expanded
``{name:uri}``          the value as a URI: a URI stays, a path becomes ``file:///...``
``file://{name}``       a path, made absolute and percent-encoded
``format={RGB,NV12}``   a caps list, left alone; so are ``{ RGB }`` and ``{}``
``,format={RGB}``       a list of one, left alone: a field of caps, and an upper-case letter
``{{`` ... ``}}``       literal braces
``# ...``               a comment, where ``#`` is the first character of a line but blanks
======================  ==========================================================================

Names start with a letter or underscore and go on with letters, digits, ``_`` and ``-``; a dash and
an underscore are the same, so ``{pgie-conf}`` and ``{pgie_conf}`` are one parameter.

With jinja2 installed, text that has ``{{ ... }}`` or ``{% ... %}`` is rendered by jinja2 instead:
there ``{{`` is jinja's and no escape (``{{ "{" | raw }}`` puts a brace), values are quoted just the
same, ``raw``, ``path`` and ``uri`` are filters, and ``{name}`` goes on to work beside it.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING, NamedTuple

from pythia.core.locations import absolute_path, uri
from pythia.core.suggestion import did_you_mean
from pythia.exceptions import TemplateError

if TYPE_CHECKING:
    from pythia.core.jinja_text import JinjaText
    from pythia.core.launch_text import Value

_COMMENT = re.compile(r"^[ \t]*#.*\n?", re.MULTILINE)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_JINJA_BLOCK = re.compile(r"\{%.*?%\}", re.DOTALL)
_ESCAPED = r"\{\{(?P<escaped>(?:[^{}]|\{[\w:-]*\})*)\}\}"
_PLACEHOLDER = r"\{(?P<name>[A-Za-z_][A-Za-z0-9_-]*)(?::(?P<modifier>[A-Za-z]*))?\}"
_PLACEHOLDERS = re.compile(_PLACEHOLDER)
_ESCAPED_OR_PLACEHOLDER = re.compile(f"{_ESCAPED}|{_PLACEHOLDER}")
_CAPS_FIELD = re.compile(r"[,;][ \t\n]*[A-Za-z0-9_-]+[ \t]*=[ \t]*(\([\w/:]+\)[ \t]*)?$")
_MODIFIERS = ("raw", "path", "uri")
_INSTALL_JINJA = "pip install 'pythiags[jinja]'"
_Replace = Callable[[str, str], str]


class Parameter(NamedTuple):
    """A parameter of a pipeline text, with the modifiers that its uses carry."""

    name: str
    modifiers: tuple[str, ...] = ()


class Template:
    """Pipeline text, read once, rendered with values as often as wanted.

    Args:
        text: gst-launch text as the module's table describes it.

    Attributes:
        parameters: what the text asks for, each once, in order of appearance.

    Raises:
        TemplateError: an unknown modifier, wrong jinja syntax, or ``{% %}`` without jinja2.
    """

    def __init__(self, text: str) -> None:
        if "\0" in text:
            raise TemplateError("the pipeline text contains a NUL character")
        if not _is_unicode(text):
            raise TemplateError("the pipeline text is not UTF-8")
        self.text = _COMMENT.sub("", text)
        self._jinja = _jinja_text(self.text)
        self.parameters = tuple(self._find_parameters())

    def render(self, params: Mapping[str, object] | None = None) -> str:
        """Return launch text in which each value arrives to the letter and adds nothing.

        Args:
            params: values by name: text, numbers, booleans, paths; with jinja2, lists too.

        Raises:
            TemplateError: a parameter is missing or unknown, or a value cannot stand where it does.
        """
        given = {_canonical(name): value for name, value in (params or {}).items()}
        self.refuse_unknown(params or {})
        values: list[Value] = []
        text = self._render_jinja(given, values) if self._jinja else self.text
        text = self._render_braces(text, given, values)
        if not values:
            return text
        from pythia.core.launch_text import weave

        return weave(text, values)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Make sure that the text has a parameter for each of ``names``.

        Raises:
            TemplateError: it has not; lists what there is.
        """
        known = {_canonical(parameter.name) for parameter in self.parameters}
        for name in names:
            if _canonical(name) not in known:
                raise TemplateError(self._unknown_message(name))

    def _find_parameters(self) -> Iterable[Parameter]:
        literal = self._jinja.literal() if self._jinja else self.text
        names = [name.replace("_", "-") for name in self._jinja.names()] if self._jinja else []
        found: dict[str, list[str]] = {name: [] for name in names}
        spelled = {_canonical(name): name for name in names}
        for name, modifier in _placeholders(literal, escapes=not self._jinja):
            modifiers = found.setdefault(spelled.setdefault(_canonical(name), name), [])
            if modifier and modifier not in modifiers:
                modifiers.append(modifier)
        return (Parameter(name, tuple(modifiers)) for name, modifiers in found.items())

    def _unknown_message(self, name: str) -> str:
        message = f"the pipeline has no parameter {name!r}"
        if not self._jinja and _JINJA.search(self.text):
            return f"{message}; for {{{{ }}}} in the text to be jinja: {_INSTALL_JINJA}"
        return message + _suggest(name, [parameter.name for parameter in self.parameters])

    def _missing(self, given: Mapping[str, object]) -> TemplateError | None:
        missing = [p.name for p in self.parameters if _canonical(p.name) not in given]
        return TemplateError(f"missing parameter: {', '.join(missing)}") if missing else None

    def _render_jinja(self, given: Mapping[str, object], values: list[Value]) -> str:
        assert self._jinja is not None
        from jinja2 import UndefinedError

        def hold(value: object, modifier: str) -> str:
            return _hold(values, "jinja", value, modifier)

        try:
            return self._jinja.render(given, hold)
        except UndefinedError as error:
            raise self._missing(given) or TemplateError(f"jinja: {error}") from error

    def _render_braces(self, text: str, given: Mapping[str, object], values: list[Value]) -> str:
        def fill(name: str, modifier: str) -> str:
            if _canonical(name) not in given:
                raise self._missing(given) or TemplateError(f"missing parameter: {name}")
            return _hold(values, name, given[_canonical(name)], modifier)

        return _map_placeholders(text, fill, escapes=not self._jinja)


def _jinja_text(text: str) -> JinjaText | None:
    if not _JINJA.search(text):
        return None
    if importlib.util.find_spec("jinja2"):
        from pythia.core.jinja_text import JinjaText

        return JinjaText(text)
    if _JINJA_BLOCK.search(text):
        raise TemplateError(f"the pipeline text has {{% %}}, which needs jinja2: {_INSTALL_JINJA}")
    return None


def _placeholders(text: str, *, escapes: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def note(name: str, modifier: str) -> str:
        found.append((name, modifier))
        return ""

    _map_placeholders(text, note, escapes=escapes)
    return found


def _map_placeholders(text: str, replace: _Replace, *, escapes: bool) -> str:
    def one(match: re.Match[str]) -> str:
        groups = match.groupdict()
        if groups.get("escaped") is not None:
            return "{" + _map_placeholders(groups["escaped"], replace, escapes=False) + "}"
        name, modifier = groups["name"], groups["modifier"]
        if modifier is None and name[0].isupper() and _CAPS_FIELD.search(text, 0, match.start()):
            return match[0]
        if modifier is not None and modifier not in _MODIFIERS:
            suggestion = _suggest(modifier, _MODIFIERS)
            raise TemplateError(f"{match[0]} in the pipeline: no modifier {modifier!r}{suggestion}")
        return replace(name, modifier or "")

    pattern = _ESCAPED_OR_PLACEHOLDER if escapes else _PLACEHOLDERS
    return pattern.sub(one, text)


def _hold(values: list[Value], parameter: str, value: object, modifier: str) -> str:
    from pythia.core.launch_text import Value, mark

    text = _as_text(value, parameter)
    if modifier == "path":
        text = absolute_path(text, parameter)
    elif modifier == "uri":
        text = uri(text, parameter)
    values.append(Value(text, parameter, raw=modifier == "raw"))
    return mark(len(values) - 1)


def _as_text(value: object, parameter: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, PathLike):
        value = fspath(value)
    if value is None or isinstance(value, (bytes, list, tuple, set, dict)):
        raise TemplateError(_not_one_value(value, parameter))
    text = str(value)
    if "\0" in text or not _is_unicode(text):
        raise TemplateError(f"parameter {parameter!r}: {text!r} cannot be written as UTF-8 text")
    return text


def _not_one_value(value: object, parameter: str) -> str:
    message = f"parameter {parameter!r} should be one value, found {value!r}"
    if isinstance(value, (list, tuple)):
        message += "; lists are for pipelines with {% for %} (the extra pythiags[jinja])"
    return message


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _canonical(name: str) -> str:
    return name.replace("-", "_")


def _suggest(word: str, known: Iterable[str]) -> str:
    known = list(known)
    return f"{did_you_mean(word, known)} (available: {', '.join(known) or 'none'})"
