"""Base of transforms that make new buffers: frames of another size, number or format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pythia.elements.base import Portable
from pythia.gst import Gst, GstBase
from pythia.gst.memory import make_writable, unref
from pythia.gst.pads import ERROR, NOT_NEGOTIATED, push, set_chain, weakly
from pythia.gst.video import VideoFormat, video_format


class NewFrames(Portable):
    """Mixin of a ``GstBase.BaseTransform`` whose buffers take a way of their own, by address.

    The base class negotiates and handles events; it cannot hand a batch of frames to Python
    without a copy. Subclasses call :meth:`take_buffers` in ``__init__`` and implement
    :meth:`configure` and :meth:`converted`.
    """

    _src: Gst.Pad
    _configured: bool = False

    def take_buffers(self) -> None:
        """To be called in ``__init__``, after ``prepare``."""
        assert isinstance(self, GstBase.BaseTransform)
        sink, src = self.get_static_pad("sink"), self.get_static_pad("src")
        assert sink is not None
        assert src is not None
        self._src = src
        set_chain(sink, weakly(self._chain))

    def do_set_caps(self, incaps: Gst.Caps, outcaps: Gst.Caps) -> bool:
        """GstBaseTransform's virtual method."""
        try:
            self.configure(video_format(incaps), video_format(outcaps))
        except Exception as error:
            self.fail(error)
            return False
        self._configured = True
        return True

    def _chain(self, buffer: int) -> int:
        assert isinstance(self, GstBase.BaseTransform)
        renegotiated = not self._src.needs_reconfigure() or self.reconfigure()
        if not renegotiated or not self._configured:
            unref(buffer)
            return NOT_NEGOTIATED
        # Behind a tee others hold the buffer too: a copy has a batch of its own.
        buffer = make_writable(buffer)
        try:
            result = self.converted(buffer)
        except Exception as error:
            self.fail(error)
            return ERROR
        finally:
            unref(buffer)
        return push(self._src, result)

    def configure(self, source: VideoFormat, target: VideoFormat) -> None:
        """Called with the formats of what comes and what leaves, on the streaming thread."""
        raise NotImplementedError

    def converted(self, buffer: int) -> int:
        """A new buffer made of one (by address), which stays the caller's and has no other owner.

        Called on the streaming thread. An exception becomes an error on the bus.
        """
        raise NotImplementedError


def remade(caps: Gst.Caps, fields: Mapping[str, Any]) -> Gst.Caps:
    """A copy of caps with other values of these fields; None leaves a field open."""
    result = Gst.Caps.new_empty()
    for i in range(caps.get_size()):
        structure = caps.get_structure(i).copy()
        for name, value in fields.items():
            if value is None:
                structure.remove_field(name)
            else:
                structure.set_value(name, value)
        features = caps.get_features(i)
        result.append_structure_full(structure, None if features is None else features.copy())
    return result


def filtered(caps: Gst.Caps, filter: Gst.Caps | None) -> Gst.Caps:
    """Caps as a caps query wants them."""
    if filter is None:
        return caps
    return filter.intersect_full(caps, Gst.CapsIntersectMode.FIRST)
