"""Lets plain GStreamer programs find nvdsmetamux, through gst-python's plugin loader."""

from pythia.elements.registry import plugin_row

__gstelementfactory__ = plugin_row("nvdsmetamux")
