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
    return found if hasattr(found, "get_name") else None


def mend() -> None:
    """Have structures given themselves, as context managers that keep what they belong to."""
    overrides: Any = sys.modules.get("gi.overrides.Gst")
    wrapper = getattr(overrides, "StructureWrapper", None)
    if not isinstance(wrapper, type) or hasattr(wrapper, "__getattr__"):
        return

    def owned(structure: Any, owner: object, writable: bool) -> Any:
        if structure is None:
            return wrapper(None, owner, writable)
        structure.__parent__ = owner  # it lies in the owner's memory
        return structure

    overrides.StructureWrapper = owned
    overrides.Structure.__enter__ = lambda self: self
    overrides.Structure.__exit__ = _leave


def _leave(structure: Any, *_error: object) -> None:
    structure.__parent__ = None  # caps can be written when nobody else holds them
