"""The event stream format of nvmsgbroker: what nvmsgconv has made is sent as it is."""

from __future__ import annotations

from typing import Any

from pythia.event_stream.formats import TextFormat
from pythia.messages import payload_fields


class PayloadFormat(TextFormat):
    """Ready payloads, in JSON or protocol buffers."""

    def decode(self, payload: bytes) -> Any:
        """The fields that may be a key of Kafka's."""
        return payload_fields(payload)
