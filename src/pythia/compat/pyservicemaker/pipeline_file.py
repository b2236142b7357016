"""Pipelines as files: nodes and edges in YAML, or JSON, which is YAML.

::

    deepstream:
      nodes:
      - {type: filesrc, name: src, properties: {location: video.h264}}
      - {type: measure_fps_probe.measure_fps_probe, name: fps}
      edges:
        src: parser
        decoder.src: mux.sink_%u
        infer: [osd, fps]

A type with a dot is a plugin, whose object is attached where an edge leads to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pythia.compat.pyservicemaker.source_config import read_yaml
from pythia.core.suggestion import did_you_mean
from pythia.exceptions import ConfigError

if TYPE_CHECKING:
    from pythia.compat.pyservicemaker.pipeline import Pipeline

_KEYS = {"type", "name", "properties"}


def build(pipeline: Pipeline, file: str) -> None:
    """Add what a file describes to a pipeline.

    Raises:
        MissingFileError: there is no such file.
        ConfigError: it is no YAML, or not of this form.
        NodeError: a node, property or edge is not possible.
    """
    document = read_yaml(file)
    graph = document.get("deepstream")
    if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), list):
        raise ConfigError(
            f"{file}: a pipeline has 'deepstream:' with 'nodes:' and 'edges:' in it; "
            f"found: {', '.join(map(str, document))}"
        )
    names = _Graph(pipeline, file)
    for node in graph["nodes"]:
        names.add(node)
    for source, target in _edges(graph.get("edges") or {}, file):
        names.connect(source, target)


def _edges(edges: Any, file: str) -> Iterator[tuple[str, str]]:
    if not isinstance(edges, dict):
        raise ConfigError(f"{file}: edges are lines as in 'src: parser', not {edges!r}")
    for source, targets in edges.items():
        for target in targets if isinstance(targets, list) else [targets]:
            yield str(source), str(target)


class _Graph:
    """Nodes by name, and objects that wait for the edge that leads to them."""

    def __init__(self, pipeline: Pipeline, file: str) -> None:
        self._pipeline = pipeline
        self._file = file
        self._names: set[str] = set()
        self._objects: dict[str, tuple[str, dict[str, Any]]] = {}

    def add(self, node: Any) -> None:
        """Add a node, or remember an object."""
        if not isinstance(node, dict) or not {"type", "name"} <= set(node):
            raise ConfigError(f"{self._file}: a node has a type and a name: {node!r}")
        unknown = [key for key in node if key not in _KEYS]
        if unknown:
            meant = did_you_mean(unknown[0], _KEYS)
            raise ConfigError(f"{self._file}: node {node['name']!r}: no key {unknown[0]!r}{meant}")
        kind, name = str(node["type"]), str(node["name"])
        properties = node.get("properties") or {}
        if "." in kind:
            self._objects[name] = kind, properties
        else:
            self._pipeline.add(kind, name, properties)
            self._names.add(name)

    def connect(self, source: str, target: str) -> None:
        """Link two nodes, or attach an object to a node."""
        node, pad = self._split(source)
        if target in self._objects:
            kind, properties = self._objects[target]
            self._pipeline.attach(node, kind, target, pad, properties)
            return
        other, other_pad = self._split(target)
        self._pipeline.link((node, other), (pad, other_pad))

    def _split(self, place: str) -> tuple[str, str]:
        if place in self._names:
            return place, ""
        node, _, pad = place.rpartition(".")
        if node in self._names:
            return node, pad
        known = sorted(self._names | set(self._objects))
        raise ConfigError(
            f"{self._file}: edges: there is no node {place!r}{did_you_mean(place, known)}; "
            f"available: {', '.join(known)}"
        )
