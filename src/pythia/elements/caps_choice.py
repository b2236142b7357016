"""Which caps a converter of video offers, and which of those that are allowed it takes."""

from __future__ import annotations

from pythia.elements.base import video_caps
from pythia.gst import Gst
from pythia.gst.video import VideoFormat, video_format
from pythia.vision.formats import FORMATS, PACKED_422

CONVERTED = (*FORMATS, *PACKED_422)
"""Formats that a converter takes and gives."""

_YUV = ("NV12", "I420", *PACKED_422)
_ALPHA = ("RGBA", "BGRA")
_OPAQUE = ("RGBx", "BGRx", "RGB", "BGR")
_FREE_FIELDS = ("format", "width", "height", "colorimetry", "chroma-site")


def convertible(caps: Gst.Caps, *, unchanged: bool = True) -> Gst.Caps:
    """What can be made of video with these caps, or what video with these caps can be made of.

    First, if ``unchanged``, the caps as they are, then every format and size in either kind of
    memory. Framerate and pixel aspect ratio stay.
    """
    result = caps.copy() if unchanged else Gst.Caps.new_empty()
    for nvmm in (True, False):
        template = video_caps(CONVERTED, nvmm=nvmm, system=not nvmm)
        for i in range(caps.get_size()):
            structure = caps.get_structure(i).copy()
            for name in _FREE_FIELDS:
                structure.remove_field(name)
            result = result.merge(template.intersect(_caps(structure, template, 0)))
    return result


def choose(source: VideoFormat, size: tuple[int, int], allowed: Gst.Caps) -> Gst.Caps:
    """Fixed caps out of those allowed: the nearest format, then the nearest to a size.

    Where only width or only height is given, the other one keeps the proportions. YUV keeps the
    colour space it has, unless another one is asked for.
    """
    name, index = _nearest_format(source.format, allowed)
    structure = allowed.get_structure(index).copy()
    structure.fixate_field_string("format", name)
    _fixate_size(structure, size)
    if structure.has_field("framerate"):
        structure.fixate_field_nearest_fraction("framerate", *source.fps)
    if structure.has_field("pixel-aspect-ratio"):
        structure.fixate_field_nearest_fraction("pixel-aspect-ratio", 1, 1)
    if name in _YUV and source.format in _YUV and not structure.has_field("colorimetry"):
        _keep_colours(structure, source)
    return _caps(structure, allowed, index).fixate()


def _caps(structure: Gst.Structure, like: Gst.Caps, index: int) -> Gst.Caps:
    """Caps of one structure, with the memory features that one of ``like`` has."""
    features = like.get_features(index)
    assert features is not None
    caps = Gst.Caps.new_empty()
    caps.append_structure_full(structure, features.copy())
    return caps


def _nearest_format(source: str, allowed: Gst.Caps) -> tuple[str, int]:
    """A format, and the first of the structures that has it."""
    for name in _preferences(source):
        with_format = Gst.Caps.from_string(f"video/x-raw(ANY), format={name}")
        assert with_format is not None
        for i in range(allowed.get_size()):
            if _caps(allowed.get_structure(i).copy(), allowed, i).can_intersect(with_format):
                return name, i
    return source, 0


def _preferences(source: str) -> tuple[str, ...]:
    """All formats, from the one that loses nothing and costs nothing to the one that loses most."""
    order: tuple[str, ...]
    if source in _YUV:
        order = (*_YUV, *_ALPHA, *_OPAQUE, "GRAY8")
    elif source == "GRAY8":
        order = (*_YUV, *_ALPHA, *_OPAQUE)
    elif source in _ALPHA:
        order = (*_ALPHA, *_OPAQUE, *_YUV, "GRAY8")
    else:
        order = (*_OPAQUE, *_ALPHA, *_YUV, "GRAY8")
    return (source, *(name for name in order if name != source))


def _fixate_size(structure: Gst.Structure, size: tuple[int, int]) -> None:
    width, height = size
    has_width, fixed_width = structure.get_int("width")
    has_height, fixed_height = structure.get_int("height")
    if has_width and not has_height:
        height = max(1, round(height * fixed_width / width))
    elif has_height and not has_width:
        width = max(1, round(width * fixed_height / height))
    structure.fixate_field_nearest_int("width", width)
    structure.fixate_field_nearest_int("height", height)


def _keep_colours(structure: Gst.Structure, source: VideoFormat) -> None:
    """Without this, scaling from HD to SD size would also mean another matrix."""
    if source.colorimetry:
        structure.set_value("colorimetry", source.colorimetry)
        return
    caps = Gst.Caps.new_empty()
    caps.append_structure(structure.copy())
    if video_format(caps.fixate()).matrix != source.matrix:
        structure.set_value("colorimetry", source.matrix)
