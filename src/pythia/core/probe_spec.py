"""Probes named on a command line: ``MODULE_OR_FILE:FUNCTION@ELEMENT.PAD``."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from types import ModuleType
from typing import Any

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import ProbeError

FORM = "MODULE_OR_FILE:FUNCTION@ELEMENT.PAD, for example probe.py:gen_detections@pgie.src"


@dataclass(frozen=True)
class ProbeSpec:
    """What the text of a probe says.

    Attributes:
        source: Path of a Python file, or dotted name of a module.
        function: Name of the function in it; may be dotted.
        element: Name of the element.
        pad: Name of the pad, ``src`` where the text has none.
    """

    source: str
    function: str
    element: str
    pad: str = "src"

    @classmethod
    def parse(cls, text: str) -> ProbeSpec:
        """Take ``text`` apart.

        Raises:
            ProbeError: It is not of the form ``MODULE_OR_FILE:FUNCTION@ELEMENT.PAD``.
        """
        what, _, target = text.rpartition("@")
        source, _, function = what.rpartition(":")
        element, dot, pad = target.rpartition(".")
        if not dot:
            element, pad = target, "src"
        if not (source and function and element and pad):
            raise ProbeError(f"not a probe: {text!r}; the form is {FORM}")
        return cls(source, function, element, pad)

    def load(self) -> Callable[..., Any]:
        """Import the file or module and return the function.

        Raises:
            ProbeError: File, module or function do not exist, or importing raised.
        """
        module = load_module(self.source)
        found: Any = module
        for name in self.function.split("."):
            found = getattr(found, name, None)
        if found is None or not callable(found):
            names = _functions_of(module)
            raise ProbeError(
                f"{self.source} has no function {self.function!r}"
                f"{did_you_mean(self.function, names)}; available: {', '.join(names) or 'none'}"
            )
        function: Callable[..., Any] = found
        return function


def load_module(source: str) -> ModuleType:
    """Import a Python file by path, or a module by name.

    A file becomes a module of a package of its own that stands for its folder, so that ``from
    .sibling import x`` works in it as well as ``import sibling``, and files of equal name in
    different folders do not meet. The same file is loaded once.

    Raises:
        ProbeError: There is no such file or module, or importing it raised.
    """
    is_file = source.endswith(".py") or os.sep in source or Path(source).is_file()
    try:
        path = Path(source).expanduser().resolve() if is_file else Path.cwd()
    except OSError as error:  # the working directory was removed
        raise ProbeError(f"cannot load {source}: working directory: {error.strerror}") from None
    if not is_file:
        with _importable(path):
            return _import(source, source)
    if not path.is_file():
        raise _no_such_file(source, path)
    package = _package_of(path.parent)
    with _importable(path.parent):
        return _import(f"{package}.{path.stem}", source)


def _import(name: str, source: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise ProbeError(
                f"no module {source!r}; a file is given with its ending, as in probe.py:FUNCTION"
            ) from None
        raise _broken(source, error) from error
    except BaseException as error:
        raise _broken(source, error) from error


def _broken(source: str, error: BaseException) -> ProbeError:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if f.filename.endswith(Path(source).name)] or frames
    line = error.lineno if isinstance(error, SyntaxError) else own[-1].lineno
    return ProbeError(f"cannot load {source}: {type(error).__name__}: {error}, at line {line}")


def _package_of(folder: Path) -> str:
    name = f"_pythia_probes_{sha1(os.fsencode(folder)).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name, f"The files of {folder}.")
        package.__path__ = [os.fspath(folder)]
        sys.modules[name] = package
    return name


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    entry = os.fspath(folder)
    importlib.invalidate_caches()
    sys.path.insert(0, entry)
    try:
        yield
    finally:
        sys.path.remove(entry)
        # Functions may import siblings when they run; at the end the folder shadows nothing.
        if entry not in sys.path:
            sys.path.append(entry)


def _no_such_file(source: str, path: Path) -> ProbeError:
    names = sorted(p.name for p in path.parent.glob("*.py")) if path.parent.is_dir() else []
    return ProbeError(
        f"no file {source!r}{did_you_mean(path.name, names)}; Python files in {path.parent}: "
        f"{', '.join(names) or 'none'}"
    )


def _functions_of(module: ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
