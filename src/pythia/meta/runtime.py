"""Which runtime this process uses: NVIDIA's DeepStream, or pythia's own."""

from __future__ import annotations

import importlib.util
import os
from functools import lru_cache
from typing import Literal

from pythia.exceptions import ConfigError, MissingDependencyError
from pythia.gst import Gst

Runtime = Literal["deepstream", "portable"]
VARIABLE = "PYTHIA_RUNTIME"


def _has_nvinfer() -> bool:
    """Whether NVIDIA's nvinfer is in the registry; ours has no plugin file."""
    factory = Gst.ElementFactory.find("nvinfer")
    if factory is None:
        return False
    plugin = factory.get_plugin()
    return plugin is not None and plugin.get_name() == "nvdsgst_infer"


def _has_pyds() -> bool:
    return importlib.util.find_spec("pyds") is not None


@lru_cache(maxsize=1)
def runtime() -> Runtime:
    """The runtime, decided once: ``PYTHIA_RUNTIME``, or what is installed.

    Raises:
        ConfigError: the variable holds something else than auto, deepstream or portable.
        MissingDependencyError: deepstream was asked for and is not installed.
    """
    wish = os.environ.get(VARIABLE, "auto") or "auto"
    if wish not in ("auto", "deepstream", "portable"):
        raise ConfigError(f"{VARIABLE}={wish!r}: expected auto, deepstream or portable")
    if wish == "portable":
        return "portable"
    if _has_nvinfer() and _has_pyds():
        return "deepstream"
    if wish == "deepstream":
        missing = "the Python bindings 'pyds'" if _has_nvinfer() else "its GStreamer plugin nvinfer"
        raise MissingDependencyError(
            f"{VARIABLE}=deepstream, but {missing} is not installed; "
            f"install DeepStream and its Python bindings, or set {VARIABLE}=portable"
        )
    return "portable"
