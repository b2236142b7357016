"""Ends of flows that show frames: a window, nothing, or an RTSP server."""

from __future__ import annotations

import platform
from enum import Enum
from typing import Any

from pythia.compat.pyservicemaker.capturing import HEIGHT, WIDTH
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.streams import Stream, node_name


class RenderMode(Enum):
    """Where frames are shown."""

    DISPLAY = 1
    DISCARD = 2
    STREAM = 3


def discard(pipeline: Pipeline, stream: Stream, properties: dict[str, Any]) -> None:
    """Throw frames away."""
    sink = node_name("render", "sink")
    pipeline.add("fakesink", sink, properties)
    pipeline.link((stream.originator, sink), (stream.template, ""))


def show(
    pipeline: Pipeline,
    stream: Stream,
    batch_size: int,
    *,
    sink: tuple[str, dict[str, Any]],
    tile: dict[str, Any],
    enable_osd: bool,
    seg_mask: dict[str, Any] | None,
) -> None:
    """Convert, colour segmentations, tile batches, draw, and give to a sink."""
    gpu = {"gpu-id": tile.get("gpu-id", 0)}
    steps = [("nvvideoconvert", "convert", {**gpu, "compute-hw": 1})]
    if seg_mask:
        mask = {**gpu, "original-background": 1, "alpha": 0.5, **seg_mask}
        steps.append(("nvsegvisual", "nvsegvisual", mask))
    if batch_size > 1:
        steps.append(("nvmultistreamtiler", "tiler", tile))
    if enable_osd:
        steps.append(("nvdsosd", "osd", {**gpu, "display-mask": True}))
    steps.append((sink[0], "sink", sink[1]))
    last, hints = stream.originator, (stream.template, "")
    for kind, name, properties in steps:
        node = node_name("render", name)
        pipeline.add(kind, node, properties)
        pipeline.link((last, node), hints)
        last, hints = node, ("", "")


def tile_properties(properties: dict[str, Any]) -> dict[str, Any]:
    """What the tiler is told; takes its size out of ``properties``, which are the sink's."""
    return {
        "gpu-id": properties.get("gpu-id", 0),
        "width": properties.pop("width", WIDTH),
        "height": properties.pop("height", HEIGHT),
    }


def display_sink() -> str:
    """The sink for a window that NVIDIA has for this machine."""
    return "nv3dsink" if platform.processor() == "aarch64" else "nveglglessink"
