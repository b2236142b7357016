"""What all elements of the portable runtime share.

An element is three things: its face (names, pads, a table of :class:`Property` rows), its plumbing
(GStreamer), and its arithmetic, which lives in :mod:`pythia.vision` and is imported when the
element starts, so that registering elements stays cheap: no module of this room imports OpenCV or
ONNX Runtime, or a part of ``vision`` that does, when it is itself imported.

To write one::

    class NvExample(InPlace, GstBase.BaseTransform):
        __gtype_name__ = "GstNvExample"
        __gstmetadata__ = ("long name", "Klass", "what it does", "pythia")
        __gsttemplates__ = video_templates(("NV12", "RGBA"))
        PROPERTIES = (Property("threshold", "float", 0.5, "..."), GPU_ID)
        __gproperties__ = gproperties(PROPERTIES)

        def __init__(self):
            super().__init__()
            self.prepare()

        def process(self, buffer, images): ...

The mixins are not GObject classes themselves: PyGObject runs ``__init__`` of an element that C
creates while the first Python class of its line is set up, when the later ones have no pads yet.

``self.settings`` maps a property's name to its value. Setting a property replaces the whole dict,
so a method that takes ``settings = self.settings`` once works on one consistent copy.
``self.given`` holds the names that somebody set. ``stop`` throws state away.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from pythia.elements.properties import LARGEST_SIDE, Property
from pythia.exceptions import GstError, PythiaError
from pythia.gst import Gst
from pythia.gst.capi import gobject
from pythia.gst.pads import address
from pythia.gst.video import NVMM, VideoFormat, video_format
from pythia.meta.runtime import is_latency_measured

if TYPE_CHECKING:
    from pythia.elements.frames import FrameMapper
    from pythia.vision.image import Image

_log = logging.getLogger("pythia.elements")


def video_caps(formats: Sequence[str], *, nvmm: bool = True, system: bool = True) -> Gst.Caps:
    """Caps of raw video in these formats, in DeepStream's memory, the system's, or both."""
    listed = ", ".join(formats)
    side = f"[1, {LARGEST_SIDE}]"
    fields = f"format={{ {listed} }}, width={side}, height={side}, framerate=[0/1, 2147483647/1]"
    kinds = [f"video/x-raw({NVMM})"] * nvmm + ["video/x-raw"] * system
    return parse_caps("; ".join(f"{kind}, {fields}" for kind in kinds))


def parse_caps(text: str) -> Gst.Caps:
    """Caps from their text, which is ours and so right."""
    caps = Gst.Caps.from_string(text)
    assert caps is not None, text
    return caps


def pad_template(
    name: str, direction: Gst.PadDirection, presence: Gst.PadPresence, caps: Gst.Caps
) -> Gst.PadTemplate:
    """A pad template."""
    template = Gst.PadTemplate.new(name, direction, presence, caps)
    assert template is not None, name
    return template


def video_templates(
    formats: Sequence[str], *, system: bool = True
) -> tuple[Gst.PadTemplate, Gst.PadTemplate]:
    """Templates of one sink and one source pad with the same caps."""
    caps = video_caps(formats, system=system)
    always = Gst.PadPresence.ALWAYS
    sink, src = Gst.PadDirection.SINK, Gst.PadDirection.SRC
    return (
        pad_template("sink", sink, always, caps),
        pad_template("src", src, always, caps),
    )


class Portable:
    """Mixin of every portable element: settings from properties, errors to the bus."""

    PROPERTIES: ClassVar[tuple[Property, ...]] = ()
    settings: MappingProxyType[str, Any]
    given: frozenset[str]

    def __init_subclass__(cls) -> None:
        # PyGObject installs only those virtual methods that stand in the class itself.
        super().__init_subclass__()
        for base in cls.__mro__[1:]:
            if issubclass(base, Portable):
                for name, method in vars(base).items():
                    if name.startswith("do_") and name not in vars(cls):
                        setattr(cls, name, method)

    def prepare(self) -> None:
        """To be called first in ``__init__``, after ``super().__init__()``."""
        defaults = {row.name: row.default for row in self.PROPERTIES}
        self.settings = MappingProxyType(defaults)
        self.given = frozenset()
        # PyGObject 3.42 sinks the floating reference that gst_element_factory_create hands on,
        # and GStreamer complains of it. One more reference, made floating, is what it expects.
        # PyGObject 3.50 leaves it floating; one more reference would never be given up.
        if not gobject.g_object_is_floating(address(self)):
            gobject.g_object_ref(address(self))
            gobject.g_object_force_floating(address(self))
        if is_latency_measured():
            from pythia.elements import latency

            assert isinstance(self, Gst.Element)
            latency.watch(self)

    def do_get_property(self, spec: Any) -> Any:
        """GObject's virtual method."""
        return self.settings[spec.name]

    def do_set_property(self, spec: Any, value: Any) -> None:
        """GObject's virtual method."""
        row = next(row for row in self.PROPERTIES if row.name == spec.name)
        plain = value if isinstance(value, (bool, str, float)) or value is None else int(value)
        if row.hardware:
            _log.debug("%s: %s has no effect on the portable runtime", self, row.name)
        self.settings = MappingProxyType({**self.settings, row.name: plain})
        self.given = self.given | {row.name}
        self.property_changed(row.name)

    def property_changed(self, name: str) -> None:
        """Called after a property was set, on the thread that set it."""

    def fail(self, error: Exception, hint: str = "") -> None:
        """Post an error message on the bus; safe on any thread."""
        known = isinstance(error, PythiaError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        if not known:
            _log.error("%s failed", self, exc_info=error)
        assert isinstance(self, Gst.Element)
        self.message_full(
            Gst.MessageType.ERROR,
            Gst.StreamError.quark(),
            int(Gst.StreamError.FAILED),
            text,
            hint,
            "",
            "",
            0,
        )

    def fail_flow(self, pad: Gst.Pad, flow: int) -> None:
        """Post the error that GStreamer's sources post for data that nobody takes."""
        reason = Gst.FlowReturn(flow).value_nick
        self.fail(
            GstError("Internal data stream error."),
            f"streaming stopped at {pad.get_name()}, reason {reason} ({flow})",
        )


class InPlace(Portable):
    """Mixin of transforms that look at frames, or change them, where they lie.

    Subclasses implement :meth:`process`; ``WRITES`` says whether it changes pixels.
    """

    WRITES: ClassVar[bool] = False
    format: VideoFormat
    _frames: FrameMapper | None = None

    def do_set_caps(self, incaps: Gst.Caps, _outcaps: Gst.Caps) -> bool:
        """GstBaseTransform's virtual method."""
        from pythia.elements.frames import FrameMapper
        from pythia.vision.side_by_side import one_thread_a_call

        try:
            one_thread_a_call()
            self.format = video_format(incaps)
            self._frames = FrameMapper(self.format)
            self.configure(self.format)
        except Exception as error:
            self.fail(error)
            return False
        return True

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform's virtual method."""
        assert self._frames is not None
        try:
            with self._frames.images(hash(buffer), write=self.WRITES) as images:
                self.process(buffer, images)
        except Exception as error:
            self.fail(error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def configure(self, format: VideoFormat) -> None:
        """Called with the format of the frames that come next, on the streaming thread."""

    def process(self, buffer: Gst.Buffer, images: Sequence[Image]) -> None:
        """Handle one buffer; ``images`` are its frames, in batch order, writable if ``WRITES``.

        Called on the streaming thread. An exception becomes an error on the bus.
        """
        raise NotImplementedError
