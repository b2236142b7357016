"""Base of the elements that are stock GStreamer elements under NVIDIA's names.

A stand-in is a bin whose pads are those of the first and the last of its inner elements, which
live from READY on. Frames flow through C only.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar

from pythia.elements.base import Portable
from pythia.elements.registry import register
from pythia.elements.requests import Request, obey
from pythia.exceptions import GstError, MissingDependencyError
from pythia.gst import Gst
from pythia.gst.pads import weakly
from pythia.gst.probe_info import buffer_address
from pythia.meta import carrier

_log = logging.getLogger("pythia.elements")
_APT = "on Debian or Ubuntu: 'apt-get install gstreamer1.0-{}'"
_said: set[str] = set()


class StandIn(Portable):
    """Mixin of a ``Gst.Bin`` made of stock elements; see the module.

    Subclasses implement :meth:`build`; and :meth:`inner_properties`, if properties of theirs are
    properties of the element that they assign to ``self.inner``.
    """

    LIVE: ClassVar[frozenset[str]] = frozenset()
    """Properties of ``inner`` that may be set while it runs."""

    REQUESTS: ClassVar[tuple[Request, ...]] = ()
    """Events that set properties."""

    inner: Gst.Element | None = None
    _applied: Mapping[str, Any] = MappingProxyType({})
    _watched = False
    _look: Callable[[int], bool]

    def prepare(self) -> None:
        """To be called first in ``__init__``: also adds the pads, which have no inner pad yet."""
        super().prepare()
        assert isinstance(self, Gst.Bin)
        for template in self.get_pad_template_list():
            pad = Gst.GhostPad.new_no_target_from_template(template.name_template, template)
            assert pad is not None
            self.add_pad(pad)
            if self.REQUESTS and pad.get_direction() == Gst.PadDirection.SINK:
                pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, weakly(self._obey))

    def _obey(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        assert isinstance(self, Gst.Element)
        if event is not None:
            obey(self, event, *self.REQUESTS)
        return Gst.PadProbeReturn.OK

    # States

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        assert isinstance(self, Gst.Bin)
        try:
            if transition == Gst.StateChange.NULL_TO_READY:
                self.build()
            if transition in (Gst.StateChange.NULL_TO_READY, Gst.StateChange.READY_TO_PAUSED):
                self._apply()
        except Exception as error:
            self.fail(error)
            if transition == Gst.StateChange.NULL_TO_READY:
                self.clear()
            return Gst.StateChangeReturn.FAILURE
        result = Gst.Bin.do_change_state(self, transition)
        if transition == Gst.StateChange.PAUSED_TO_READY:
            self.stop()
        if transition == Gst.StateChange.READY_TO_NULL:
            self.clear()
        return result

    def build(self) -> None:
        """Make the inner elements; what it raises is posted on the bus and ends the start."""
        raise NotImplementedError

    def stop(self) -> None:
        """Throw state away; no thread is in the inner elements any more."""

    def clear(self) -> None:
        """Take all inner elements out and let them go."""
        assert isinstance(self, Gst.Bin)
        self.inner, self._applied = None, MappingProxyType({})
        for pad in self.pads:
            assert isinstance(pad, Gst.GhostPad)
            pad.set_target(None)
        for element in list(self.children):
            element.set_state(Gst.State.NULL)
            self.remove(element)

    # Inner elements

    def line_up(self, *elements: Gst.Element) -> None:
        """Add elements, and link each to the next."""
        assert isinstance(self, Gst.Bin)
        for element in elements:
            self.add(element)
        for before, after in pairwise(elements):
            before.link(after)

    def expose(self, **elements: Gst.Element) -> None:
        """Have a pad (``sink``, ``src``) be that of an inner element with the same name."""
        assert isinstance(self, Gst.Bin)
        for name, element in elements.items():
            pad = self.get_static_pad(name)
            assert isinstance(pad, Gst.GhostPad)
            pad.set_target(element.get_static_pad(name))

    # What comes back

    def ignore_lateness(self) -> None:
        """Keep from the inner elements how late frames are, for decoders would leave some out.

        To be called once, after :meth:`prepare`. ``qos=false`` does not do it: decoders such as
        ``avdec_h264`` go by the lateness all the same.
        """
        assert isinstance(self, Gst.Bin)
        pad = self.get_static_pad("src")
        assert pad is not None
        pad.add_probe(Gst.PadProbeType.EVENT_UPSTREAM, _drop_lateness)

    # What comes in

    def watch_input(self, look: Callable[[int], bool]) -> None:
        """Have a method called with each buffer's address, until it returns False."""
        assert isinstance(self, Gst.Bin)
        self._look = weakly(look)
        pad = self.get_static_pad("sink")
        if not self._watched and pad is not None:
            pad.add_probe(Gst.PadProbeType.BUFFER, weakly(self._watch))
            self._watched = True

    def _watch(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        self._watched = self._look(buffer_address(info))
        return Gst.PadProbeReturn.OK if self._watched else Gst.PadProbeReturn.REMOVE

    def refuse_batch(self, buffer: int) -> bool:
        """For :meth:`watch_input`: a batch of several frames is an error, where one would be used.

        Returns:
            Whether such a one can still come.
        """
        batch = carrier.fetch(buffer)
        if batch is None or batch.max_frames_in_batch <= 1:
            return False
        frames = batch.num_frames_in_batch
        if frames == 1:
            return True
        self.fail(
            GstError(
                f"a batch of {frames} frames came, and one frame a buffer is needed here: put "
                "nvmultistreamtiler or nvstreamdemux before it"
            )
        )
        return False

    # Properties

    def inner_properties(self) -> Mapping[str, Any]:
        """What ``self.inner`` has to be set to; what it raises is posted on the bus."""
        return {}

    def property_changed(self, name: str) -> None:
        """Hand a change on, now or at the next start."""
        assert isinstance(self, Gst.Bin)
        if self.inner is not None:
            try:
                self._apply(running=self.get_state(0)[1] > Gst.State.READY)
            except Exception as error:
                self.fail(error)

    def _apply(self, *, running: bool = False) -> None:
        if self.inner is None:
            return
        for name, value in self.inner_properties().items():
            if name in self._applied and self._applied[name] == value:
                continue
            if running and name not in self.LIVE:
                _log.warning("%s: the change takes effect when it starts again", self)
                continue
            Gst.util_set_object_arg(self.inner, name, str(value))
            self._applied = {**self._applied, name: value}


def _drop_lateness(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    event = info.get_event()
    late = event is not None and event.type == Gst.EventType.QOS
    return Gst.PadProbeReturn.DROP if late else Gst.PadProbeReturn.OK


def make(factory: str, package: str = "plugins-base", **properties: Any) -> Gst.Element:
    """An element of pythia's or GStreamer's own.

    ``package`` is what follows ``gstreamer1.0-`` in the name of the package that has it.

    Raises:
        MissingDependencyError: its plugin is not installed; names the package.
    """
    register(factory)
    element = Gst.ElementFactory.make(factory, None)
    if element is None:
        raise MissingDependencyError(
            f"GStreamer's element {factory} is needed here and not installed; {apt(package)}"
        )
    for name, value in properties.items():
        Gst.util_set_object_arg(element, name.replace("_", "-"), str(value))
    return element


def apt(package: str) -> str:
    """How to install a package of GStreamer plugins."""
    return _APT.format(package)


def say_once(text: str) -> None:
    """Log a warning, once in the life of the process."""
    if text not in _said:
        _said.add(text)
        _log.warning("%s", text)
