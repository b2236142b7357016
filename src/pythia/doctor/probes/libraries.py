"""Imports libraries, one after another."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Answer a list of names of modules with ``{name: {"version": ..., ...}}``."""
    for name in json.load(sys.stdin):
        with contextlib.redirect_stdout(io.StringIO()):
            found = _look_at(name)
        print(json.dumps({name: found}), flush=True)


def _look_at(name: str) -> dict[str, Any]:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        own = error.name is not None and f"{name}.".startswith(f"{error.name}.")
        return {"absent": own, "error": str(error)}
    except Exception as error:  # a broken library may raise anything
        return {"absent": False, "error": f"{type(error).__name__}: {error}"}
    found: dict[str, Any] = {"version": str(getattr(module, "__version__", ""))}
    if name == "onnxruntime":
        found["providers"] = module.get_available_providers()
    if name == "pyds":
        found["is_nvidias"] = hasattr(module, "NvDsBatchMeta")
    return found
