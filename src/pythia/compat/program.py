"""Runs a script as Python itself would."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType

_OURS = str(Path(__file__).parents[1]) + os.sep


def read(script: str) -> bytes:
    """Read the source of a script.

    Raises:
        OSError: it cannot be read.
    """
    with io.open_code(os.path.abspath(script)) as file:
        return file.read()


def run(script: str, source: bytes, arguments: Sequence[str] = ()) -> None:
    """Run a script as ``__main__``, with its arguments, its folder first on ``sys.path``.

    What it raises comes through, ``SystemExit`` included. If Python ends because of it, the
    traceback that it prints shows the user's frames only.
    """
    sys.excepthook = _print_users_part
    sys.argv[:] = [script, *arguments]
    # Python's own first entry is the folder of the command pythia, or '' for python -m.
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    file = os.path.abspath(script)
    exec(compile(source, file, "exec", dont_inherit=True), _main_module(file).__dict__)


def _main_module(file: str) -> ModuleType:
    module = ModuleType("__main__")
    module.__file__ = file
    module.__loader__ = SourceFileLoader("__main__", file)
    module.__dict__.update(__builtins__=__builtins__, __cached__=None, __annotations__={})
    sys.modules["__main__"] = module
    return module


def _print_users_part(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """``sys.excepthook`` of the program, where it sets none of its own."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        link.__traceback__ = _users_part(link.__traceback__)
        link = link.__cause__ or link.__context__
    sys.__excepthook__(kind, error, error.__traceback__)


def _users_part(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of pythia, whose place NVIDIA's modules have no frames in."""
    frames: list[TracebackType] = []
    while trace is not None:
        if trace.tb_frame.f_code is run.__code__:
            frames.clear()  # what led here is the command's
        elif not trace.tb_frame.f_code.co_filename.startswith(_OURS):
            frames.append(trace)
        trace = trace.tb_next
    users = None
    for old in reversed(frames):
        users = TracebackType(users, old.tb_frame, old.tb_lasti, old.tb_lineno)
    return users
