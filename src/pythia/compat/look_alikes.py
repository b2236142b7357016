"""Makes look-alikes importable under the names of NVIDIA's modules."""

from __future__ import annotations

import sys
from collections.abc import MutableSequence, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_NAMES = ("pyds", "pyservicemaker", "cuda")
_HERE = "pythia.compat."


def install(finders: MutableSequence[Any]) -> None:
    """Add the finder of look-alikes to these finders, ``sys.meta_path``; real modules win."""
    if not any(isinstance(finder, _Finder) for finder in finders):
        finders.insert(0, _Finder(finders))


class _Finder(MetaPathFinder):
    """Finds ``pythia.compat.pyds`` as ``pyds``, its modules as those of ``pyds``, and so on.

    It comes first: the modules of a look-alike lie in files, which the finder of files would find
    and load once more under their second name.
    """

    def __init__(self, finders: Sequence[Any]) -> None:
        self._finders = finders

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top, dot, _ = name.partition(".")
        if top not in _NAMES or (self._is_real(top) if not dot else not _is_look_alike(top)):
            return None
        return ModuleSpec(name, _Loader()) if find_spec(_HERE + name) else None

    def _is_real(self, name: str) -> bool:
        others = (finder for finder in self._finders if finder is not self)
        return any(finder.find_spec(name, None) for finder in others)


def _is_look_alike(name: str) -> bool:
    return sys.modules[name].__name__ == _HERE + name


class _Loader(Loader):
    """Gives out the module that there is already, under one name more."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(_HERE + spec.name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has written the second name into it; it stays what it is.
        module.__spec__ = self._spec
