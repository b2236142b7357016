"""What plain GStreamer programs need in their environment to find pythia's elements."""

from __future__ import annotations

import hashlib
import os
import site
import sys
from pathlib import Path

from pythia.elements import plugin_path
from pythia.exceptions import MissingDependencyError
from pythia.gst import Gst
from pythia.meta import runtime
from pythia.version import __version__

__all__ = ["check_plugin_loader", "gstreamer_version", "runtime", "variables"]


def gstreamer_version() -> str:
    """Return the version of the GStreamer library in use, ``GStreamer 1.22.0``."""
    return Gst.version_string()


def variables() -> dict[str, str]:
    """Return the variables for ``gst-launch-1.0 ... nvinfer ...``, as they should be.

    Folders come in front of those that the variables hold already. The registry cache is one of
    its own: GStreamer's common one would not notice when pythia or a library of it changes.
    """
    modules = _module_folders()
    return {
        "GST_PLUGIN_PATH": _joined("GST_PLUGIN_PATH", [plugin_path()]),
        "PYTHONPATH": _joined("PYTHONPATH", modules),
        "GST_REGISTRY": str(_registry([*modules, *sorted(plugin_path().rglob("*.py"))])),
    }


def check_plugin_loader() -> None:
    """Make sure that GStreamer can load elements written in Python.

    Raises:
        MissingDependencyError: the plugin loader is not installed; names the package.
    """
    if Gst.Registry.get().find_plugin("python") is None:
        raise MissingDependencyError(
            "GStreamer's loader for Python plugins is not installed, so gst-launch-1.0 will not "
            "find pythia's elements (gst-pylaunch does); on Debian or Ubuntu: "
            "'apt-get install gstreamer1.0-python3-plugin-loader'"
        )


def _joined(variable: str, folders: list[Path]) -> str:
    present = os.environ.get(variable, "").split(os.pathsep)
    return os.pathsep.join(dict.fromkeys([*map(str, folders), *filter(None, present)]))


def _module_folders() -> list[Path]:
    """Return where pythia and its libraries lie: the loader starts the system's Python."""
    pythia = Path(__file__).parents[2]
    own = [Path(folder) for folder in site.getsitepackages()]
    libraries = [folder for folder in own if folder.is_relative_to(sys.prefix)]
    users = [Path(site.getusersitepackages())] if site.ENABLE_USER_SITE else []
    in_venv = sys.prefix != sys.base_prefix
    folders = [pythia, *(libraries if in_venv else []), *users]
    return [folder for folder in dict.fromkeys(folders) if folder.is_dir()]


def _registry(contents: list[Path]) -> Path:
    """Return the cache for plugins in this state; installing a library changes its folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    state = [__version__, *(f"{path} {path.stat().st_mtime_ns}" for path in contents)]
    digest = hashlib.sha256("\n".join(state).encode()).hexdigest()[:12]
    return cache / "pythia" / f"gstreamer-registry-{digest}.bin"
