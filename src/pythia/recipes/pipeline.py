"""A whole pipeline of building blocks, as launch text that runs on either runtime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from os import PathLike
from typing import Any

from pythia.exceptions import PipelineError
from pythia.recipes.analytics import Analytics
from pythia.recipes.launch import chain, element
from pythia.recipes.models import InferenceEngine
from pythia.recipes.sinks import FAKE, Sink
from pythia.recipes.sources import Source
from pythia.recipes.tracker import Tracker

Text = str | PathLike[str]
Sources = Text | Source | Sequence[Text | Source]
Models = Text | InferenceEngine | Sequence[Text | InferenceEngine] | None

MUXER = "m"
_LIVE_TIMEOUT_US = 40_000
_TILED_WIDTH = 1280
_SAME_SHAPE = 0.02


class Pipeline:
    """Sources, models, tracker, analytics and a sink, linked in this order.

    ``print(pipeline.gst())`` shows it; the text may be saved and given to ``gst-pylaunch -p``, and
    to :class:`pythia.Application`. Its elements are called ``m`` (nvstreammux), ``model_0`` and so
    on, ``tracker``, ``analytics``, ``tiler``, ``osd`` and ``sink``.

    Args:
        sources: One or several; see :mod:`pythia.recipes.sources`.
        models: Configuration files of nvinfer, or folders that have one each; the first detects,
            the others work on what it found, as their configurations say.
        sink: See :mod:`pythia.recipes.sinks`.
        analytics: Configuration file of nvdsanalytics.
        tracker: Name of one of DeepStream's trackers, or its configuration file.
        width: Pixels of each frame behind nvstreammux; the largest source's by default.
        height: The same.

    Raises:
        PipelineError: A source or a sink cannot be used, or the parts do not fit together.
        ConfigError: A configuration file is missing or wrong.
    """

    def __init__(
        self,
        sources: Sources,
        models: Models = None,
        sink: Text | Sink = FAKE,
        analytics: Text | Analytics | None = None,
        tracker: Text | Tracker | None = None,
        *,
        width: int | None = None,
        height: int | None = None,
    ) -> None:
        # What costs nothing to look at comes first; sources are opened.
        self.models: list[InferenceEngine] = [InferenceEngine.of(each) for each in _several(models)]
        self.tracker: Tracker | None = None if tracker is None else Tracker.of(tracker)
        self.analytics: Analytics | None = None if analytics is None else Analytics.of(analytics)
        self.validate()
        self.sink: Sink = sink if isinstance(sink, Sink) else Sink.of(sink)
        self.sources: list[Source] = [
            s if isinstance(s, Source) else Source.of(s) for s in _several(sources)
        ]
        if not self.sources:
            raise PipelineError("no source; give a file, a URI, a folder or a device")
        self.width: int = width or _even(max(source.facts.width for source in self.sources))
        self.height: int = height or _even(max(source.facts.height for source in self.sources))

    def validate(self) -> None:
        """Check that the parts fit together.

        Raises:
            PipelineError: A tracker or analytics without a model, or rules about how objects move
                without a tracker.
        """
        for part in (self.tracker, self.analytics):
            if part is not None and not self.models:
                what = type(part).__name__.lower()
                raise PipelineError(f"{what} needs objects, and so a model; give models=")
        if self.analytics and self.analytics.requires_tracker() and not self.tracker:
            raise PipelineError(
                f"{self.analytics.config_file} has lines or directions, which need identities; "
                "give tracker=, such as tracker='NvDCF_perf'"
            )

    @property
    def live(self) -> bool:
        """Whether a source is live."""
        return any(source.live for source in self.sources)

    @property
    def frames(self) -> int | None:
        """About how many frames all sources have together; None where one does not tell."""
        counts = [source.facts.frames for source in self.sources]
        return None if None in counts else sum(count or 0 for count in counts)

    def gst(self) -> str:
        """Return the launch text."""
        pads = [source.gst(f"{MUXER}.sink_{n}") for n, source in enumerate(self.sources)]
        return "\n".join([*pads, chain(self._muxer(), *self._middle(), *self._end())])

    def _muxer(self) -> str:
        return element(
            "nvstreammux",
            name=MUXER,
            batch_size=len(self.sources),
            width=self.width,
            height=self.height,
            enable_padding=True if self._shapes_differ() else None,
            live_source=True if self.live else None,
            batched_push_timeout=_LIVE_TIMEOUT_US if self.live else None,
        )

    def _middle(self) -> list[str]:
        models = [model.gst(f"model_{number}") for number, model in enumerate(self.models)]
        others = [part.gst() for part in (self.tracker, self.analytics) if part]
        # A classifier that reads identities stands behind the tracker.
        return (
            [*models[:1], *others[:1], *models[1:], *others[1:]]
            if self.tracker
            else [
                *models,
                *others,
            ]
        )

    def _end(self) -> list[str]:
        parts = []
        if len(self.sources) > 1 and self.sink.tiles:
            parts.append(self._tiler())
        if self.models and self.sink.shows:
            parts += ["nvvideoconvert", element("nvdsosd", name="osd")]
        return [*parts, self.sink.gst()]

    def _shapes_differ(self) -> bool:
        """Whether frames would be distorted when they are all brought to one size."""
        sizes = [(source.facts.width, source.facts.height) for source in self.sources]
        ratios = [self.width * height / (self.height * width) for width, height in sizes]
        return any(abs(ratio - 1) > _SAME_SHAPE for ratio in ratios)

    def _tiler(self) -> str:
        columns = math.ceil(math.sqrt(len(self.sources)))
        rows = math.ceil(len(self.sources) / columns)
        width = _TILED_WIDTH // columns
        height = _even(round(width * self.height / self.width))
        return element(
            "nvmultistreamtiler",
            name="tiler",
            rows=rows,
            columns=columns,
            width=_even(width * columns),
            height=height * rows,
        )


def _several(given: Any) -> list[Any]:
    if given is None:
        return []
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _even(pixels: int) -> int:
    return pixels + pixels % 2
