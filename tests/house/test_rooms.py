"""The import table of the design, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"

# Room -> what it may import besides the standard library and pythia.exceptions / pythia.version.
MAY = {
    "gst": {"gi", "ctypes", "numpy", "pythia.gst"},
    "vision": {"numpy", "scipy", "cv2", "onnxruntime", "yaml", "PIL", "pythia.vision"},
    "samples": {"pythia.samples"},
    "meta.types": set(),
    "meta.portable": {
        "numpy",
        "pythia.meta.portable_analytics",
        "pythia.meta.portable_event",
        "pythia.meta.portable_osd",
        "pythia.meta.portable_sensor",
        "pythia.meta.portable_viewed",
        "pythia.meta.types",
    },
    "meta.portable_analytics": {"pythia.meta.portable_viewed"},
    "meta.portable_event": {"pythia.meta.portable_viewed", "pythia.meta.types"},
    "meta.portable_latency": set(),
    "meta.latency": {"pythia.meta"},
    "meta.portable_optical_flow": {"numpy", "pythia.meta.portable_viewed"},
    "meta.portable_osd": {"numpy", "pythia.meta.portable_viewed"},
    "meta.portable_preprocess": {
        "numpy",
        "pythia.meta.portable",
        "pythia.meta.portable_osd",
        "pythia.meta.types",
    },
    "meta.portable_sensor": set(),
    "meta.portable_tracker": {
        "numpy",
        "pythia.meta.portable_osd",
        "pythia.meta.portable_viewed",
    },
    "meta.portable_viewed": set(),
    "meta.carrier": {"pythia.gst", "pythia.meta.portable"},
    "meta.deepstream": {
        "pyds",
        "pythia.bindings",
        "pythia.meta.runtime",
        "pythia.meta.types",
    },
    "meta.deepstream_objects": {"ctypes", "pythia.meta.types"},
    "meta.deepstream_writing": {
        "ctypes",
        "pythia.meta.deepstream",
        "pythia.meta.deepstream_objects",
        "pythia.meta.types",
    },
    "meta.portable_writing": {
        "pythia.meta.portable",
        "pythia.meta.portable_osd",
        "pythia.meta.types",
    },
    "bindings": set(),
    "meta.runtime": {"pythia.gst"},
    "meta.__init__": {"pythia.gst", "pythia.meta"},
    "iterators": {"numpy", "pythia.meta"},
    "writing": {"pythia.meta", "pythia.iterators", "pythia.writing"},
    "table": {"numpy", "pythia.meta", "pythia.iterators"},
    "detections": {"numpy", "supervision", "pythia.meta", "pythia.table"},
    "event_stream": {"numpy", "orjson", "msgpack", "pythia.event_stream"},
    "event_stream.amqp": {"pika", "pythia.event_stream"},
    "event_stream.kafka": {"confluent_kafka", "pythia.event_stream"},
    "event_stream.mqtt": {"paho", "pythia.event_stream"},
    "event_stream.nats": {"nats", "pythia.event_stream"},
    "event_stream.redis": {"redis", "pythia.event_stream"},
    "messages": {
        "pythia.meta.types",
        "pythia.meta.portable_event",
        "pythia.vision.config_file",
        "pythia.vision.config_values",
        "pythia.messages",
    },
    "elements": {
        "numpy",
        "pythia.gst",
        "pythia.meta",
        "pythia.vision",
        "pythia.messages",
        "pythia.elements",
    },
    "elements.nvmsgbroker": {
        "pythia.gst",
        "pythia.meta",
        "pythia.vision.config_file",
        "pythia.messages",
        "pythia.elements",
        "pythia.event_stream",
    },
    "elements.broker_payload": {"pythia.event_stream.formats", "pythia.messages"},
    "elements.metareplay": {
        "pythia.gst",
        "pythia.meta",
        "pythia.elements",
        "pythia.recording",
    },
    "core": {
        "jinja2",
        "pythia.gst",
        "pythia.meta",
        "pythia.event_stream",
        "pythia.samples",
        "pythia.elements",
        "pythia.core",
    },
    "recording": {"numpy", "orjson", "msgpack", "pythia.meta", "pythia.recording"},
    "recording.deepstream": {"ctypes", "numpy", "pythia.meta", "pythia.recording"},
    "testing": {
        "pythia.gst",
        "pythia.meta",
        "pythia.core",
        "pythia.event_stream",
        "pythia.recording",
        "pythia.testing",
    },
    "testing.pad_watch": {"ctypes", "pythia.gst", "pythia.recording"},
    "testing.pytest_plugin": {"pytest", "pythia.testing"},
    "compat": {
        "pythia.gst",
        "pythia.meta",
        "pythia.samples",
        "pythia.elements",
        "pythia.vision.missing_file",
        "pythia.compat",
    },
    "compat.pyds": {"ctypes", "numpy", "pythia.gst", "pythia.meta", "pythia.compat.pyds"},
    "compat.pyds.encoder": {
        "numpy",
        "cv2",
        "pythia.meta",
        "pythia.vision",
        "pythia.elements.frames",
        "pythia.compat.pyds",
    },
    "compat.pyds.messages": {"numpy", "pythia.meta", "pythia.messages", "pythia.compat.pyds"},
    "compat.pyservicemaker": {
        "ctypes",
        "numpy",
        "yaml",
        "pythia.gst",
        "pythia.meta",
        "pythia.core",
        "pythia.elements",
        "pythia.messages.timestamp",
        "pythia.vision.missing_file",
        "pythia.compat.pyds.meta_types",
        "pythia.compat.pyservicemaker",
    },
    "compat.pyservicemaker.media_info": {"gi", "pythia.gst", "pythia.compat.pyservicemaker"},
    "compat.pyservicemaker.rtsp_server": {"gi", "pythia.gst", "pythia.compat.pyservicemaker"},
    "recipes": {
        "numpy",
        "orjson",
        "cv2",
        "tqdm",
        "pythia.gst",
        "pythia.meta",
        "pythia.vision",
        "pythia.samples",
        "pythia.core",
        "pythia.iterators",
        "pythia.frames",
        "pythia.recipes",
    },
    "doctor": {"pythia.bindings", "pythia.samples", "pythia.event_stream", "pythia.doctor"},
    "doctor.probes.gstreamer": {"gi"},
    "cli": {
        "pythia.core",
        "pythia.compat",
        "pythia.doctor",
        "pythia.recipes",
        "pythia.samples",
        "pythia.testing",
        "pythia.cli",
        "pythia.gst",
    },
    "cli.metareplay": {"pythia.core", "pythia.event_stream", "pythia.testing"},
    "frames": {
        "numpy",
        "pythia.gst",
        "pythia.meta",
        "pythia.iterators",
        "pythia.vision",
        "pythia.elements.frames",
    },
    "__init__": {
        "pythia.core",
        "pythia.detections",
        "pythia.frames",
        "pythia.gst",
        "pythia.iterators",
        "pythia.table",
        "pythia.writing",
    },
    "__main__": {"pythia.cli"},
}
# What an import of pythia must not cost: these are imported inside functions only.
HEAVY = {"cv2", "scipy", "onnxruntime", "yaml", "PIL", "pyds", "jinja2", "supervision"}
STANDARD = {"pythia.exceptions", "pythia.version"}


def _modules() -> list[str]:
    files = sorted((SRC / "pythia").rglob("*.py"))
    return [str(file.relative_to(SRC / "pythia")) for file in files]


def _room(module: str) -> str:
    name = module.removesuffix(".py").replace("/", ".")
    if name in MAY or name.startswith("meta."):
        return name
    for room in ("compat.pyds", "compat.pyservicemaker"):
        if name.startswith(room):
            return room
    return name.split(".")[0]


def _is_module(name: str) -> bool:
    path = SRC / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").exists()


def _imports(module: str) -> Iterator[tuple[str, bool]]:
    """Each imported name, and whether the import runs when the module is imported."""
    tree = ast.parse((SRC / "pythia" / module).read_text())
    inside: set[int] = set()
    for node in ast.walk(tree):
        lazy = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        if lazy or typing_only:
            inside.update(id(child) for child in ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                name = submodule if _is_module(submodule) else str(node.module)
                yield name, id(node) not in inside


def _is_allowed(name: str, room: str) -> bool:
    import sys

    top = name.split(".")[0]
    if top in sys.stdlib_module_names:
        return top != "ctypes" or "ctypes" in MAY[room]
    if name in STANDARD:
        return True
    if name == "pythia":
        return False
    return any(name == allowed or name.startswith(allowed + ".") for allowed in MAY[room])


@pytest.mark.parametrize("module", _modules())
def test_a_room_imports_only_what_its_floor_may(module: str) -> None:
    room = _room(module)

    forbidden = sorted({name for name, _ in _imports(module) if not _is_allowed(name, room)})

    assert not forbidden, f"{module} (room {room}) imports {', '.join(forbidden)}"


def _loaded_at_once(module: str, seen: set[str]) -> set[str]:
    """All that importing one of our modules imports at once, through our own modules."""
    if module in seen:
        return set()
    seen.add(module)
    loaded: set[str] = set()
    for name, at_once in _imports(module):
        if not at_once:
            continue
        loaded.add(name)
        for path in (name.replace(".", "/") + ".py", name.replace(".", "/") + "/__init__.py"):
            inner = path.removeprefix("pythia/")
            if path.startswith("pythia/") and (SRC / path).exists():
                loaded |= _loaded_at_once(inner, seen)
    return loaded


LIGHT = [
    "__init__.py",
    "detections.py",
    "frames.py",
    "iterators.py",
    "table.py",
    "elements/registry.py",
    *(m for m in _modules() if m.startswith(("elements/nv", "cli/", "core/", "event_stream/"))),
]


@pytest.mark.parametrize("module", LIGHT)
def test_heavy_libraries_are_imported_where_they_are_used(module: str) -> None:
    loaded = {name.split(".")[0] for name in _loaded_at_once(module, set())}

    assert not loaded & HEAVY
