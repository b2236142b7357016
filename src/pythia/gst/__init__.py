"""The only door to ``gi`` and to GStreamer's C interface.

Importing this room initialises GStreamer.
"""

from pythia.gst.library import GLib, GObject, Gst, GstBase, GstVideo

__all__ = ["GLib", "GObject", "Gst", "GstBase", "GstVideo"]
