"""nvdsanalytics: regions, crowds, directions and crossed lines, judged from objects' boxes.

The rules stand in DeepStream's configuration file; those about motion need objects with the
identities of nvtracker. What is found goes on objects and frames as analytics metadata
(:func:`pythia.analytics_per_obj`, :func:`pythia.analytics_per_frame`), and as shapes and texts that
nvdsosd draws. Setting ``config-file`` while playing puts other rules in place and counts anew.
Try it::

    gst-pylaunch filesrc location=$(pythia samples sample_720p.mp4) ! qtdemux ! h264parse \
        ! avdec_h264 ! m.sink_0 nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvinfer config-file-path=$(pythia samples config_infer_primary.txt) \
        ! nvtracker ll-config-file=$(pythia samples config_tracker_NvDCF_perf.yml) \
        ! nvdsanalytics config-file=$(pythia samples config_nvdsanalytics.txt) ! nvdsosd ! fakesink
"""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import TYPE_CHECKING

from pythia.elements.base import Portable, video_templates
from pythia.elements.properties import Property, gproperties
from pythia.exceptions import ConfigError, PipelineError, PythiaError
from pythia.gst import Gst, GstBase
from pythia.gst.structures import structure_of
from pythia.gst.video import video_format
from pythia.meta import carrier
from pythia.meta.portable import PortableBase, PortableFrame, PortableObject, PortableUser
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META, UNTRACKED_OBJECT_ID

if TYPE_CHECKING:
    from pythia.vision.analytics.config import AnalyticsConfig
    from pythia.vision.analytics.source import Findings, ObjectFindings, SourceAnalytics

_GONE = ("stream-eos", "pad-deleted")
_RELOAD = "nv-analytics-reload_config-update"
_NO_TIME = 2**64 - 1
_STATES = 2


class NvDsAnalytics(Portable, GstBase.BaseTransform):
    """The element; see the module. All but properties belongs to the streaming thread."""

    __gtype_name__ = "GstNvDsAnalytics"
    __gstmetadata__ = (
        "DsAnalytics plugin",
        "DsAnalytics Plugin",
        "Regions, crowds, directions and line crossings of the objects of each source",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420"), system=False)
    PROPERTIES = (
        Property("unique-id", "uint", 17, "Number that its metadata carries"),
        Property(
            "enable", "bool", True, "Otherwise frames pass untouched; config-file says it, too"
        ),
        Property("config-file", "string", "", "DeepStream's nvdsanalytics configuration file"),
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_in_place(True)
        self._size = (0, 0)
        self._config: AnalyticsConfig | None = None
        self._config_error: tuple[type[PythiaError], str] | None = None
        self._forget()

    def _forget(self) -> None:
        self._used: AnalyticsConfig | None = None
        self._sources: dict[int, SourceAnalytics] = {}
        self._warned: set[int] = set()

    # Configuration

    def property_changed(self, name: str) -> None:
        """Read the configuration file as soon as it is named, as DeepStream does."""
        if name == "config-file" and self.settings[name]:
            self._read_file()

    def _read_file(self) -> None:
        from pythia.vision.analytics import config

        self._config_error = None
        try:
            self._config = config.load(self.settings["config-file"])
        except PythiaError as error:
            # Not the error itself: its traceback holds all callers, and they the pipeline.
            self._config_error = type(error), str(error)
            return
        self.settings = MappingProxyType({**self.settings, "enable": self._config.enable})

    def _configuration(self) -> AnalyticsConfig:
        if not self.settings["config-file"]:
            raise ConfigError("set config-file to a DeepStream nvdsanalytics configuration")
        if self._config_error is not None:
            kind, text = self._config_error
            raise kind(text)
        assert self._config is not None
        return self._config

    def do_start(self) -> bool:
        """GstBaseTransform's virtual method; also loads what judges, so that no frame waits."""
        from pythia.elements.analytics_display import displays
        from pythia.vision.analytics.source import SourceAnalytics

        self._forget()
        self._displays, self._new_source = displays, SourceAnalytics
        try:
            self._configuration()
        except PythiaError as error:
            self.fail(error)
            return False
        return True

    def do_stop(self) -> bool:
        """GstBaseTransform's virtual method."""
        self._forget()
        return True

    # The streaming thread

    def do_set_caps(self, incaps: Gst.Caps, _outcaps: Gst.Caps) -> bool:
        """GstBaseTransform's virtual method; rules are scaled to the size of the frames."""
        format = video_format(incaps)
        size = (format.width, format.height)
        if size != self._size:
            self._size = size
            self._forget()
        return True

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: sources go, and the configuration may have changed."""
        structure = structure_of(event)
        name = structure.get_name() if structure is not None else ""
        if structure is not None and name in _GONE:
            self._sources.pop(structure.get_uint("stream-id")[1], None)
        elif name == _RELOAD:
            self._read_file()
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def do_transform_ip(self, buffer: Gst.Buffer) -> Gst.FlowReturn:
        """GstBaseTransform's virtual method."""
        try:
            self._process(hash(buffer))
        except Exception as error:
            self.fail(error)
            return Gst.FlowReturn.ERROR
        return Gst.FlowReturn.OK

    def _process(self, buffer: int) -> None:
        config = self._configuration()
        if not self.settings["enable"]:
            return
        if config is not self._used:
            self._forget()
            self._used = config
        batch = carrier.fetch(buffer)
        if batch is None:
            raise PipelineError(
                "a buffer came without batch metadata; put nvstreammux before nvdsanalytics"
            )
        for frame in batch.frame_meta_list:
            source = self._source(frame.pad_index, config)
            findings = _judged(source, frame)
            if findings.needs_tracker:
                self._miss_tracker(frame.pad_index)
            self._attach(frame, findings, config, source)

    def _source(self, pad_index: int, config: AnalyticsConfig) -> SourceAnalytics:
        source = self._sources.get(pad_index)
        if source is None:
            rules = config.rules(pad_index, *self._size)
            source = self._new_source(rules, config.obj_cnt_win_in_ms)
            self._sources[pad_index] = source
        return source

    def _miss_tracker(self, pad_index: int) -> None:
        if pad_index in self._warned:
            return
        self._warned.add(pad_index)
        self.message_full(
            Gst.MessageType.WARNING,
            Gst.StreamError.quark(),
            int(Gst.StreamError.FAILED),
            f"objects of stream {pad_index} have no tracking id, and without one directions and "
            "line crossings are not found; put nvtracker before nvdsanalytics",
            "",
            "",
            "",
            0,
        )

    def _attach(
        self,
        frame: PortableFrame,
        findings: Findings,
        config: AnalyticsConfig,
        source: SourceAnalytics,
    ) -> None:
        unique_id = self.settings["unique-id"]
        for place, found in findings.objects.items():
            obj = frame.obj_meta_list[place]
            if config.osd_mode == _STATES:
                _show_state(obj, found.text, config.display_font_size)
            obj.add_user(PortableUser(PortableBase(ANALYTICS_OBJ_META), _info(found, unique_id)))
        for display in self._displays(source.rules, findings, config):
            frame.add_display(display)
        meta = PortableAnalyticsFrameMeta(
            findings.crowded,
            findings.inside,
            findings.crossings,
            findings.crossings_so_far,
            unique_id,
            findings.class_counts,
        )
        frame.add_user(PortableUser(PortableBase(ANALYTICS_FRAME_META), meta))


def _judged(source: SourceAnalytics, frame: PortableFrame) -> Findings:
    objects = frame.obj_meta_list
    boxes = [(r.left, r.top, r.width, r.height) for r in (obj.rect_params for obj in objects)]
    ids = [None if obj.object_id == UNTRACKED_OBJECT_ID else obj.object_id for obj in objects]
    # Frames without a time would never let an object be forgotten.
    now_ns = frame.buf_pts if frame.buf_pts != _NO_TIME else time.monotonic_ns()
    classes = [obj.class_id for obj in objects]
    return source.judge(boxes, ids, classes, now_ns)


def _info(found: ObjectFindings, unique_id: int) -> PortableAnalyticsObjInfo:
    return PortableAnalyticsObjInfo(
        found.rois, found.crowds, found.lines, found.direction, found.text, unique_id
    )


def _show_state(obj: PortableObject, state: str, font_size: int) -> None:
    """Write the state behind the object's text; turn its colours round if it was found."""
    from pythia.elements.analytics_display import FONT

    text, rect = obj.text_params, obj.rect_params
    if text.display_text:
        text.display_text = f"{text.display_text} {state}"
    else:
        text.display_text = state
        text.x_offset, text.y_offset = max(int(rect.left), 0), max(int(rect.top) - 10, 0)
        text.font_params.font_name, text.font_params.font_size = FONT, font_size
        text.font_params.font_color.set(1, 1, 1, 1)
        text.set_bg_clr = 1
        text.text_bg_clr.set(0, 0, 0, 1)
    if "ROI:" in state or "LC:" in state:
        colour = rect.border_color
        colour.set(1 - colour.red, 1 - colour.green, 1 - colour.blue, colour.alpha)
