"""The structure of one's own that pyds brings as an example."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pythia.compat.pyds.core_meta import NvDsUserMeta
from pythia.compat.pyds.strings import text
from pythia.compat.pyds.user_data import PydsUser
from pythia.compat.pyds.views import INT, Capsule, View, capsule_cast, integer, meta_of, show
from pythia.meta.portable_viewed import Viewed

__all__ = [
    "CustomDataStruct",
    "alloc_custom_struct",
]


@dataclass(slots=True, eq=False)
class CustomData(Viewed):
    """Two numbers and a text."""

    structId: int = 0
    message: str | None = None
    sampleInt: int = 0

    def copy(self) -> CustomData:
        """An independent copy."""
        return replace(self)


class CustomDataStruct(View, kind=CustomData):
    """Two numbers and a text; ``message`` is read as an address."""

    __slots__ = ()

    structId = integer("structId", *INT)
    message = text("message")
    sampleInt = integer("sampleInt", *INT)


CustomDataStruct.cast = capsule_cast(CustomDataStruct)


def alloc_custom_struct(meta: Any) -> Any:
    """A new structure, which copies of the metadata get a copy of; to be assigned to it."""
    user = meta_of(meta, NvDsUserMeta, "meta")
    if isinstance(user, PydsUser):
        user.copy_func = _copied
    return show(CustomDataStruct, CustomData(), meta._owner)


def _copied(handle: Capsule, _: Any) -> Any:
    data = handle._meta.user_meta_data
    return Capsule(data.copy() if isinstance(data, CustomData) else data)
