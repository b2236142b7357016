"""Which runtime this process uses: NVIDIA's DeepStream, or pythia's own."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Literal

from pythia.exceptions import ConfigError, MissingDependencyError
from pythia.gst import Gst

Runtime = Literal["deepstream", "portable"]
VARIABLE = "PYTHIA_RUNTIME"
LATENCY_VARIABLE = "NVDS_ENABLE_LATENCY_MEASUREMENT"


def deepstream_version() -> str:
    """The version of NVIDIA's nvinfer in the registry, DeepStream's own; empty without it."""
    factory = Gst.ElementFactory.find("nvinfer")
    plugin = None if factory is None else factory.get_plugin()  # ours has no plugin file
    if plugin is None or plugin.get_name() != "nvdsgst_infer":
        return ""
    return plugin.get_version()


@lru_cache(maxsize=1)
def runtime() -> Runtime:
    """The runtime, decided once: ``PYTHIA_RUNTIME``, or what is installed.

    It is DeepStream's where NVIDIA's elements are; that ``pyds`` is missing is said when metadata
    is read.

    Raises:
        ConfigError: the variable holds something else than auto, deepstream or portable.
        MissingDependencyError: deepstream was asked for and is not installed.
    """
    wish = os.environ.get(VARIABLE, "auto") or "auto"
    if wish not in ("auto", "deepstream", "portable"):
        raise ConfigError(f"{VARIABLE}={wish!r}: expected auto, deepstream or portable")
    if wish == "portable":
        return "portable"
    if deepstream_version():
        return "deepstream"
    if wish == "deepstream":
        raise MissingDependencyError(
            f"{VARIABLE}=deepstream, but its GStreamer plugin nvinfer is not installed; "
            f"install DeepStream and its Python bindings, or set {VARIABLE}=portable"
        )
    return "portable"


def is_latency_measured() -> bool:
    """Whether latencies are to be measured: DeepStream's variable is set, to whatever value."""
    return LATENCY_VARIABLE in os.environ
