"""Lets plain GStreamer programs find nvv4l2vp9enc, through gst-python's plugin loader."""

from pythia.elements.registry import plugin_row

__gstelementfactory__ = plugin_row("nvv4l2vp9enc")
