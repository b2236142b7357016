"""GStreamer's own options, ``--gst-debug`` and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import GstError
from pythia.gst import GLib, Gst


def apply(options: Iterable[tuple[str, str | None]]) -> None:
    """Set GStreamer up as the options say.

    Args:
        options: names without ``--gst-``, with their values.

    Raises:
        GstError: an option is unknown, lacks its value, or its value is impossible.
    """
    for name, value in options:
        if name in _FLAGS and value is None:
            _FLAGS[name]()
        elif name in _VALUES and value is not None:
            _VALUES[name](value)
        else:
            raise GstError(_complaint(name, value))


def _complaint(name: str, value: str | None) -> str:
    if name in _FLAGS:
        return f"--gst-{name} takes no value, found {value!r}"
    if name in _VALUES:
        return f"--gst-{name} needs a value: --gst-{name}=VALUE"
    known = [f"--gst-{known}" for known in (*_VALUES, *_FLAGS)]
    hint = did_you_mean(f"--gst-{name}", known)
    return f"unknown option --gst-{name}{hint} (available: {', '.join(known)})"


def _debug_level(value: str) -> None:
    if not value.isdigit() or int(value) > int(Gst.DebugLevel.MEMDUMP):
        raise GstError(f"--gst-debug-level={value}: expected a number from 0 to 9")
    Gst.debug_set_default_threshold(Gst.DebugLevel(int(value)))


def _color_mode(value: str) -> None:
    modes = {"on": Gst.DebugColorMode.ON, "off": Gst.DebugColorMode.OFF}
    modes["auto"] = modes["unix"] = Gst.DebugColorMode.UNIX
    if value not in modes:
        raise GstError(f"--gst-debug-color-mode={value}: available: {', '.join(modes)}")
    Gst.debug_set_color_mode(modes[value])


def _plugin_load(value: str) -> None:
    for name in filter(None, value.split(",")):
        if Gst.Plugin.load_by_name(name) is None:
            raise GstError(f"--gst-plugin-load={value}: there is no plugin {name!r}")


def _plugin_path(value: str) -> None:
    for folder in filter(None, value.split(":")):
        Gst.Registry.get().scan_path(folder)


def _fatal_warnings() -> None:
    GLib.log_set_always_fatal(
        GLib.LogLevelFlags.LEVEL_CRITICAL
        | GLib.LogLevelFlags.LEVEL_WARNING
        | GLib.LogLevelFlags.FLAG_FATAL
        | GLib.LogLevelFlags.LEVEL_ERROR
    )


_VALUES: dict[str, Callable[[str], None]] = {
    "debug": lambda value: Gst.debug_set_threshold_from_string(value, False),
    "debug-level": _debug_level,
    "debug-color-mode": _color_mode,
    "plugin-path": _plugin_path,
    "plugin-load": _plugin_load,
}
_FLAGS: dict[str, Callable[[], None]] = {
    "debug-no-color": lambda: Gst.debug_set_color_mode(Gst.DebugColorMode.OFF),
    "debug-disable": lambda: Gst.debug_set_active(False),
    "fatal-warnings": _fatal_warnings,
    "disable-segtrap": lambda: Gst.segtrap_set_enabled(False),
}
