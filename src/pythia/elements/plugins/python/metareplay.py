"""Lets plain GStreamer programs find metareplay, through gst-python's plugin loader."""

from pythia.elements.registry import plugin_row

__gstelementfactory__ = plugin_row("metareplay")
