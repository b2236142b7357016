"""Structures of caps, events and queries, in all versions of GStreamer's Python overrides.

Since 1.26 ``caps.get_structure(0)``, and that of events and queries, gives a context manager
instead of the structure, also where there is none. So ``caps.get_structure(0).get_name()``, which
all programs written before use, raises AttributeError. Both forms work after :func:`mend`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pythia.gst.library import Gst


def structure_of(owner: Gst.Event | Gst.Query) -> Gst.Structure | None:
    """The structure of an event or query, valid as long as that; None where there is none."""
    found = owner.get_structure()
    wrapper = _wrapper()
    return _inner(found) if wrapper is not None and isinstance(found, wrapper) else found


def mend() -> None:
    """Give the context manager, where there is one, what its structure has."""
    wrapper = _wrapper()
    if wrapper is not None and not hasattr(wrapper, "__getattr__"):
        wrapper.__getattr__ = lambda self, name: getattr(_inner(self), name)
        wrapper.__getitem__ = lambda self, key: _inner(self)[key]
        wrapper.__str__ = lambda self: str(_inner(self))


def _wrapper() -> Any:
    return getattr(sys.modules.get("gi.overrides.Gst"), "StructureWrapper", None)


def _inner(wrapper: Any) -> Any:
    return vars(wrapper)["_StructureWrapper__structure"]
