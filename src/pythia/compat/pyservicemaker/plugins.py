"""Objects that can be attached by the name of their plugin, NVIDIA's and the program's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.errors import NodeError, UnavailableError
from pythia.compat.pyservicemaker.probe import Probe
from pythia.core.suggestion import did_you_mean

__all__ = ["CommonFactory", "create", "probe", "register_probe"]

_HERE = "pythia.compat.pyservicemaker."
_OPERATORS = {
    "measure_fps_probe": ("measure_fps", "MeasureFps"),
    "measure_latency_probe": ("measure_latency", "MeasureLatency"),
    "add_message_meta_probe": ("add_message_meta", "AddMessageMeta"),
    "kitti_dump_probe": ("kitti_dump", "KittiDump"),
    "sample_video_probe": ("sample_video", "CountMarker"),
}
"""By name of the plugin: module and class of the operator, which has DEFAULTS."""

_OBJECTS = {
    "sample_video_feeder": ("sample_video", "SampleVideoFeeder"),
    "sample_video_receiver": ("sample_video", "SampleVideoReceiver"),
    "sample_signal_handler": ("signal_handler", "ModelUpdatedHandler"),
    "smart_recording_signal": ("signal_handler", "RecordingDoneHandler"),
    "smart_recording_action": ("smart_recording", "SmartRecordingAction"),
}
_REFUSED = {
    "resnet_tensor_parser": (
        "it calls a library of nvinfer's that is built for NVIDIA's runtime; leave "
        "output-tensor-meta out, and nvinfer parses such outputs itself, or parse them in a "
        "BatchMetadataOperator with tensor_items"
    ),
    "lidar_feeder": "it feeds point clouds to DeepStream 3D, which is not on this runtime",
    "ensemble_render": "it draws with DeepStream 3D, which is not on this runtime",
}

_own: dict[str, tuple[type, Mapping[str, Any]]] = {}


def create(plugin: str, name: str) -> Object:
    """Make an object of a plugin.

    Raises:
        NodeError: there is no plugin of this name.
        UnavailableError: it needs what only NVIDIA's runtime has.
    """
    plugin = plugin.rpartition(".")[2]  # module.factory, as pipeline files have it
    if plugin in _own:
        cls, defaults = _own[plugin]
        return Probe(name, cls(), plugin, defaults)
    if plugin in _OPERATORS:
        cls = _load(*_OPERATORS[plugin])
        return Probe(name, cls(), plugin, cls.DEFAULTS)
    if plugin in _OBJECTS:
        made: Object = _load(*_OBJECTS[plugin])(name, plugin)
        return made
    if plugin in _REFUSED:
        raise UnavailableError(
            f"{plugin} is not available on the portable runtime: {_REFUSED[plugin]}"
        )
    raise NodeError(
        f"no plugin {plugin!r}{did_you_mean(plugin, _known())}; available: {', '.join(_known())}"
    )


def _known() -> list[str]:
    return sorted({*_OPERATORS, *_OBJECTS, *_own})


def _load(module: str, cls: str) -> Any:
    return getattr(import_module(_HERE + module), cls)


class CommonFactory:
    """Makes objects by the name of their plugin."""

    @staticmethod
    def create(plugin: str, name: str) -> Object:
        """Make an object; raises as :func:`create`."""
        return create(plugin, name)


def register_probe(name: str, cls: type, params: Mapping[str, Any] | None = None) -> type:
    """Have ``attach(node, name, ...)`` make an operator of the program's own.

    Args:
        name: Of the plugin.
        cls: Of the operator, made without arguments.
        params: Properties by name: ``(type, default)`` or ``(type, default, description)``, with
            the type ``integer``, ``float``, ``string``, ``path`` or ``boolean``.

    Raises:
        TypeError: a property has another form.
    """
    _own[name] = cls, {key: _default(key, given) for key, given in (params or {}).items()}
    return cls


_TYPES = {"integer": int, "float": float, "string": str, "path": str, "boolean": bool}


def _default(name: str, given: Any) -> Any:
    if not isinstance(given, tuple | list) or len(given) < 2 or given[0] not in _TYPES:
        raise TypeError(
            f"property {name!r}: (type, default) is needed with one of {', '.join(_TYPES)}, "
            f"not {given!r}"
        )
    return _TYPES[given[0]](given[1])


def probe(name: str, params: Mapping[str, Any] | None = None) -> Callable[[type], type]:
    """Decorator: :func:`register_probe` for the class below it."""
    return lambda cls: register_probe(name, cls, params)
