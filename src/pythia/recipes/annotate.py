"""Frames as images, and what a model found on them in the formats that tools read."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from pythia.core.application import Application
from pythia.core.probe import Probe
from pythia.exceptions import ConfigError, PipelineError
from pythia.frames import Frame, frames
from pythia.gst import Gst
from pythia.iterators import objects_per_batch
from pythia.meta.types import BatchMeta, FrameMeta
from pythia.recipes.analytics import Analytics
from pythia.recipes.annotations import Picture
from pythia.recipes.dataset import FORMATS, Dataset, checked_formats
from pythia.recipes.demo import expected_frames
from pythia.recipes.events import mask_of, object_event
from pythia.recipes.launch import element
from pythia.recipes.pipeline import MUXER, Models, Pipeline, Sources, Text
from pythia.recipes.playing import FrameLimit, play
from pythia.recipes.progress import Progress
from pythia.recipes.sinks import IS_JETSON, Sink
from pythia.recipes.tracker import Tracker

_NO_TIME = 2**64 - 1
_UNIFIED = 3
_PIXELS = Sink(
    "pixels",
    (
        # Memory that the processor sees; a Jetson has no other.
        element("nvvideoconvert", nvbuf_memory_type=None if IS_JETSON else _UNIFIED),
        "video/x-raw(memory:NVMM),format=RGBA",
        element("fakesink", name="sink", sync=False),
    ),
    shows=False,
    tiles=False,
)


@dataclass(frozen=True)
class Annotated:
    """What was written: where, how many frames and how many objects."""

    folder: Path
    frames: int
    objects: int


class AnnotateFramesBase(Application, abc.ABC):
    """Writes frames and annotations; a subclass says what of the metadata is told.

    :meth:`annotator_probe` is called by the streaming thread for each batch, in one of the forms
    that :meth:`pythia.Application.probe` takes. What it yields goes to ``detections.jsonl``; those
    dictionaries that have ``left``, ``top``, ``width``, ``height`` and ``label`` are objects, and
    go to the other formats as well. ``confidence``, ``id`` and ``mask`` are taken where they are
    there; ``frame_num`` and ``pad_index`` say which frame of a batch is meant. ``DROP`` leaves the
    frames out.

    :meth:`run` makes all of it; by hand it is ``with application.dataset: application()``.

    Args:
        pipeline: Its sink is to be that of :meth:`pipeline_of`, which gives pixels.
        dst_folder: Where all is written; see :class:`pythia.recipes.dataset.Dataset`.
        every: Write each n-th frame only; the model still sees all.
        max_frames: Frames of each source at most; None for all.
        overwrite: Remove what an earlier run has written there.
        formats: Some of ``jsonl``, ``coco``, ``yolo``, ``mot``.
        suffix: Of the images: ``.jpg``, ``.png``, ``.webp``.
        quality: 1 to 100, of JPEG and WebP.
        segmentation: How COCO has masks: ``rle``, or ``polygon``.
        **options: For :class:`pythia.Application`.

    Raises:
        DatasetExistsError: The folder has frames or annotations already.
        DatasetError: It cannot be written.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        dst_folder: str | PathLike[str],
        *,
        every: int = 1,
        max_frames: int | None = None,
        formats: Iterable[str] = FORMATS,
        suffix: str = ".jpg",
        quality: int = 95,
        segmentation: Any = "rle",
        overwrite: bool = False,
        **options: Any,
    ) -> None:
        if every < 1:
            raise PipelineError(f"every={every}: expected 1 for all frames, or more")
        self.recipe = pipeline
        self.every = every
        self.suffix = suffix
        self._limit = FrameLimit(max_frames)
        self._events: list[Any] = []
        self._teller = Probe(self.annotator_probe, "sink", "sink")
        self._teller.offer = self._events.append
        self._teller.on_failure = self.stop_with
        super().__init__(pipeline.gst(), **options)
        self._teller.stop_on_error = self.on_probe_error == "stop"
        self._engines = {m.unique_id: f"model_{n}" for n, m in enumerate(pipeline.models)}
        self.dataset: Dataset = Dataset(
            Path(dst_folder).expanduser().absolute(),
            formats=formats,
            suffix=suffix,
            quality=quality,
            labels=pipeline.models[0].labels if pipeline.models else (),
            fps=pipeline.sources[0].facts.fps,
            segmentation=segmentation,
            overwrite=overwrite,
            on_error=self.stop_with,
        )
        self.probe(MUXER, "src")(self._limit)
        self.probe("sink", "sink")(self._annotate)

    @abc.abstractmethod
    def annotator_probe(self, *args: Any, **kwargs: Any) -> Any:
        """Tell of a batch, in one of the forms of a probe; see the class."""

    @classmethod
    def pipeline_of(
        cls,
        src: Sources,
        model: Models,
        analytics: Text | Analytics | None = None,
        tracker: Text | Tracker | None = None,
        **size: int | None,
    ) -> Pipeline:
        """Return the pipeline that :meth:`run` plays, to be looked at or changed."""
        return Pipeline(src, model, _PIXELS, analytics, tracker, **size)

    @classmethod
    def run(
        cls,
        src: Sources,
        model: Models,
        dst_folder: str | PathLike[str],
        *,
        analytics: Text | Analytics | None = None,
        tracker: Text | Tracker | None = None,
        width: int | None = None,
        height: int | None = None,
        max_frames: int | None = None,
        progress: bool | None = None,
        **options: Any,
    ) -> Annotated:
        """Annotate sources to their end.

        Args:
            src: One source or several; see :mod:`pythia.recipes.sources`.
            model: Configuration file of nvinfer, or a folder with one; or several.
            dst_folder: Where all is written.
            analytics: Configuration file of nvdsanalytics.
            tracker: A name such as ``NvDCF_perf``, or a configuration file.
            width: Pixels of the frames; the source's by default.
            height: The same.
            max_frames: Frames of each source at most.
            progress: Show a progress bar; None shows it if standard error is a terminal.
            **options: For the constructor: ``formats``, ``suffix``, ``every``, ``overwrite`` ...

        Raises:
            PythiaError: What is wrong with the arguments, before anything is written; later what
                the pipeline says, or what could not be written. Frames and annotations that were
                finished before are there.
        """
        checked_formats(options.get("formats", FORMATS))
        pipeline = cls.pipeline_of(src, model, analytics, tracker, width=width, height=height)
        application = cls(pipeline, dst_folder, max_frames=max_frames, **options)
        bar = Progress(expected_frames(pipeline, max_frames), progress, "annotating")
        with application.dataset as dataset:
            play(application, bar, lambda: application._limit.frames)
            if application._teller.error is not None:  # on_probe_error="continue"
                raise application._teller.error
        return Annotated(dataset.folder, dataset.frames, dataset.objects)

    @classmethod
    def run_with_probe(cls, *args: Any, probe: Callable[..., Any], **kwargs: Any) -> Annotated:
        """Like :meth:`run`, with a probe of one's own in the place of ``annotator_probe``.

        Args:
            *args: For :meth:`run`.
            probe: A function or generator of ``(batch_meta)``, ``(pad, info)`` or ``(pad, info,
                batch_meta)``; one whose first parameter is ``self`` becomes a method.
            **kwargs: For :meth:`run`.

        Raises:
            ProbeError: It has none of these forms.
        """
        own: Any = type("Annotator", (cls,), {"annotator_probe": _as_attribute(probe)})
        annotated: Annotated = own.run(*args, **kwargs)
        return annotated

    @property
    def failed(self) -> bool:
        """Whether the probe has raised and ends the application."""
        return self._teller.error is not None and self._teller.stop_on_error

    def engine_of(self, unique_id: int) -> str:
        """Return the name of the model's element with this ``unique_component_id``."""
        return self._engines.get(unique_id, "")

    def _annotate(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._events.clear()
        verdict = self._teller(pad, info)
        if verdict != Gst.PadProbeReturn.DROP and not self.failed:
            self._write(pad, info)
        return verdict

    def _is_wanted(self, meta: FrameMeta) -> bool:
        most = self._limit.most
        return meta.frame_num % self.every == 0 and (most is None or meta.frame_num < most)

    def _write(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        with frames(pad, info) as pictures:
            for frame in pictures:
                if frame.meta is not None and self._is_wanted(frame.meta):
                    own = [e for e in self._events if _is_of(e, frame.meta, len(pictures))]
                    # A copy: the memory is the pipeline's again when this returns.
                    self.dataset.add(self._picture(frame), frame.array.copy(), own)

    def _picture(self, frame: Frame) -> Picture:
        meta = frame.meta
        assert meta is not None
        stem = f"{meta.frame_num:012d}"
        if len(self.recipe.sources) > 1:
            stem = f"source{meta.pad_index}_{stem}"
        pts_ns = None if meta.buf_pts == _NO_TIME else meta.buf_pts
        height, width = frame.array.shape[:2]
        return Picture(
            meta.pad_index,
            meta.frame_num,
            pts_ns,
            stem,
            self.suffix,
            width,
            height,
            self._original(meta),
        )

    def _original(self, meta: FrameMeta) -> str | None:
        files = self.recipe.sources[meta.pad_index].files
        return files[meta.frame_num].name if meta.frame_num < len(files) else None


class AnnotateFramesBbox(AnnotateFramesBase):
    """Annotates frames with boxes: everything that models, tracker and analytics know."""

    def annotator_probe(
        self, pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: BatchMeta
    ) -> Iterator[Mapping[str, Any]]:
        """Yield :func:`~pythia.recipes.events.object_event` of each object."""
        for frame, obj in objects_per_batch(batch_meta):
            yield object_event(frame, obj, self.engine_of(obj.unique_component_id))


class AnnotateFramesMaskRcnn(AnnotateFramesBbox):
    """Annotates frames with boxes and the masks of an instance segmentation.

    A model's configuration needs ``network-type=3`` and ``output-instance-mask=1``. An object
    without a mask has its box only.
    """

    @classmethod
    def pipeline_of(cls, *args: Any, **kwargs: Any) -> Pipeline:
        """Return the pipeline that :meth:`run` plays.

        Raises:
            ConfigError: No model gives masks.
        """
        pipeline = super().pipeline_of(*args, **kwargs)
        if not any(model.gives_masks for model in pipeline.models):
            files = ", ".join(str(model.config_file) for model in pipeline.models) or "no model"
            raise ConfigError(
                f"masks come from a model with network-type=3 and output-instance-mask=1; {files} "
                "has not; AnnotateFramesBbox writes boxes"
            )
        return pipeline

    def annotator_probe(
        self, pad: Gst.Pad, info: Gst.PadProbeInfo, batch_meta: BatchMeta
    ) -> Iterator[Mapping[str, Any]]:
        """Yield each object, with its mask."""
        for frame, obj in objects_per_batch(batch_meta):
            event = object_event(frame, obj, self.engine_of(obj.unique_component_id))
            mask = mask_of(obj)
            yield event if mask is None else {**event, "mask": mask}


def _is_of(event: Any, meta: FrameMeta, frames_in_batch: int) -> bool:
    """Whether an event is about a frame; one that names none is about the only one."""
    if not isinstance(event, Mapping) or "frame_num" not in event:
        return frames_in_batch == 1 or meta.batch_id == 0
    pad_index = event.get("pad_index", meta.pad_index)
    return bool(event["frame_num"] == meta.frame_num and pad_index == meta.pad_index)


def _as_attribute(probe: Callable[..., Any]) -> Any:
    import inspect

    parameters = list(inspect.signature(probe).parameters)
    return probe if parameters[:1] == ["self"] else staticmethod(probe)
