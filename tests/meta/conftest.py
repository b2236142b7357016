"""The batch of the contract, on each provider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import pythia
from pythia.meta import deepstream, deepstream_objects, deepstream_writing
from support.contract import PydsMaker, portable_batch


def _pyds(name: str) -> Any:
    if name == "look-alike":
        from pythia.compat import pyds

        return pyds
    pyds = pytest.importorskip("pyds", reason="NVIDIA's bindings are not installed")
    if pyds.__name__ != "pyds":
        pytest.skip("NVIDIA's bindings are not installed")
    return pyds


def follow_without_c(pyds: Any, user: Any, _data: Any) -> None:
    """What ``deepstream_objects.follow`` does in C's memory, by the look-alike's own means."""

    def copy(handle: Any, _: Any) -> Any:
        data = pyds.CustomDataStruct.cast(pyds.NvDsUserMeta.cast(handle).user_meta_data)
        made = pyds.CustomDataStruct()
        made.structId = data.structId
        made.sampleInt = deepstream_objects.keep(deepstream_objects.things[data.sampleInt])
        return made

    def release(handle: Any, _: Any) -> None:
        data = pyds.CustomDataStruct.cast(pyds.NvDsUserMeta.cast(handle).user_meta_data)
        deepstream_objects.things.pop(data.sampleInt, None)

    pyds.set_user_copyfunc(user, copy)
    pyds.set_user_releasefunc(user, release)


@pytest.fixture(params=["portable", "look-alike", "pyds"])
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    if request.param == "portable":
        yield portable_batch()
        return
    pyds = _pyds(request.param)
    monkeypatch.setattr(deepstream, "_pyds", lambda: pyds)
    if request.param == "look-alike":  # it has no C memory
        locks = (pyds.nvds_acquire_meta_lock, pyds.nvds_release_meta_lock)
        monkeypatch.setattr(deepstream_writing, "lock_functions", lambda: locks)
        monkeypatch.setattr(deepstream_objects, "follow", follow_without_c)
    remembered = (deepstream._analytics_types, deepstream_writing.python_object_type)
    for function in remembered:
        function.cache_clear()
    maker = PydsMaker(pyds)
    yield maker.batch
    for function in remembered:
        function.cache_clear()


@pytest.fixture
def frame(batch: Any) -> Any:
    return next(iter(pythia.frames_per_batch(batch)))


@pytest.fixture
def objects(frame: Any) -> dict[str, Any]:
    return {obj.obj_label: obj for obj in pythia.objects_per_frame(frame)}
