"""A user's function on a pad."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter_ns
from typing import Any

from pythia import meta
from pythia.core.signature import form_of, name_of
from pythia.exceptions import ProbeError, ProbeFailedError
from pythia.gst import Gst

logger = logging.getLogger("pythia.core.probe")

BUFFERS = Gst.PadProbeType.BUFFER | Gst.PadProbeType.BUFFER_LIST

_OK = Gst.PadProbeReturn.OK
_TIMED = 1024
"""Number of latest calls that p50 and p99 are taken from."""


def _discard(event: Any) -> None:
    """Take events until the application has set a worker."""


class Probe:
    """One function, the pad it belongs to, and what happened to it so far.

    The instance itself is the pad probe callback. It never raises, so that no buffer is
    dropped by accident: an error is kept in ``error``, given to ``on_failure``, and the buffer
    goes on.

    Args:
        function: In one of the accepted forms; what a generator yields goes to ``offer``.
        element: Name of the element.
        pad: Name of the pad.
        args: Further positional arguments for ``function``.
        pad_probe_type: What to call it for; buffers and buffer lists by default.
        backend_uri: Event stream of a generator, None for the default one.

    Raises:
        ProbeError: The function has none of the accepted forms.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        element: str,
        pad: str = "src",
        args: tuple[Any, ...] = (),
        pad_probe_type: Gst.PadProbeType = BUFFERS,
        backend_uri: str | None = None,
    ) -> None:
        self.function = function
        self.element = element
        self.pad = pad
        self.pad_probe_type = pad_probe_type
        self.backend_uri = backend_uri
        self.is_generator = _yields(function)
        if backend_uri is not None and not self.is_generator:
            raise ProbeError(
                f"probe {name_of(function)} has a backend_uri but yields nothing; "
                "make it a generator function or leave backend_uri out"
            )
        self.offer: Callable[[Any], None] = _discard
        self.on_failure: Callable[[ProbeFailedError], None] | None = None
        self.stop_on_error = True
        self._args = args
        form = form_of(function, len(args))
        self._wants_batch = "batch_meta" in form
        self._wants_pad = "pad" in form
        self.reset()

    def reset(self) -> None:
        """Forget the counts and errors of the last run."""
        self.calls = self.yielded = self.frames = self.errors = 0
        self.error: ProbeFailedError | None = None
        self._missed_batch = False
        self._durations_ns: deque[int] = deque(maxlen=_TIMED)

    def __call__(self, pad: Gst.Pad, info: Gst.PadProbeInfo, *_: Any) -> Gst.PadProbeReturn:
        """Run the function for what ``info`` holds; called by the streaming thread."""
        if self.error is not None and self.stop_on_error:
            return _OK
        start_ns = perf_counter_ns()
        self.calls += 1
        verdict = _OK
        try:
            verdict = self._verdict(pad, info)
        except BaseException as error:
            self._fail(error)
        self._durations_ns.append(perf_counter_ns() - start_ns)
        return verdict

    def _verdict(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        if not self._wants_batch:
            self.frames += 1
            return self._run(pad, info)
        if info.type & Gst.PadProbeType.BUFFER:
            return self._run_with(pad, info, self._batch(info.get_buffer()))
        if not info.type & Gst.PadProbeType.BUFFER_LIST:
            return self._run_with(pad, info, self._batch(None))
        verdict = _OK
        for buffer in _listed(info):
            verdict = self._run_with(pad, info, self._batch(buffer))
        return verdict

    def _run_with(self, pad: Gst.Pad, info: Gst.PadProbeInfo, batch: Any) -> Gst.PadProbeReturn:
        # No reference to the buffer is held here: the function could not write to its pixels.
        return self._run(pad, info, batch) if self._wants_pad else self._run(batch)

    def _batch(self, buffer: Gst.Buffer | None) -> Any:
        batch = None if buffer is None else meta.batch_of(buffer)
        if batch is not None:
            self.frames += batch.num_frames_in_batch
            return batch
        self.frames += 1
        if not self._missed_batch:
            self._missed_batch = True
            logger.warning(
                "%s: there is no batch metadata on this pad, batch_meta is None; "
                "put the probe behind nvstreammux",
                self,
            )
        return None

    def _run(self, *arguments: Any) -> Gst.PadProbeReturn:
        result = self.function(*arguments, *self._args)
        if self.is_generator:
            result = self._offer_all(result)
        if result is None:
            return _OK
        if isinstance(result, Gst.PadProbeReturn):
            return result
        raise ProbeError(
            f"a probe returns None or a Gst.PadProbeReturn, not {type(result).__name__}"
        )

    def _offer_all(self, generator: Iterator[Any]) -> Any:
        offer = self.offer
        while True:
            try:
                event = next(generator)
            except StopIteration as end:
                return end.value
            offer(event)
            self.yielded += 1

    def _fail(self, error: BaseException) -> None:
        self.errors += 1
        if self.error is not None:
            logger.debug("%s failed again", self, exc_info=error)
            return
        failure = ProbeFailedError(self._describe(error))
        failure.__cause__ = error
        self.error = failure
        if not self.stop_on_error:
            logger.error("%s; the pipeline goes on", failure, exc_info=error)
        elif self.on_failure is not None:
            self.on_failure(failure)

    def _describe(self, error: BaseException) -> str:
        where = _line_of(self.function, error)
        hint = " (batch_meta was None here)" if self._missed_batch else ""
        kind = type(error).__name__
        text = f"{kind}: {error}" if str(error) else kind
        return f"{self} raised {text}{hint}, at {where}, call {self.calls}"

    def stats(self) -> dict[str, Any]:
        """Return counts, and the time per call in microseconds over the latest calls."""
        durations = sorted(self._durations_ns)
        return {
            "element": self.element,
            "pad": self.pad,
            "function": name_of(self.function),
            "calls": self.calls,
            "frames": self.frames,
            "yielded": self.yielded,
            "errors": self.errors,
            "p50_us": _quantile_us(durations, 0.5),
            "p99_us": _quantile_us(durations, 0.99),
        }

    def __str__(self) -> str:
        return f"probe {name_of(self.function)} on {self.element}.{self.pad}"


def _yields(function: Callable[..., Any]) -> bool:
    called = inspect.unwrap(function)
    return inspect.isgeneratorfunction(called) or inspect.isgeneratorfunction(type(called).__call__)


def _listed(info: Gst.PadProbeInfo) -> list[Gst.Buffer | None]:
    buffers = info.get_buffer_list()
    return [] if buffers is None else [buffers.get(i) for i in range(buffers.length())]


def _line_of(function: Callable[..., Any], error: BaseException) -> str:
    """Return file and line of the user's code: the innermost line of the function's own file."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(inspect.unwrap(function), "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if code and not own:  # what it returned is wrong
        return f"{code.co_filename}:{code.co_firstlineno}"
    if not frames:
        return "an unknown line"
    frame = (own or frames)[-1]
    return f"{frame.filename}:{frame.lineno}"


def _quantile_us(durations: list[int], fraction: float) -> float | None:
    if not durations:
        return None
    return durations[min(int(len(durations) * fraction), len(durations) - 1)] / 1000
