"""Runs the code blocks of pages of the documentation in order, as a reader would.

``python -m support.page PAGE...`` in an empty folder runs the pages one behind the other there:

- a block with ``title="NAME"`` becomes the file of that name;
- ``python`` runs in this process, all blocks of a page in one namespace; a block
  ``text title="Output"`` behind it is what it has to print;
- ``console`` has commands behind ``$``, the rest is what they have to print together;
- ``sh`` is a script, and has to end well;
- a block behind ``<!-- not run: REASON -->`` is left out, and so are other languages; commands for
  machines that tests do not have (containers, boards) are ``bash``.

In expected output ``...`` stands for anything.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

_BLOCK = re.compile(
    r"(?:^ *<!-- not run: (?P<reason>[^\n]*) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\w+)(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_TITLE = re.compile(r'title="([^"]+)"')
OUTPUT = "Output"
TIMEOUT_S = 60


class Block(NamedTuple):
    """A fenced code block; ``line`` is that of its first line of code."""

    language: str
    title: str
    body: str
    line: int
    reason: str


def blocks(text: str) -> Iterator[Block]:
    """The code blocks of a page."""
    for found in _BLOCK.finditer(text):
        title = _TITLE.search(found["info"])
        line = text.count("\n", 0, found.start("body")) + 1
        body = textwrap.dedent(found["body"])
        yield Block(found["language"], title[1] if title else "", body, line, found["reason"] or "")


def is_run(block: Block) -> bool:
    """Whether the block is run or written, not only shown."""
    runs = block.title or block.language in ("python", "sh", "console")
    return bool(runs) and not block.reason


def main(pages: list[str]) -> None:
    """Run the pages; ends with code 1 at the first block that does not do what it should."""
    for page in pages:
        _Page(Path(page)).run()


class _Page:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._namespace: dict[str, Any] = {"__name__": "__main__"}
        self._printed = ""

    def run(self) -> None:
        for block in blocks(self._path.read_text(encoding="utf-8")):
            if is_run(block):
                self._run(block)

    def _run(self, block: Block) -> None:
        if block.title == OUTPUT:
            self._compare(block, block.body, self._printed)
        elif block.title:
            self._write(block)
        elif block.language == "python":
            self._printed = self._python(block)
        elif block.language == "sh":
            self._printed = self._shell(block, block.body)
        else:
            self._console(block)

    def _write(self, block: Block) -> None:
        path = Path(block.title)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body, encoding="utf-8")

    def _python(self, block: Block) -> str:
        name = f"{self._path.name}, block of line {block.line}"

        def execute() -> None:
            try:
                exec(compile(block.body, name, "exec"), self._namespace)
            except BaseException:
                self._fail(block, traceback.format_exc())

        return _captured(execute)

    def _shell(self, block: Block, script: str) -> str:
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            self._fail(block, f"{script}\nended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def _console(self, block: Block) -> None:
        """Each command with the lines that continue it, then what it prints."""
        for part in re.split(r"^\$ ", block.body, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            count = 1
            while _goes_on("".join(lines[:count])):
                count += 1
            self._printed = self._shell(block, "".join(lines[:count]))
            expected = "".join(lines[count:])
            if expected.strip():
                self._compare(block, expected, self._printed)

    def _compare(self, block: Block, expected: str, printed: str) -> None:
        pieces = [re.escape(piece) for piece in expected.strip().split("...")]
        if not re.fullmatch(".*".join(pieces), printed.strip(), re.DOTALL):
            self._fail(block, f"expected:\n{expected}\nprinted:\n{printed}")

    def _fail(self, block: Block, why: str) -> NoReturn:
        sys.stderr.write(f"{self._path.name}:{block.line}: {why}\n")
        sys.stderr.flush()
        os._exit(1)  # threads of a pipeline may still be running


def _goes_on(command: str) -> bool:
    """Whether the shell would ask for more."""
    if command.endswith("\\\n"):
        return True
    try:
        shlex.split(command)
    except ValueError:  # a quotation is open
        return True
    return False


def _captured(function: Callable[[], None]) -> str:
    """Call the function; returns what went to standard output, also from C."""
    sys.stdout.flush()
    kept = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            function()
        finally:
            sys.stdout.flush()
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return file.read().decode()


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main(sys.argv[1:])
