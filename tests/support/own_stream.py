"""An event stream of somebody else, as a user writes one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import ClassVar

from pythia.event_stream import Stream
from pythia.exceptions import StreamError


class OwnStream(Stream):
    """``support.own_stream:OwnStream:///path?end=TEXT``: appends events and ``end`` to a file."""

    OPTIONS: ClassVar[frozenset[str]] = frozenset({"end"})
    LINES: ClassVar[bool] = True

    def connect(self) -> None:
        try:
            os.close(os.open(self.uri.path, os.O_CREAT | os.O_WRONLY))
        except OSError as error:
            raise StreamError(f"{self.uri}: cannot open {self.uri.path}: {error}") from error

    def post(self, batch: Sequence[bytes]) -> None:
        end = self.uri.options.get("end", "\n").encode()
        with open(self.uri.path, "ab") as file:
            file.write(b"".join(event + end for event in batch))

    def close(self) -> None:
        pass
