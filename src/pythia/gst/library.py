"""Finds PyGObject and GStreamer, and initialises GStreamer once."""

from __future__ import annotations

import contextlib
import ctypes

from pythia.exceptions import MissingDependencyError
from pythia.gst.structures import mend

# Debian's GStreamer brings libunwind into the global scope, whose unwinder then catches the C++
# exceptions of libraries loaded later: an ordinary error inside ONNX Runtime would abort the
# process. With the compiler's own unwinder there first, they find the right one.
with contextlib.suppress(OSError):
    ctypes.CDLL("libgcc_s.so.1", mode=ctypes.RTLD_GLOBAL)

_APT = "python3-gi python3-gst-1.0 gir1.2-gst-plugins-base-1.0"

try:
    import gi
except ImportError as error:
    raise MissingDependencyError(
        "pythia needs PyGObject (the Python module 'gi'), which this Python does not see. "
        f"On Debian or Ubuntu: 'apt-get install {_APT}', and make the environment with "
        "'/usr/bin/python3 -m venv --system-site-packages .venv'. "
        "'pythia doctor' says what else is missing."
    ) from error

try:
    gi.require_version("Gst", "1.0")
    gi.require_version("GstBase", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import GLib, GObject, Gst, GstBase, GstVideo
except (ValueError, ImportError) as error:
    raise MissingDependencyError(
        f"PyGObject is there, but GStreamer's introspection data is not ({error}). "
        f"On Debian or Ubuntu: 'apt-get install {_APT}'."
    ) from error

if not Gst.is_initialized():
    Gst.init(None)

if Gst.version() < (1, 20, 0, 0):
    raise MissingDependencyError(
        f"pythia needs GStreamer 1.20 or later; this machine has {Gst.version_string()}."
    )

mend()

__all__ = ["GLib", "GObject", "Gst", "GstBase", "GstVideo"]
