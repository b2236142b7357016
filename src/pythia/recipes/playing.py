"""Plays an application to its end, with a progress bar and a limit."""

from __future__ import annotations

from collections.abc import Callable

from pythia.core.application import Application
from pythia.exceptions import PipelineError
from pythia.gst import Gst
from pythia.iterators import frames_per_batch
from pythia.meta.types import BatchMeta
from pythia.recipes.progress import Progress

_LOOK_S = 0.1
_DROP, _OK = Gst.PadProbeReturn.DROP, Gst.PadProbeReturn.OK


class FrameLimit:
    """A probe for nvstreammux's src pad: counts frames, and ends the stream after so many.

    Batches of later frames are dropped, so what follows sees just the first ones.

    Args:
        most: Frames of each source; None for all.
    """

    def __init__(self, most: int | None) -> None:
        if most is not None and most < 1:
            raise PipelineError(f"max_frames={most}: expected 1 or more, or None for all")
        self.most = most
        self.frames: int = 0
        self._ended = False

    def __call__(
        self, pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: BatchMeta
    ) -> Gst.PadProbeReturn:
        """Called by the streaming thread for each batch."""
        if self._ended:
            return _DROP
        numbers = [frame.frame_num for frame in frames_per_batch(batch_meta)]
        if self.most is not None and numbers and min(numbers) >= self.most:
            self._ended = True
            # Not the sources: what they have queued would all be decoded first.
            pad.push_event(Gst.Event.new_eos())
            return _DROP
        self.frames += len(numbers)
        return _OK


def play(application: Application, progress: Progress, frames: Callable[[], int]) -> None:
    """Play to the end in the caller's thread.

    Ctrl-C ends the stream in order, so that files are complete, and goes on then; a second one
    does not wait.

    Args:
        application: What plays.
        progress: Where it is shown.
        frames: How many are done so far.

    Raises:
        PythiaError: What the application raises.
    """
    with progress:
        application(background=True)
        try:
            while not application.wait(timeout_s=_LOOK_S):
                progress.show(frames())
        except KeyboardInterrupt:
            application.send_eos()
            _wait_or_stop(application)
            raise
        finally:
            progress.show(frames())


def _wait_or_stop(application: Application) -> None:
    try:
        application.wait()
    except KeyboardInterrupt:
        application.stop()
        application.wait()
        raise
