"""Functions of the user's own, named ``file.py:function`` or ``package.module:function``."""

from __future__ import annotations

import importlib
import importlib.util
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from pythia.exceptions import ConfigError, ModelError, PythiaError
from pythia.vision.config_values import hint
from pythia.vision.parsers.detections import Detections, ParserSettings, Tensors, detections

_FIELDS = ("class_id", "confidence", "left", "top", "width", "height")


def user_function(
    name: str,
    directory: Path,
    noun: str = "parser",
    failure: type[PythiaError] = ModelError,
) -> Callable[..., Any]:
    """The function that ``name`` means; a file's path starts at ``directory``.

    When it raises, its caller gets a ``failure`` that says where; ``noun`` is what errors call it.

    Raises:
        ConfigError: there is no such file, module or function, or it fails to import.
    """
    source, _, function = name.rpartition(":")
    what = f"{noun} {name!r}"
    module = (
        _from_file(what, directory / source) if source.endswith(".py") else _import(what, source)
    )
    found = getattr(module, function, None)
    if not callable(found):
        own = [key for key, value in vars(module).items() if callable(value)]
        raise ConfigError(
            f"{what}: {source} has no function {function!r}{hint(function, own)}; "
            f"it has: {', '.join(own) or 'none'}"
        )
    return _reporting(what, found, failure)


class UserParser:
    """Calls the user's function with ``(tensors, settings)`` and takes what it returns.

    That is :class:`Detections`, or an iterable of objects, each a dictionary with the keys
    ``class_id, confidence, left, top, width, height`` or a tuple in that order; boxes are in
    pixels of the network's input.
    """

    def __init__(self, name: str, directory: Path) -> None:
        self._name = name
        self._function = user_function(name, directory)

    def __call__(self, tensors: Tensors, settings: ParserSettings) -> Detections:
        """The detections of one frame.

        Raises:
            ModelError: the function raised, or returned something else.
        """
        result = self._function(tensors, settings)
        return result if isinstance(result, Detections) else self._from_items(result)

    def _from_items(self, items: Iterable[Any]) -> Detections:
        try:
            rows = [self._row(item) for item in items]
            table = np.array(rows, np.float32).reshape(len(rows), len(_FIELDS))
        except (TypeError, ValueError, KeyError) as error:
            raise ModelError(
                f"parser {self._name!r} returned something else than Detections or objects with "
                f"{', '.join(_FIELDS)}: {error!r}"
            ) from error
        starts, sizes = table[:, 2:4], table[:, 4:6]
        return detections(np.hstack([starts, starts + sizes]), table[:, 1], table[:, 0])

    @staticmethod
    def _row(item: Any) -> tuple[Any, ...]:
        return tuple(item[key] for key in _FIELDS) if isinstance(item, Mapping) else tuple(item)


def _reporting(
    what: str, function: Callable[..., Any], failure: type[PythiaError]
) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        try:
            result = function(*args)
            # A generator runs only when it is read, and its errors are the parser's too.
            return list(result) if isinstance(result, Iterator) else result
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            raise failure(
                f"{what} raised {type(error).__name__}: {error} ({where.filename}:{where.lineno})"
            ) from error

    return call


def _from_file(what: str, file: Path) -> ModuleType:
    if not file.is_file():
        raise ConfigError(f"{what}: the file {file} does not exist")
    spec = importlib.util.spec_from_file_location(f"pythia_user_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ConfigError(f"{what}: {file} cannot be imported: {error!r}") from error
    return module


def _import(what: str, module: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except Exception as error:
        raise ConfigError(f"{what}: {module!r} cannot be imported: {error!r}") from error
