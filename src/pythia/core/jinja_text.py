"""Pipeline text with ``{{ }}`` and ``{% %}``, rendered by jinja2 (the extra ``jinja``)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pythia.exceptions import TemplateError

if TYPE_CHECKING:
    from jinja2 import nodes
    from jinja2.sandbox import SandboxedEnvironment

Hold = Callable[[object, str], str]
"""Keeps a value and a modifier (``""``, ``raw``, ``uri``, ``path``); returns its mark."""


class _Marked(str):
    """Text that jinja2 puts out as it is: marks, and what blocks and macros made of them."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class JinjaText:
    """Text for jinja2: sandboxed, strict about undefined names, every output quoted.

    Raises:
        TemplateError: jinja2 cannot parse the text; the message names the line.
    """

    def __init__(self, text: str) -> None:
        from jinja2 import TemplateSyntaxError

        self.text = text
        self._environment = _environment(lambda value, modifier: str(value))
        try:
            self._tree = self._environment.parse(text)
        except TemplateSyntaxError as error:
            line = error.lineno
            raise TemplateError(f"the pipeline's jinja text, line {line}: {error}") from error

    def names(self) -> list[str]:
        """Return the names that the text wants from outside, in order of appearance."""
        from jinja2.meta import find_undeclared_variables

        names = find_undeclared_variables(self._tree) - set(self._environment.globals)
        return sorted(names, key=lambda name: _first_use(self.text, name))

    def literal(self) -> str:
        """Return the text outside of jinja's own marks."""
        tokens = self._environment.lex(self.text)
        return "\n".join(text for _, kind, text in tokens if kind == "data")

    def render(self, params: Mapping[str, object], hold: Hold) -> str:
        """Return the text with a mark for each value that jinja2 put out.

        Raises:
            jinja2.UndefinedError: a name was used that ``params`` lacks.
            TemplateError: anything else that goes wrong while rendering.
        """
        from jinja2 import UndefinedError

        looped = self._looped_names()
        context = {k: [v] if k in looped and _is_single(v) else v for k, v in params.items()}
        try:
            return _environment(hold).from_string(self.text).render(context)
        except (TemplateError, UndefinedError):
            raise
        except Exception as error:
            raise TemplateError(f"the pipeline's jinja text: {error}") from error

    def _looped_names(self) -> set[str]:
        """Return what ``for`` runs over, so that one ``--input`` is a list of one."""
        from jinja2 import nodes

        return {name for loop in self._tree.find_all(nodes.For) for name in _loop_over(loop)}


def _environment(hold: Hold) -> SandboxedEnvironment:
    from jinja2 import StrictUndefined, pass_context
    from jinja2.sandbox import SandboxedEnvironment

    @pass_context  # else jinja escapes constants for HTML before they come here
    def finalize(_: object, value: Any) -> Any:
        return value if hasattr(value, "__html__") else _Marked(hold(_defined(value), ""))

    def modifier(name: str) -> Callable[[object], str]:
        return lambda value: _Marked(hold(_defined(value), name))

    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        finalize=finalize,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {name: modifier(name) for name in ("raw", "uri", "path")}
    return environment


def _defined(value: object) -> object:
    from jinja2 import Undefined

    if isinstance(value, Undefined):
        str(value)  # a strict undefined raises UndefinedError with its name
    return value


def _loop_over(loop: nodes.For) -> list[str]:
    from jinja2 import nodes

    node: nodes.Node | None = loop.iter
    while isinstance(node, nodes.Filter):
        node = node.node
    return [node.name] if isinstance(node, nodes.Name) else []


def _is_single(value: object) -> bool:
    return isinstance(value, str) or not hasattr(value, "__iter__")


def _first_use(text: str, name: str) -> int:
    match = re.search(rf"\b{re.escape(name)}\b", text)
    return match.start() if match else len(text)
