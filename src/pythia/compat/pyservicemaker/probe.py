"""Probes: a program's operators, called for each buffer that passes a node."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pythia.compat.pyservicemaker.buffer import Buffer
from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.views import say_once
from pythia.exceptions import ProbeFailedError
from pythia.gst import Gst

__all__ = ["BatchMetadataOperator", "BufferObserver", "BufferOperator", "Probe", "failure_of"]

_OK, _DROP = Gst.PadProbeReturn.OK, Gst.PadProbeReturn.DROP
_OURS = str(Path(__file__).parents[2])

Failed = Callable[[BaseException], None]


class _Operator:
    """Base of what probes call; a subclass's ``__init__`` calls ``super().__init__()``."""

    def __init__(self) -> None:
        self._probe: Probe | None = None


class BufferObserver(_Operator):
    """Looks at buffers."""

    def handle_buffer(self, buffer: Buffer) -> None:
        """To be overridden; called on the streaming thread."""
        raise NotImplementedError(f"{type(self).__name__} has no method handle_buffer(buffer)")


class BufferOperator(_Operator):
    """Looks at buffers, changes them in place, and says which go on."""

    def handle_buffer(self, buffer: Buffer) -> bool:
        """To be overridden; called on the streaming thread. False drops the buffer."""
        raise NotImplementedError(f"{type(self).__name__} has no method handle_buffer(buffer)")


class BatchMetadataOperator(_Operator):
    """Reads and writes the metadata of batches."""

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        """To be overridden; called on the streaming thread."""
        raise NotImplementedError(f"{type(self).__name__} has no method handle_metadata(batch)")

    def get_property(self, name: str) -> Any:
        """A property of the probe that is calling; None if there is none."""
        return None if self._probe is None else self._probe.get(name)


class Probe(Object):
    """An operator under a name, to be attached to a node.

    The first exception of the operator ends the pipeline, and ``wait()`` raises it; in DeepStream
    it would end the whole process.

    Args:
        name: What it is called.
        operator: A BatchMetadataOperator, BufferOperator or BufferObserver.

    Raises:
        TypeError: it is something else, or its ``__init__`` does not call ``super().__init__()``.
    """

    def __init__(self, name: str, operator: Any, plugin: str = "", defaults: Any = None) -> None:
        super().__init__(name, plugin, defaults)
        if not isinstance(operator, _Operator):
            raise TypeError(
                f"Probe({name!r}): a BatchMetadataOperator, BufferOperator or BufferObserver is "
                f"needed, not {operator!r}"
            )
        if "_probe" not in vars(operator):
            kind = type(operator).__name__
            raise TypeError(f"{kind}.__init__() must call super().__init__()")
        self.operator: Any = operator
        self.pad_name = "src"
        self.failed: Failed | None = None
        self._over = False

    def reset(self) -> None:
        """Begin anew, after a pipeline has failed."""
        self._over = False

    def __call__(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        """Call the operator for a buffer; on the streaming thread."""
        buffer = info.get_buffer()
        if self._over or buffer is None:
            return _OK
        try:
            return self._handle(Buffer(buffer, pad.get_current_caps()))
        except BaseException as error:
            self._over = True
            if self.failed is not None:
                self.failed(failure_of(f"{self}", error))
            return _OK

    def _handle(self, buffer: Buffer) -> Gst.PadProbeReturn:
        operator: Any = self.operator
        operator._probe = self
        if isinstance(operator, BatchMetadataOperator):
            batch = buffer.batch_meta
            if not batch.n_frames:
                self._say_no_batch()
            operator.handle_metadata(batch)
            return _OK
        goes_on = operator.handle_buffer(buffer)
        if isinstance(operator, BufferObserver):
            return _OK
        if not isinstance(goes_on, bool | int):
            raise TypeError(f"handle_buffer() returned {goes_on!r}: True or False is needed")
        return _OK if goes_on else _DROP

    def _say_no_batch(self) -> None:
        say_once(
            f"{self} gets buffers without batch metadata, and its operator an empty batch; "
            "attach it to nvstreammux or behind it"
        )


def failure_of(what: str, error: BaseException) -> ProbeFailedError:
    """The error to raise for what the program's code raised, with its file and line."""
    kind = type(error).__name__
    text = f"{kind}: {error}" if str(error) else kind
    failure = ProbeFailedError(f"{what} raised {text}, at {_line_of(error)}")
    failure.__cause__ = error
    return failure


def _line_of(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    users = [frame for frame in frames if not frame.filename.startswith(_OURS)]
    if not frames:
        return "an unknown line"
    frame = (users or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"
