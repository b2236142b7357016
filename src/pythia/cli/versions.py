"""The versions that matter in a report about a problem."""

from __future__ import annotations

import platform

from pythia.version import __version__


def versions() -> list[str]:
    """Return one line each for pythia, GStreamer, Python and the runtime."""
    from pythia.core import environment

    return [
        f"pythia {__version__}",
        environment.gstreamer_version(),
        f"Python {platform.python_version()}",
        f"runtime {environment.runtime()}",
    ]
