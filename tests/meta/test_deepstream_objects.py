"""Python objects behind C's user metadata: in real memory, with real C functions, without pyds."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from ctypes import (
    CFUNCTYPE,
    Structure,
    addressof,
    c_char_p,
    c_int,
    c_void_p,
    cast,
    create_string_buffer,
    sizeof,
)
from types import SimpleNamespace
from typing import Any

import pytest

from pythia.exceptions import GstError
from pythia.meta import deepstream_objects


class UserMeta(Structure):
    """NvDsUserMeta as NVIDIA's header nvdsmeta.h has it: NvDsBaseMeta, then the data."""

    _fields_ = (
        ("batch_meta", c_void_p),
        ("meta_type", c_int),
        ("uContext", c_void_p),
        ("copy_func", c_void_p),
        ("release_func", c_void_p),
        ("user_meta_data", c_void_p),
    )


class CustomData(Structure):
    """CustomDataStruct as pyds' header custom_data.hpp has it."""

    _fields_ = (("structId", c_int), ("message", c_char_p), ("sampleInt", c_int))


_COPY, _RELEASE = CFUNCTYPE(c_void_p, c_void_p, c_void_p), CFUNCTYPE(None, c_void_p, c_void_p)


class User:
    """What pyds shows of a user metadata."""

    def __init__(self) -> None:
        self.c = UserMeta()
        self.base_meta = SimpleNamespace(meta_type=0)

    @property
    def user_meta_data(self) -> int | None:
        """Where the data are."""
        address: int | None = self.c.user_meta_data
        return address

    @user_meta_data.setter
    def user_meta_data(self, data: CustomData) -> None:
        self.c.user_meta_data = addressof(data)


class Memory:
    """The part of pyds that is used, over memory that C code could have."""

    def __init__(self) -> None:
        self.blocks: dict[int, Any] = {}
        self.copy, self.release = _COPY(self._copy), _RELEASE(self._release)
        self.CustomDataStruct = SimpleNamespace(cast=CustomData.from_address)
        self.NvDsMetaType = int

    def nvds_get_user_meta_type(self, _name: str) -> int:
        return 9000

    def get_ptr(self, thing: Any) -> int:
        return addressof(thing.c if isinstance(thing, User) else thing)

    def alloc_custom_struct(self, user: User) -> CustomData:
        user.c.copy_func = cast(self.copy, c_void_p).value
        user.c.release_func = cast(self.release, c_void_p).value
        return CustomData.from_address(self._new())

    def _new(self) -> int:
        block = create_string_buffer(sizeof(CustomData))
        self.blocks[addressof(block)] = block
        return addressof(block)

    def _copy(self, user: int, _: int | None) -> int:
        made = self._new()
        source = self.blocks[UserMeta.from_address(user).user_meta_data]
        self.blocks[made][:] = source[:]
        return made

    def _release(self, user: int, _: int | None) -> None:
        del self.blocks[UserMeta.from_address(user).user_meta_data]


def copied(user: User) -> User:
    """As DeepStream copies user metadata with a buffer."""
    made = User()
    made.c.copy_func, made.c.release_func = user.c.copy_func, user.c.release_func
    made.c.user_meta_data = _COPY(user.c.copy_func)(addressof(user.c), None)
    return made


def released(user: User) -> None:
    """As DeepStream gives user metadata back to its pool."""
    _RELEASE(user.c.release_func)(addressof(user.c), None)


@pytest.fixture
def pyds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Memory]:
    monkeypatch.setattr(deepstream_objects, "_functions", [])
    monkeypatch.setattr(deepstream_objects, "things", {})
    yield Memory()
    assert deepstream_objects.things == {}


class Thing:
    """Can be referred to weakly."""


def test_copies_share_the_object_and_the_last_one_frees_it(pyds: Memory) -> None:
    thing = Thing()
    gone = weakref.ref(thing)
    first = User()

    deepstream_objects.hold(pyds, first, thing)
    second = copied(first)
    third = copied(second)
    held = [deepstream_objects.held(pyds, user) for user in (first, second, third)]
    assert held == [(thing,)] * 3
    del thing, held
    for user in (second, first):
        released(user)
    gc.collect()

    assert gone() is not None
    assert deepstream_objects.held(pyds, third) == (gone(),)
    released(third)
    gc.collect()
    assert gone() is None
    assert pyds.blocks == {}  # C's memory is given back, too


def test_numbers_that_are_in_use_are_passed_over(
    pyds: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = [User(), User(), User()]
    for user, numbers in zip(users, ([5], [5, 6], [5, 6, 7]), strict=True):
        monkeypatch.setattr(deepstream_objects, "_numbers", iter(numbers))
        deepstream_objects.hold(pyds, user, numbers)

    assert [deepstream_objects.held(pyds, user) for user in users] == [
        ([5],),
        ([5, 6],),
        ([5, 6, 7],),
    ]
    for user in users:
        released(user)


def test_memory_laid_out_in_another_way_is_refused(
    pyds: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User()
    monkeypatch.setattr(pyds, "alloc_custom_struct", lambda _: CustomData())  # no functions set

    with pytest.raises(GstError, match="in a way that is not known here"):
        deepstream_objects.hold(pyds, user, Thing())
