"""What MkDocs asks of us while it builds the documentation; named in ``mkdocs.yml``."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]

_DOCUMENTS = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#]+)")
_OUTPUT = re.compile(r"^<!-- output of: (.+) -->$", re.MULTILINE)
_MEMBERS = re.compile(r"^<!-- members of: (\S+) -->$", re.MULTILINE)
_TREE = "<!-- tree of exceptions -->"
_TABLE = "<!-- table of elements -->"
_HEAD = "| element | as in DeepStream |"
_ELEMENT = re.compile(r"`(\w+)`")
_SECTION = re.compile(r"^<!-- section of the README: (.+) -->$", re.MULTILINE)
_ROLE = re.compile(r":(?:meth|func|class|mod|data):(?=<code>)")


def on_config(config: MkDocsConfig) -> None:
    """Put every element's sheet into the navigation."""
    assert config.nav is not None
    (entry,) = (part for part in config.nav if "Elements" in part)
    sheets = sorted((ROOT / "docs" / "elements").glob("[a-z]*.md"))
    pages = [{sheet.stem: f"elements/{sheet.name}"} for sheet in sheets]
    entry["Elements"] = ["elements/README.md", *pages]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the documents that lie beside ``docs``."""
    for source, target in _DOCUMENTS.items():
        if source != "README.md":
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, target, content=_relinked(text)))


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Fill in what commands of ours print, and what modules have."""
    markdown = _OUTPUT.sub(
        lambda found: f"``` {{ .text .fold }}\n{_printed(found[1])}\n```", markdown
    )
    markdown = markdown.replace(_TREE, f"```text\n{_tree()}\n```")
    markdown = markdown.replace(_TABLE, element_table())
    markdown = _SECTION.sub(lambda found: _section(found[1]), markdown)
    return _MEMBERS.sub(lambda found: _members(found[1]), markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Docstrings name functions as Sphinx does; a reader wants the name alone."""
    return _ROLE.sub("", html)


def _relinked(text: str) -> str:
    """The links of a document as seen from ``docs``."""
    return _LINK.sub(
        lambda found: f"]({_DOCUMENTS.get(found[1], found[1].removeprefix('docs/'))}", text
    )


def _members(name: str) -> str:
    """Directives for the public names of a module: ``__all__``, or the classes that it defines."""
    module = import_module(name)
    classes = [key for key, value in vars(module).items() if _is_own_class(value, name)]
    return "\n\n".join(f"::: {name}.{key}" for key in getattr(module, "__all__", classes))


def _is_own_class(value: object, module: str) -> bool:
    return (
        isinstance(value, type)
        and value.__module__ == module
        and not value.__name__.startswith("_")
    )


def _section(heading: str) -> str:
    """What stands in the README below a heading of the third level, to the next heading."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"### {heading}\n")[2]
    return re.split(r"^##", text, maxsplit=1, flags=re.MULTILINE)[0].strip()


def element_table() -> str:
    """The README's table of elements, with links to their sheets."""
    _, head, text = (ROOT / "README.md").read_text(encoding="utf-8").partition(_HEAD)
    rows = (head + text.partition("\n\n")[0]).splitlines()
    return "\n".join(map(_linked_row, rows)).replace(
        "(#event-streams)", "(reference/event-streams.md)"
    )


def _linked_row(row: str) -> str:
    names, bar, rest = row.removeprefix("|").partition("|")
    return "|" + _ELEMENT.sub(r"[\1](elements/\1.md)", names) + bar + rest


def _tree() -> str:
    """The tree of exceptions, which their module's docstring draws."""
    return str(import_module("pythia.exceptions").__doc__).split("\n\n")[1]


def _printed(command: str) -> str:
    name, *words = command.split()
    environment = {**os.environ, "COLUMNS": "86"}
    done = subprocess.run(
        [Path(sys.executable).parent / name, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.rstrip()
