"""A pipeline that plays while a test watches and changes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pythia import elements
from pythia.gst import Gst
from pythia.meta import carrier

WAIT_S = 30.0


class Living:
    """Notes buffers at the sink pad of the element named ``out``, and messages when posted.

    ``pts`` has the time of each buffer in ns, ``frames`` the metadata of each frame of a batch.
    """

    def __init__(self, text: str) -> None:
        elements.register()
        pipeline = Gst.parse_launch(text)
        assert isinstance(pipeline, Gst.Pipeline)
        self.pipeline = pipeline
        self.pts: list[int] = []
        self.frames: list[Any] = []
        self.messages: list[Gst.Message] = []
        self.changed = threading.Condition()
        self._pad = self["out"].get_static_pad("sink")
        assert self._pad is not None
        self._probe = self._pad.add_probe(Gst.PadProbeType.BUFFER, self._look)
        # Not a sync handler, which PyGObject never lets go.
        self._bus = pipeline.get_bus()
        self._bus.enable_sync_message_emission()
        self._handler = self._bus.connect("sync-message", self._note)

    def __getitem__(self, name: str) -> Gst.Element:
        """The element of that name."""
        element = self.pipeline.get_by_name(name)
        assert element is not None
        return element

    def _look(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        with self.changed:
            self.pts.append(buffer.pts)
            self.frames += batch.copy().frame_meta_list if batch is not None else []
            self.changed.notify_all()
        return Gst.PadProbeReturn.OK

    def _note(self, _bus: Gst.Bus, message: Gst.Message) -> None:
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def wait_for(self, what: Callable[[], Any], timeout_s: float = WAIT_S) -> None:
        """Wait until something is true that buffers or messages change."""
        with self.changed:
            done = self.changed.wait_for(what, timeout_s)
        while self._bus.pop() is not None:
            pass  # all are noted, and what is queued keeps its sender alive
        assert done, f"not within {timeout_s} s; told: {self.told(Gst.MessageType.ERROR)}"

    def more(self, buffers: int) -> None:
        """Wait for that many more buffers."""
        wanted = len(self.pts) + buffers
        self.wait_for(lambda: len(self.pts) >= wanted)

    def told(self, kind: Gst.MessageType) -> list[str]:
        """Texts of all errors or all warnings."""
        found = [message for message in list(self.messages) if message.type == kind]
        is_error: Any = kind == Gst.MessageType.ERROR
        return [str((m.parse_error() if is_error else m.parse_warning())[0].message) for m in found]

    def structures(self, name: str) -> list[Gst.Structure]:
        """Structures of all element messages of that name."""
        found = [m.get_structure() for m in list(self.messages)]
        return [s for s in found if s is not None and s.get_name() == name]

    @property
    def ended(self) -> bool:
        """Whether the pipeline has reached its end."""
        return any(message.type == Gst.MessageType.EOS for message in list(self.messages))

    @property
    def failed(self) -> bool:
        """Whether there was an error."""
        return bool(self.told(Gst.MessageType.ERROR))

    def end(self) -> None:
        """Stop the pipeline."""
        self.pipeline.set_state(Gst.State.NULL)
        self._bus.disconnect(self._handler)
        self._bus.disable_sync_message_emission()
        assert self._pad is not None
        self._pad.remove_probe(self._probe)


@contextmanager
def living(text: str) -> Iterator[Living]:
    """A pipeline from launch text, playing until the end of the block."""
    pipeline = Living(text)
    pipeline.pipeline.set_state(Gst.State.PLAYING)
    try:
        yield pipeline
    finally:
        pipeline.end()
