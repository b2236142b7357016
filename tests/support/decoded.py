"""The pictures of a video file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pythia.gst import Gst


def decoded(video: Path) -> list[NDArray[np.uint8]]:
    """Every frame of an H.264 file as RGB of (height, width, 3)."""
    text = "filesrc name=file ! qtdemux ! h264parse ! avdec_h264 ! videoconvert"
    pipeline: Any = Gst.parse_launch(f"{text} ! video/x-raw,format=RGB ! appsink name=end")
    pipeline.get_by_name("file").props.location = str(video)
    sink = pipeline.get_by_name("end")
    pipeline.set_state(Gst.State.PLAYING)
    frames = []
    while sample := sink.emit("pull-sample"):
        frames.append(_pixels(sample))
    pipeline.set_state(Gst.State.NULL)
    return frames


def _pixels(sample: Any) -> NDArray[np.uint8]:
    """Frames of widths that are multiples of 4, whose lines have no padding."""
    size, buffer = sample.get_caps().get_structure(0), sample.get_buffer()
    pixels = np.frombuffer(buffer.extract_dup(0, buffer.get_size()), np.uint8)
    return pixels.reshape(size.get_value("height"), size.get_value("width"), 3)
