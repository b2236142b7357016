"""The door to pyds: ends of lists, and what is said where pyds is missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pythia.exceptions import MissingDependencyError
from pythia.meta import deepstream


class Node:
    """A node of a list that ends in one of the ways that pyds' documents know."""

    def __init__(self, items: list[str], end: str) -> None:
        self.data, self._rest, self._end = items[0], items[1:], end

    @property
    def next(self) -> Node | None:
        if self._rest:
            return Node(self._rest, self._end)
        if self._end == "None":
            return None
        raise StopIteration


@pytest.mark.parametrize("end", ["None", "StopIteration"])
def test_a_list_ends_either_way(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    kind = SimpleNamespace(cast=lambda data: SimpleNamespace(name=data, obj_meta_list=list_of("x")))

    def list_of(*names: str) -> Node:
        return Node(list(names), end)

    pyds = SimpleNamespace(NvDsFrameMeta=kind, NvDsObjectMeta=kind)
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    frames: Any = list_of("a", "b")

    names = [item.name for item in deepstream.walk(frames, "NvDsFrameMeta")]
    batch = SimpleNamespace(frame_meta_list=frames)
    pairs = [(frame.name, obj.name) for frame, obj in deepstream.batch_objects(batch)]

    assert names == ["a", "b"]
    assert pairs == [("a", "x"), ("b", "x")]


class FreedNode:
    """A node that removing its item frees, as DeepStream does."""

    def __init__(self, items: list[str], present: set[str]) -> None:
        self.data, self._rest, self._present = items[0], items[1:], present

    @property
    def next(self) -> FreedNode | None:
        assert self.data in self._present, "the node is freed"
        return FreedNode(self._rest, self._present) if self._rest else None


def test_items_may_be_removed_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    present = {"a", "b", "c"}
    objects: Any = FreedNode(["a", "b", "c"], present)
    kind = SimpleNamespace(cast=lambda data: data)
    frames = SimpleNamespace(cast=lambda _: SimpleNamespace(obj_meta_list=objects))
    pyds = SimpleNamespace(NvDsObjectMeta=kind, NvDsFrameMeta=frames)
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)

    walked = []
    for item in deepstream.walk(objects, "NvDsObjectMeta"):
        present.remove(item)
        walked.append(item)
    present.update(walked)
    for _, item in deepstream.batch_objects(SimpleNamespace(frame_meta_list=Node(["x"], "None"))):
        present.remove(item)

    assert walked == ["a", "b", "c"]
    assert not present


def test_an_empty_list_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = SimpleNamespace(cast=None)
    monkeypatch.setattr(deepstream, "_pyds", lambda: SimpleNamespace(NvDsUserMeta=kind))

    assert list(deepstream.walk(None, "NvDsUserMeta")) == []


@pytest.fixture(params=["missing", "look-alike"])
def no_pyds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("pythia.compat.pyds") if request.param == "look-alike" else None
    monkeypatch.setitem(sys.modules, "pyds", module)
    deepstream._pyds.cache_clear()
    yield
    deepstream._pyds.cache_clear()


@pytest.mark.usefixtures("no_pyds")
@pytest.mark.parametrize(
    ("version", "advice"),
    [
        ("6.2.0", r"pyds-1\.1\.6-\*\.whl"),
        ("6.3.0", r"DeepStream 6\.3\.0.*releases/tag/v1\.1\.8"),
        ("7.1.0", r"pyds-1\.2\.0-\*\.whl"),
        ("8.0.0", r"releases/tag/v1\.2\.2"),
        ("9.1.0", r"DeepStream 9\.1\.0.*build them"),
    ],
)
def test_without_pyds_it_is_said_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, version: str, advice: str
) -> None:
    monkeypatch.setattr(deepstream, "deepstream_version", lambda: version)

    with pytest.raises(MissingDependencyError, match=advice):
        deepstream.batch_of(1)
