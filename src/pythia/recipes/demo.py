"""Look at a video, or at what a model sees in it, in one line."""

from __future__ import annotations

from typing import Any

from pythia.core.application import Application
from pythia.recipes.analytics import Analytics
from pythia.recipes.pipeline import MUXER, Models, Pipeline, Sources, Text
from pythia.recipes.playing import FrameLimit, play
from pythia.recipes.progress import Progress
from pythia.recipes.sinks import LIVE
from pythia.recipes.tracker import Tracker


class Demo(Application):
    """Plays sources; see :meth:`play`.

    Args:
        pipeline: What is played.
        max_frames: Frames of each source at most; None for all.
        **options: For :class:`pythia.Application`.
    """

    def __init__(
        self, pipeline: Pipeline, *, max_frames: int | None = None, **options: Any
    ) -> None:
        self.limit: FrameLimit = FrameLimit(max_frames)
        super().__init__(pipeline.gst(), **options)
        self.probe(MUXER, "src")(self.limit)

    @classmethod
    def play(
        cls,
        uri: Sources,
        *,
        model: Models = None,
        tracker: Text | Tracker | None = None,
        analytics: Text | Analytics | None = None,
        sink: Text = LIVE,
        max_frames: int | None = None,
        background: bool = False,
        progress: bool | None = None,
        **options: Any,
    ) -> Demo:
        """Play a file, a URI, a camera, images, or several of them side by side.

        Args:
            uri: One source or a list; see :mod:`pythia.recipes.sources`.
            model: Configuration of nvinfer; boxes are drawn around what it finds.
            tracker: A name such as ``NvDCF_perf``, or a configuration file.
            analytics: Configuration file of nvdsanalytics.
            sink: ``live`` for a window, or a file; see :mod:`pythia.recipes.sinks`.
            max_frames: Frames of each source at most.
            background: Return when it plays; ``wait()`` and ``stop()`` of what is returned.
            progress: Show a progress bar; None shows it if standard error is a terminal.
            **options: For the application.

        Returns:
            The application, which has ended unless ``background`` is given.

        Raises:
            PythiaError: What is wrong with the arguments, at once; later what the pipeline says.
        """
        pipeline = Pipeline(uri, model, sink, analytics, tracker)
        application = cls(pipeline, max_frames=max_frames, **options)
        if background:
            application(background=True)
        else:
            bar = Progress(expected_frames(pipeline, max_frames), progress, "playing")
            play(application, bar, lambda: application.limit.frames)
        return application


def expected_frames(pipeline: Pipeline, max_frames: int | None) -> int | None:
    """Return about how many frames will come; None where that is not known."""
    counts = [source.facts.frames for source in pipeline.sources]
    if max_frames is not None:
        counts = [max_frames if n is None else min(n, max_frames) for n in counts]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None
