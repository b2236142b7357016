"""The ``on_message_<type>`` methods of an application."""

from __future__ import annotations

from collections.abc import Callable

from pythia.core.suggestion import did_you_mean
from pythia.gst import Gst

Handler = Callable[[Gst.Bus, Gst.Message], object]

PREFIX = "on_message_"

MESSAGE_TYPES = frozenset(
    Gst.MessageType.get_name(value)
    for name, value in vars(Gst.MessageType).items()
    if isinstance(value, Gst.MessageType) and name not in ("ANY", "EXTENDED", "UNKNOWN")
)
"""Names of all bus messages of this GStreamer: ``eos``, ``error``, ``state-changed``, ..."""


def find_handlers(owner: object) -> dict[str, Handler]:
    """Return message type -> bound method, for every ``on_message_<type>`` that ``owner`` has.

    Raises:
        AttributeError: A method names a message type that does not exist; lists those that do.
    """
    names = [name for name in dir(type(owner)) if name.startswith(PREFIX)]
    return {_message_type(owner, name): getattr(owner, name) for name in names}


def _message_type(owner: object, name: str) -> str:
    kind = name[len(PREFIX) :].replace("_", "-")
    if kind not in MESSAGE_TYPES:
        known = sorted(found.replace("-", "_") for found in MESSAGE_TYPES)
        meant = did_you_mean(kind.replace("-", "_"), known)
        raise AttributeError(
            f"{type(owner).__name__}.{name}: there is no bus message {kind!r}{meant}; "
            f"available: {', '.join(PREFIX + found for found in known)}"
        )
    return kind
