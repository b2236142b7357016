"""Asks PyGObject and GStreamer about themselves."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

_BLACKLISTED = 1 << 5  # GST_PLUGIN_FLAG_BLACKLISTED


def main() -> None:
    """Answer ``{"factories": [...], "sinks": {variable: [factory, ...]}}``, fact by fact."""
    question = json.load(sys.stdin)
    try:
        import gi
    except ImportError as error:
        return _tell(no_pygobject=str(error))
    _tell(pygobject=gi.__version__)
    try:
        for name in ("Gst", "GstBase", "GstVideo"):
            gi.require_version(name, "1.0")
        from gi.repository import Gst, GstBase, GstVideo

        del GstBase, GstVideo
    except (ImportError, ValueError) as error:
        return _tell(no_gstreamer=str(error))
    Gst.init(None)
    _tell(gstreamer=list(Gst.version())[:3])
    _tell(has_overrides=Gst.Fraction.__module__ == "gi.overrides.Gst")
    _tell(factories={name: _plugin_of(Gst, name) for name in question["factories"]})
    _tell(**_plugins(Gst))
    _tell(window=_window(Gst, question["sinks"]))
    return None


def _tell(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def _plugin_of(gst: Any, name: str) -> list[str]:
    """Name and version of the plugin that has the factory; empty without it."""
    factory = gst.ElementFactory.find(name)
    plugin = None if factory is None else factory.get_plugin()
    return [] if plugin is None else [plugin.get_name(), plugin.get_version()]


def _plugins(gst: Any) -> dict[str, Any]:
    registry = gst.Registry.get()
    files = [p.get_filename() for p in registry.get_plugin_list() if _is_blacklisted(p)]
    return {
        "blacklisted": sorted(filter(None, files)),
        "has_python_loader": registry.find_plugin("python") is not None,
    }


def _is_blacklisted(plugin: Any) -> bool:
    return bool(int(plugin.flags) & _BLACKLISTED)


def _window(gst: Any, sinks: dict[str, list[str]]) -> str:
    """The first sink that opens the display of a variable that is set; empty where none does."""
    for variable, factories in sinks.items():
        for factory in factories if os.environ.get(variable) else ():
            sink = gst.ElementFactory.make(factory, None)
            if sink is None:
                continue
            opened = sink.set_state(gst.State.READY) != gst.StateChangeReturn.FAILURE
            sink.set_state(gst.State.NULL)
            if opened:
                return factory
    return ""
