"""smart_recording_action: recordings that messages of a broker start and stop."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from pythia.compat.pyservicemaker.signal import Emitter
from pythia.compat.pyservicemaker.views import say_once

_SETTINGS = ("proto-lib", "conn-str", "proto-config-file", "msgconv-config-file", "topic-list")


class SmartRecordingAction(Emitter):
    """Takes its settings and nodes, and says that nobody listens to the broker here.

    Recordings are started by the program itself: :meth:`Pipeline.start_recording`.
    """

    ACTIONS = ("start-sr", "stop-sr")
    DEFAULTS = MappingProxyType(dict.fromkeys(_SETTINGS, ""))

    def attach(self, action: str, node: Any) -> None:
        """Have a node recorded when a message asks for it."""
        super().attach(action, node)
        say_once(
            "smart_recording_action: the portable runtime does not listen to messages that start "
            "recordings; Pipeline.start_recording(node, start, duration) starts one"
        )
