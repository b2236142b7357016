"""GStreamer elements in Python, with DeepStream's factory, property and pad names."""

from pythia.elements.registry import ELEMENTS, plugin_path, register

__all__ = ["ELEMENTS", "plugin_path", "register"]
