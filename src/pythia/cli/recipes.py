"""``pythia demo`` and ``pythia annotate``: the ready-made applications from the command line."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

Parser = TypeVar("Parser", bound=argparse.ArgumentParser)

_SOURCES = (
    "file, URI (http://, rtsp://), folder or pattern of images (frames/%%05d.jpg), camera "
    "(/dev/video0) or 'test'; several are put together"
)


def add_commands(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add both to the command line's parser."""
    _add_demo(commands)
    _add_annotate(commands)


def _add_demo(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="play a video, a camera or images, with what a model sees in them",
        description="Play sources in a window, or into a file. With --model boxes are drawn.",
    )
    _add_shared(parser)
    parser.add_argument(
        "--to",
        metavar="SINK",
        default="live",
        help="live (a window; the default), fakesink, a video file by its suffix, or images "
        "(%%05d.jpg)",
    )
    parser.set_defaults(command=_demo)


def _add_annotate(commands: argparse._SubParsersAction[Parser]) -> None:
    parser = commands.add_parser(
        "annotate",
        help="write frames as images, and what a model finds as JSON lines, COCO, YOLO and MOT",
        description="Write frames as images, and what a model finds on them in the formats that "
        "other tools read.",
    )
    _add_shared(parser)
    parser.add_argument("--to", metavar="FOLDER", required=True, help="where all is written")
    parser.add_argument(
        "--format",
        metavar="LIST",
        default="jsonl,coco,yolo,mot",
        help="some of jsonl,coco,yolo,mot; all by default",
    )
    parser.add_argument("--masks", action="store_true", help="masks of instances, too")
    parser.add_argument(
        "--segmentation",
        choices=["rle", "polygon"],
        default="rle",
        help="how COCO has masks; rle by default",
    )
    parser.add_argument("--every", metavar="N", type=int, default=1, help="each N-th frame only")
    parser.add_argument("--suffix", default=".jpg", help="of the images: .jpg, .png, .webp")
    parser.add_argument(
        "--overwrite", action="store_true", help="remove what an earlier run has written there"
    )
    parser.set_defaults(command=_annotate)


def _add_shared(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="+", metavar="SOURCE", help=_SOURCES)
    parser.add_argument(
        "--model",
        metavar="FILE",
        action="append",
        help="configuration of nvinfer, or a folder with one; the first detects",
    )
    parser.add_argument("--tracker", metavar="NAME", help="such as NvDCF_perf or IOU, or a file")
    parser.add_argument("--analytics", metavar="FILE", help="configuration of nvdsanalytics")
    parser.add_argument("--max-frames", metavar="N", type=int, help="of each source")
    parser.add_argument(
        "--print", action="store_true", help="print the pipeline for gst-pylaunch, and end"
    )


def _demo(arguments: argparse.Namespace) -> list[str]:
    from pythia.recipes import Demo, Pipeline

    parts: dict[str, Any] = {"tracker": arguments.tracker, "analytics": arguments.analytics}
    if arguments.print:
        return [Pipeline(arguments.source, arguments.model, arguments.to, **parts).gst()]
    with _ended_by_signals():
        Demo.play(
            arguments.source,
            model=arguments.model,
            sink=arguments.to,
            max_frames=arguments.max_frames,
            **parts,
        )
    return []


def _annotate(arguments: argparse.Namespace) -> list[str]:
    from pythia.recipes import AnnotateFramesBbox, AnnotateFramesMaskRcnn

    recipe = AnnotateFramesMaskRcnn if arguments.masks else AnnotateFramesBbox
    parts: dict[str, Any] = {"tracker": arguments.tracker, "analytics": arguments.analytics}
    if arguments.print:
        return [recipe.pipeline_of(arguments.source, arguments.model, **parts).gst()]
    with _ended_by_signals():
        done = recipe.run(
            arguments.source,
            arguments.model,
            arguments.to,
            max_frames=arguments.max_frames,
            formats=arguments.format.split(","),
            every=arguments.every,
            suffix=arguments.suffix,
            segmentation=arguments.segmentation,
            overwrite=arguments.overwrite,
            **parts,
        )
    return [f"{done.frames} frames, {done.objects} objects: {done.folder}"]


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the stream in order as Ctrl-C does, which then is no error."""
    previous = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        print("pythia: ended before the end of the stream; files are complete", file=sys.stderr)
        raise SystemExit(130) from None
    finally:
        signal.signal(signal.SIGTERM, previous)
