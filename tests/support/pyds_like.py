"""A stand-in for pyds with what its real version was measured to do: linked lists of handles.

The end of a list is None, ``data`` is a handle that only ``cast`` understands, and user metadata
is told apart by numbers.
"""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

from pythia.meta.portable import PortableObject, PortableUser


class Handle:
    """An opaque handle, a new one at each read."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing


class GList:
    """A node of a linked list."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things

    @property
    def data(self) -> Handle:
        """The item, behind a handle."""
        return Handle(self._things[0])

    @property
    def next(self) -> GList | None:
        """The node behind this one; None at the end."""
        return glist(self._things[1:])


def glist(things: list[Any]) -> GList | None:
    """A list of metadata; an empty one is None."""
    return GList(things) if things else None


_LISTS = (
    "frame_meta_list",
    "obj_meta_list",
    "classifier_meta_list",
    "label_info_list",
    "obj_user_meta_list",
    "frame_user_meta_list",
)


def linked(thing: Any, pyds: Any, known: dict[int, Any] | None = None) -> Any:
    """Portable metadata as pyds shows it: linked lists, numbers for types, handles for data."""
    known = {} if known is None else known
    if thing is None or id(thing) in known:
        return known.get(id(thing))
    names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    names = [name for name in names if not name.startswith("_")]
    result = SimpleNamespace(**{name: getattr(thing, name) for name in names})
    known[id(thing)] = result
    for name in _LISTS:
        if hasattr(thing, name):
            setattr(
                result, name, glist([linked(item, pyds, known) for item in getattr(thing, name)])
            )
    if isinstance(thing, PortableObject):
        result.parent = linked(thing.parent, pyds, known)
    if isinstance(thing, PortableUser):
        kind = thing.base_meta.meta_type
        number = kind if isinstance(kind, int) else pyds.nvds_get_user_meta_type(kind)
        result.base_meta = SimpleNamespace(meta_type=number)
        result.user_meta_data = Handle(thing.user_meta_data)
    return result


def _kind() -> Any:
    def cast(handle: Any) -> Any:
        if not isinstance(handle, Handle):
            raise TypeError(f"cast of {type(handle).__name__}")
        return handle._thing

    return SimpleNamespace(cast=cast)


def module(batches: dict[int, Any], surfaces: dict[tuple[int, int], Any] | None = None) -> Any:
    """The module; ``batches`` maps a buffer's address to its batch metadata.

    ``surfaces`` maps address and batch_id to arrays; ``mapped`` counts those not yet unmapped.
    """
    mapped: Counter[tuple[int, int]] = Counter()

    def surface_of(address: Any, batch_id: int) -> Any:
        if not isinstance(address, int):
            raise TypeError("get_nvds_buf_surface takes an address")
        if (address, batch_id) not in (surfaces or {}):
            raise RuntimeError("get_nvds_buf_Surface: Currently we only support RGBA color Format")
        mapped[address, batch_id] += 1
        return (surfaces or {})[address, batch_id]

    def unmap(address: int, batch_id: int) -> None:
        mapped[address, batch_id] -= 1

    numbers: dict[str, int] = {}

    def user_meta_type(name: str) -> int:
        return numbers.setdefault(name, 8193 + 100 + len(numbers))

    def batch_of(address: Any) -> Any:
        if not isinstance(address, int):
            raise TypeError("gst_buffer_get_nvds_batch_meta takes an address")
        return batches.get(address)

    kinds = (
        "NvDsFrameMeta",
        "NvDsObjectMeta",
        "NvDsClassifierMeta",
        "NvDsLabelInfo",
        "NvDsUserMeta",
        "NvDsAnalyticsObjInfo",
        "NvDsAnalyticsFrameMeta",
        "NvDsInferSegmentationMeta",
    )
    return SimpleNamespace(
        gst_buffer_get_nvds_batch_meta=batch_of,
        nvds_get_user_meta_type=user_meta_type,
        get_nvds_buf_surface=surface_of,
        unmap_nvds_buf_surface=unmap,
        mapped=mapped,
        get_segmentation_masks=lambda meta: meta.class_map.copy(),
        **{name: _kind() for name in kinds},
    )
