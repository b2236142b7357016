"""Lets plain GStreamer programs find nv3dsink, through gst-python's plugin loader."""

from pythia.elements.registry import plugin_row

__gstelementfactory__ = plugin_row("nv3dsink")
