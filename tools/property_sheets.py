"""Writes docs/elements: a sheet for each element with what it is, its pads and its properties.

All facts come from GStreamer's factories and GObject's properties as they are registered, so that
a sheet cannot say anything else than ``gst-inspect-1.0``.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import textwrap
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from pythia import elements
from pythia.elements.registry import ELEMENTS
from pythia.gst import GObject, Gst
from pythia.gst.enums import values_of

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "elements"
INDEX = "README.md"
_NOTE = "<!-- Written by scripts/property-sheets; do not edit. -->"
_TYPES = {
    "gboolean": "boolean",
    "gchararray": "string",
    "gint": "int",
    "guint": "uint",
    "gint64": "int64",
    "guint64": "uint64",
    "gfloat": "float",
    "gdouble": "double",
    "gpointer": "pointer",
}
_REAL = ("gfloat", "gdouble")
_WIDTH = 96


def sheets() -> dict[str, str]:
    """The text of every file, by its name."""
    names = sorted(ELEMENTS)
    texts = {f"{name}.md": sheet(name) for name in names}
    return {INDEX: _index(names), **texts}


def sheet(name: str) -> str:
    """The sheet of one element, in Markdown."""
    factory = _factory(name)
    launch = launch_line(name)
    parts = [
        _NOTE,
        f"# {name}",
        f"{factory.get_metadata('description')}.",
        _table(
            ("", ""),
            [
                ("Long name", factory.get_metadata("long-name")),
                ("Class", factory.get_metadata("klass")),
                ("Rank", f"{factory.get_rank()}"),
            ],
        ),
        *_prose(name),
        *(["## Launch line", f"```sh\n{launch}\n```"] if launch else []),
        "## Pads",
        *_pads(factory),
        "## Properties",
        *_properties(factory),
        *_signals(factory),
    ]
    return "\n\n".join(parts) + "\n"


def _factory(name: str) -> Gst.ElementFactory:
    elements.register()
    factory = Gst.ElementFactory.find(name)
    assert factory is not None, name
    factory.load()
    return factory


def _index(names: list[str]) -> str:
    rows = []
    for name in names:
        factory = _factory(name)
        link = f"[{name}]({name}.md)"
        rows.append((link, factory.get_metadata("klass"), factory.get_metadata("description")))
    table = _table(("Element", "Class", "What it does"), rows)
    return f"{_NOTE}\n\n# Elements of the portable runtime\n\n{table}\n"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str | None, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


# The module's docstring


def _docstring(name: str) -> tuple[str, str]:
    """What stands before and behind "Try it", which may say with what."""
    text = import_module(f"pythia.elements.{ELEMENTS[name].module}").__doc__ or ""
    before, *behind = re.split(r"Try it[^:]*::", text, maxsplit=1)
    return before, "".join(behind)


def _prose(name: str) -> Iterator[str]:
    """The paragraphs that follow the summary."""
    before, _ = _docstring(name)
    for paragraph in before.split("\n\n")[1:]:
        text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", paragraph.replace("``", "`"))
        if text.strip():
            yield textwrap.fill(" ".join(text.split()), _WIDTH, break_on_hyphens=False)


def launch_line(name: str) -> str | None:
    """The command that the docstring shows, if it shows one.

    It may be several lines, each but the last with the backslash that a shell wants.
    """
    _, behind = _docstring(name)
    words = shlex.split(behind.strip().split("\n\n")[0].replace("\\\n", " "), posix=False)
    if not words:
        return None
    lines = textwrap.wrap(
        " ".join(words), _WIDTH - 6, break_long_words=False, break_on_hyphens=False
    )
    return " \\\n    ".join(lines)


# Pads


def _pads(factory: Gst.ElementFactory) -> Iterator[str]:
    templates = sorted(factory.get_static_pad_templates(), key=lambda t: t.name_template)
    for template in templates:
        presence = template.presence.value_nick
        yield f"**{template.name_template}** ({template.direction.value_nick}, {presence})"
        yield "```\n" + "\n".join(_caps_lines(template.get_caps())) + "\n```"
    if not templates:
        yield "None."


def _caps_lines(caps: Gst.Caps) -> Iterator[str]:
    if caps.is_any():
        yield "ANY"
        return
    for i in range(caps.get_size()):
        structure, features = caps.get_structure(i), caps.get_features(i)
        fields = re.sub(r"\((\w+)\)(?=\S)", "", structure.to_string()).rstrip(";")
        kind, _, rest = fields.partition(", ")
        named = features is not None and features.to_string() != "memory:SystemMemory"
        memory = f"({features.to_string()})" if named and features is not None else ""
        yield f"{kind}{memory}" + (f", {rest}" if rest else "")


# Properties and signals


def _properties(factory: Gst.ElementFactory) -> Iterator[str]:
    gtype: Any = factory.get_element_type()
    specs = [spec for spec in GObject.list_properties(gtype) if _is_own(spec)]
    if specs:
        head = ("Property", "Type", "Values", "Default", "Meaning")
        yield _table(head, [_row(spec, _hardware(gtype)) for spec in specs])
    inherited = [f"`{spec.name}`" for spec in GObject.list_properties(gtype) if not _is_own(spec)]
    yield textwrap.fill(
        f"From GStreamer's base classes: {', '.join(inherited)}.", _WIDTH, break_on_hyphens=False
    )


def _is_own(spec: Any) -> bool:
    """Whether a class of ours declares it, and no base class of GStreamer."""
    return str(spec.owner_type.pytype.__module__).startswith("pythia.")


def _hardware(gtype: Any) -> set[str]:
    rows = getattr(gtype.pytype, "PROPERTIES", ())
    return {row.name for row in rows if row.hardware}


def _row(spec: Any, hardware: set[str]) -> tuple[str, ...]:
    notes = []
    if spec.name in hardware:
        notes.append("**No effect here.**")
    if not spec.flags & GObject.ParamFlags.READABLE:
        notes.append("Write only.")
    if not spec.flags & GObject.ParamFlags.WRITABLE:
        notes.append("Read only.")
    meaning = (spec.blurb or "").rstrip(".") + "."
    return (
        f"`{spec.name}`",
        _TYPES.get(spec.value_type.name, spec.value_type.name),
        _values(spec),
        _default(spec),
        " ".join((meaning, *notes)),
    )


def _values(spec: Any) -> str:
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return ", ".join(f"{number} `{nick}`" for number, nick in sorted(_enum(spec).items()))
    if spec.value_type.name == "gboolean":
        return "false, true"
    if not hasattr(spec, "minimum"):
        return ""
    return f"{_number(spec, spec.minimum)} to {_number(spec, spec.maximum)}"


def _enum(spec: Any) -> dict[int, str]:
    # Of several names for a value the first one counts, as for GStreamer.
    return dict(reversed(values_of(spec.value_type)))


def _number(spec: Any, value: float) -> str:
    return f"{value:g}" if spec.value_type.name in _REAL else str(int(value))


def _default(spec: Any) -> str:
    if not spec.flags & GObject.ParamFlags.READABLE:
        return ""
    value = getattr(spec, "default_value", None)  # boxed types have none in PyGObject 3.50
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if spec.value_type.is_a(GObject.TYPE_ENUM):
        return f"{int(value)} `{_enum(spec)[int(value)]}`"
    return _number(spec, value)


def _signals(factory: Gst.ElementFactory) -> Iterator[str]:
    gtype: Any = factory.get_element_type()
    names = sorted(GObject.signal_list_names(gtype))
    if not names or not str(gtype.pytype.__module__).startswith("pythia."):
        return
    yield "## Signals"
    rows = [(f"`{name}`", _arguments(gtype, name)) for name in names]
    yield _table(("Signal", "Arguments"), rows)


def _arguments(gtype: Any, name: str) -> str:
    query = GObject.signal_query(name, gtype)
    assert query is not None
    return ", ".join(_TYPES.get(kind.name, kind.name) for kind in query.param_types)


def main() -> int:
    """Write all sheets, and delete those of elements that are gone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    texts = sheets()
    for file in FOLDER.glob("*.md"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(text)
    print(f"{len(texts) - 1} sheets in {os.path.relpath(FOLDER)}")
    return 0


if __name__ == "__main__":
    os.environ["PYTHIA_RUNTIME"] = "portable"  # the sheets are of pythia's elements
    sys.exit(main())
