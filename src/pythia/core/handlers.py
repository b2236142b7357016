"""The ``on_message`` and ``on_message_<type>`` methods of an application."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import HandlerError
from pythia.gst import Gst

logger = logging.getLogger("pythia.core.handlers")

Handler = Callable[[Gst.Bus, Gst.Message], object]

ANY = "on_message"
PREFIX = "on_message_"

MESSAGE_TYPES = frozenset(
    Gst.MessageType.get_name(value)
    for name, value in vars(Gst.MessageType).items()
    if isinstance(value, Gst.MessageType) and name not in ("ANY", "EXTENDED", "UNKNOWN")
)
"""Names of all bus messages of this GStreamer: ``eos``, ``error``, ``state-changed``, ..."""

_LAST = Gst.MessageType.EOS | Gst.MessageType.ERROR
"""Nothing that could end the run comes after these: a handler of theirs must not fail quietly."""


class Handlers:
    """Calls an object's methods for bus messages: ``on_message`` first, then the type's own.

    Args:
        owner: Has the methods.
        goes_on: The run goes on when a method raises, except for ``eos`` and ``error``.

    Attributes:
        error: What a method raised first while ``goes_on``, None so far.

    Raises:
        HandlerError: A method names a message type that does not exist, or is ``async``.
    """

    def __init__(self, owner: object, *, goes_on: bool) -> None:
        self._by_type = find_handlers(owner)
        self._any: Handler = getattr(owner, ANY)
        self._goes_on = goes_on
        self.error: Exception | None = None

    def reset(self) -> None:
        """Forget the last run."""
        self.error = None

    def __call__(self, bus: Gst.Bus, message: Gst.Message) -> None:
        """Call the methods for ``message``."""
        for handler in (self._any, self._by_type.get(Gst.MessageType.get_name(message.type))):
            if handler is None:
                continue
            try:
                handler(bus, message)
            except Exception as error:
                if not self._goes_on or message.type & _LAST:
                    raise
                self._keep(handler, error)

    def _keep(self, handler: Handler, error: Exception) -> None:
        if self.error is not None:
            logger.debug("%s failed again", handler, exc_info=error)
            return
        self.error = error
        logger.error("a bus handler raised; the pipeline goes on", exc_info=error)


def find_handlers(owner: object) -> dict[str, Handler]:
    """Return message type -> bound method, for every ``on_message_<type>`` that ``owner`` has.

    Raises:
        HandlerError: A method names a message type that does not exist (lists those that do), or
            a method is ``async``.
    """
    names = [name for name in dir(type(owner)) if name.startswith(PREFIX)]
    for name in (ANY, *names):
        if inspect.iscoroutinefunction(getattr(owner, name)):
            raise HandlerError(
                f"{type(owner).__name__}.{name} is async, and nobody would await it: handlers are "
                "called by the thread that watches the bus; use def, and "
                "asyncio.run_coroutine_threadsafe(...) inside it"
            )
    return {_message_type(owner, name): getattr(owner, name) for name in names}


def _message_type(owner: object, name: str) -> str:
    kind = name[len(PREFIX) :].replace("_", "-")
    if kind not in MESSAGE_TYPES:
        known = sorted(found.replace("-", "_") for found in MESSAGE_TYPES)
        meant = did_you_mean(kind.replace("-", "_"), known)
        raise HandlerError(
            f"{type(owner).__name__}.{name}: there is no bus message {kind!r}{meant}; "
            f"available: {', '.join(PREFIX + found for found in known)}"
        )
    return kind
