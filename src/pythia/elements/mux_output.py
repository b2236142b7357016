"""The format that all frames of nvstreammux's batches have."""

from __future__ import annotations

from pythia.elements.base import parse_caps
from pythia.exceptions import ConfigError
from pythia.gst import Gst
from pythia.gst.video import NVMM, VideoFormat, video_format

BATCHED = ("NV12", "I420", "RGBA")
"""Formats that batches may have."""


def choose_output(pad: Gst.Pad, first: VideoFormat, size: tuple[int, int]) -> VideoFormat:
    """The first source's format, if what follows ``pad`` takes it; a size of 0 is that source's.

    Raises:
        ConfigError: what follows takes nothing that the muxer gives.
    """
    width, height = size[0] or first.width, size[1] or first.height
    wish = first.format if first.format in BATCHED else "RGBA"
    allowed = pad.peer_query_caps(None) or Gst.Caps.new_any()
    for name in (wish, *BATCHED):
        caps = parse_caps(
            f"video/x-raw({NVMM}), format={name}, width={width}, height={height}, "
            f"framerate={first.fps[0]}/{first.fps[1]}, pixel-aspect-ratio=1/1, "
            "interlace-mode=progressive"
        )
        if name == first.format and first.colorimetry:
            caps.set_value("colorimetry", first.colorimetry)
        if caps.can_intersect(allowed):
            return video_format(caps)
    raise ConfigError(
        f"nvstreammux gives {NVMM} frames of {width}x{height} in {', '.join(BATCHED)}; "
        f"what follows takes only: {allowed.to_string()}"
    )


def require_one_size(number: int, format: VideoFormat, output: VideoFormat) -> None:
    """Refuse a source whose frames would have to be scaled.

    Raises:
        ConfigError: they have another size than those of the batches.
    """
    if (format.width, format.height) != (output.width, output.height):
        raise ConfigError(
            f"nvstreammux: source {number} has frames of {format.width}x{format.height} and the "
            f"first one of {output.width}x{output.height}: the portable runtime's new muxer "
            "(USE_NEW_NVSTREAMMUX=yes) needs one size; scale before it with nvvideoconvert, or "
            "unset the variable"
        )
