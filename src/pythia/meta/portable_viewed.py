"""What lets ``compat.pyds`` show one metadata as one Python object, as pyds does."""

from __future__ import annotations

import copyreg
from typing import Any


class Viewed:
    """Remembers, weakly, the view through which ``compat.pyds`` shows it; else it stays unset."""

    __slots__ = ("__weakref__", "_view")

    _view: Any

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        """For ``copy`` and ``pickle``: everything but the view, which is of this object only."""
        names = copyreg._slotnames(type(self))  # type: ignore[attr-defined]
        kept = [name for name in names if name != "_view" and hasattr(self, name)]
        return None, {name: getattr(self, name) for name in kept}
