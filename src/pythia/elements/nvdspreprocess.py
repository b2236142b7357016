"""nvdspreprocess: makes tensors of regions or objects, for nvinfer with ``input-tensor-meta``.

Try it::

    gst-pylaunch videotestsrc num-buffers=30 ! m.sink_0 \
        nvstreammux name=m batch-size=1 width=1280 height=720 \
        ! nvdspreprocess config-file=config_preprocess.txt \
        ! nvinfer config-file-path=config_infer.txt input-tensor-meta=true ! fakesink
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pythia.elements.base import InPlace, video_templates
from pythia.elements.properties import GPU_ID, Property, gproperties
from pythia.elements.requests import ROI_UPDATE, Region, named, regions_in
from pythia.exceptions import ConfigError, PipelineError
from pythia.gst import Gst, GstBase
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_osd import PortableColor, PortableDisplay, PortableRect
from pythia.meta.portable_preprocess import (
    PortableInputTensor,
    PortablePreProcessBatch,
    PortablePreProcessUser,
    PortableRoi,
)

if TYPE_CHECKING:
    from pythia.meta.portable import PortableBatch
    from pythia.vision.geometry import Letterbox, Rect
    from pythia.vision.image import Image
    from pythia.vision.preprocess_config import PreprocessConfig, RegionGroup
    from pythia.vision.region_tensors import Preparation, Prepared

_log = logging.getLogger("pythia.elements")

_FROM_FILE = ("unique-id", "enable", "process-on-frame", "operate-on-gie-id", "target-unique-ids")
_BORDER = 2
_LEAST = 2  # pixels on a side that can be scaled

_Unit = tuple[int, PortableRoi]
"""A frame's place in the buffer, and a region of it."""


class NvDsPreProcess(InPlace, GstBase.BaseTransform):
    """The element; see the module."""

    __gtype_name__ = "GstNvDsPreProcess"
    __gstmetadata__ = (
        "gst-nvdspreprocess plugin",
        "gst-nvdspreprocess plugin",
        "Makes tensors of regions or objects, for nvinfer with input-tensor-meta",
        "pythia",
    )
    __gsttemplates__ = video_templates(("NV12", "RGBA", "I420"), system=False)
    PROPERTIES = (
        Property("unique-id", "uint", 15, "Number of this element"),
        Property("enable", "bool", True, "Off: buffers pass as they are"),
        Property("process-on-frame", "bool", True, "Frames or regions of them, not objects"),
        Property("operate-on-gie-id", "int", -1, "Objects of this component only, -1 any", -1),
        Property(
            "target-unique-ids", "string", "", 'Components that the tensors are for, as "3;4"'
        ),
        Property("config-file", "string", "", "DeepStream's nvdspreprocess configuration file"),
        GPU_ID,
    )
    __gproperties__ = gproperties(PROPERTIES)

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.set_in_place(True)
        self._overrides: dict[str, Any] = {}
        self._config: PreprocessConfig | None = None
        self._preparation: Preparation | None = None

    def property_changed(self, name: str) -> None:
        """As in DeepStream what is set last counts: the file, or a property after it."""
        if name == "config-file":
            self._overrides = {}
        elif name in _FROM_FILE:
            self._overrides[name.replace("-", "_")] = self.settings[name]

    def do_start(self) -> bool:
        """GstBaseTransform's virtual method: read the configuration."""
        from pythia.vision.region_tensors import preparation

        try:
            self._config = self._load()
            self._preparation = preparation(self._config)
        except Exception as error:
            self.fail(error)
            return False
        self._rounds = [0] * len(self._config.groups)
        return True

    def do_stop(self) -> bool:
        """GstBaseTransform's virtual method: throw state away."""
        self._config = None
        self._preparation = None
        return True

    def _load(self) -> PreprocessConfig:
        from pythia.vision import preprocess_config

        if not self.settings["config-file"]:
            raise ConfigError("set config-file to a DeepStream nvdspreprocess configuration")
        changes = dict(self._overrides)
        if "target_unique_ids" in changes:
            changes["target_unique_ids"] = _ids(changes["target_unique_ids"])
        config = replace(preprocess_config.load(self.settings["config-file"]), **changes)
        if not config.target_unique_ids:
            raise ConfigError(
                f"{config.file}: target-unique-ids is missing; it names the networks that the "
                "tensors are for"
            )
        preprocess_config.check_regions(config)
        return config

    def do_sink_event(self, event: Gst.Event) -> bool:
        """GstBaseTransform's virtual method: a source may get other regions."""
        request = named(event, ROI_UPDATE)
        if request is not None and self._config is not None:
            try:
                self._config = self._with_regions(self._config, *regions_in(request))
            except (ConfigError, ValueError) as error:
                _log.warning("%s: keeps its regions: %s", self.get_name(), error)
        return bool(GstBase.BaseTransform.do_sink_event(self, event))

    def _with_regions(
        self, config: PreprocessConfig, source: int, regions: Sequence[Region]
    ) -> PreprocessConfig:
        from pythia.vision.geometry import Rect
        from pythia.vision.preprocess_config import with_regions

        for region in regions:
            if self._frames is not None:
                self._require_in_frame(region)
        return with_regions(config, source, [Rect(*region[1:]) for region in regions])

    def _require_in_frame(self, region: Region) -> None:
        width, height = self.format.width, self.format.height
        part = _cut(PortableRect(*region[1:]), width, height)
        if min(part.width, part.height) < _LEAST:
            text = ";".join(map(str, region[1:]))
            raise ConfigError(f"the region {text} is not in frames of {width}x{height}")

    def process(self, buffer: Gst.Buffer, images: Sequence[Image]) -> None:
        """Attach the tensors of one buffer."""
        config = self._config
        assert config is not None
        if not config.enable:
            return
        batch = carrier.fetch(hash(buffer))
        if batch is None:
            raise PipelineError(
                "a buffer came without batch metadata; put nvstreammux before nvdspreprocess"
            )
        units = list(self._units(config, batch))
        size = config.network_input_shape[0]
        for number, start in enumerate(range(0, len(units), size)):
            self._attach(batch, config, units[start : start + size], images, number)

    def _attach(
        self,
        batch: PortableBatch,
        config: PreprocessConfig,
        units: Sequence[_Unit],
        images: Sequence[Image],
        number: int,
    ) -> None:
        from pythia.vision.region_tensors import Region

        assert self._preparation is not None
        regions = [
            Region(images[slot], _rect(roi.roi), frame.source_id, frame.frame_num)
            for slot, roi in units
            if (frame := roi.frame_meta) is not None
        ]
        prepared = self._preparation.prepare(regions)
        for (_, roi), box in zip(units, prepared.boxes, strict=True):
            _note(roi, box)
        batch.add_user(PortablePreProcessUser(_meta(config, units, prepared, number)))

    # Which parts of which frames

    def _units(self, config: PreprocessConfig, batch: PortableBatch) -> Iterator[_Unit]:
        for index, group in enumerate(config.groups):
            self._rounds[index] += 1
            if (self._rounds[index] - 1) % (group.interval + 1):
                continue
            for slot, frame in enumerate(batch.frame_meta_list):
                if config.group_of(frame.source_id) is group:
                    for roi in self._regions(config, group, frame):
                        yield slot, roi

    def _regions(
        self, config: PreprocessConfig, group: RegionGroup, frame: PortableFrame
    ) -> Iterator[PortableRoi]:
        width, height = self.format.width, self.format.height
        rects: Sequence[Rect | tuple[float, ...]] = ((0, 0, width, height),)
        if config.uses_regions(group):
            rects = group.regions_of(frame.source_id)
        for rect in rects:
            region = _cut(PortableRect(*rect), width, height)
            if min(region.width, region.height) < _LEAST:
                raise PipelineError(
                    f"{config.file}: the region {';'.join(f'{v:g}' for v in rect)} of source "
                    f"{frame.source_id} is not in frames of {width}x{height}"
                )
            if group.draw_roi:
                _draw(frame, region, PortableColor(*config.colour_of(group)))
            if config.process_on_frame:
                yield PortableRoi(region, frame)
            else:
                yield from self._objects(config, group, frame, region)

    def _objects(
        self,
        config: PreprocessConfig,
        group: RegionGroup,
        frame: PortableFrame,
        region: PortableRect,
    ) -> Iterator[PortableRoi]:
        """The objects that overlap a region, each as a region of its own."""
        for obj in frame.obj_meta_list:
            if not _takes(config, group, obj) or not _overlap(obj.rect_params, region):
                continue
            part = _cut(obj.rect_params, self.format.width, self.format.height)
            if min(part.width, part.height) >= _LEAST:
                yield PortableRoi(part, frame, object_meta=obj)


def _takes(config: PreprocessConfig, group: RegionGroup, obj: PortableObject) -> bool:
    rect = obj.rect_params
    if config.operate_on_gie_id > -1 and obj.unique_component_id != config.operate_on_gie_id:
        return False
    if group.operate_on_class_ids and obj.class_id not in group.operate_on_class_ids:
        return False
    if rect.width < group.input_object_min_width or rect.height < group.input_object_min_height:
        return False
    if 0 < group.input_object_max_width < rect.width:
        return False
    return not 0 < group.input_object_max_height < rect.height


def _overlap(a: PortableRect, b: PortableRect) -> bool:
    across = a.left < b.left + b.width and b.left < a.left + a.width
    return across and a.top < b.top + b.height and b.top < a.top + a.height


def _cut(rect: PortableRect, width: int, height: int) -> PortableRect:
    """The part of a rectangle that is in the frame."""
    left, top = max(0.0, rect.left), max(0.0, rect.top)
    right, bottom = min(rect.left + rect.width, width), min(rect.top + rect.height, height)
    return PortableRect(left, top, max(0.0, right - left), max(0.0, bottom - top))


def _rect(rect: PortableRect) -> Rect:
    from pythia.vision.geometry import Rect

    return Rect(rect.left, rect.top, rect.width, rect.height)


def _draw(frame: PortableFrame, region: PortableRect, colour: PortableColor) -> None:
    rect = region.copy()
    rect.border_width, rect.border_color = _BORDER, colour
    frame.add_display(PortableDisplay(rect_params=[rect]))


def _note(roi: PortableRoi, box: Letterbox) -> None:
    """Write down how a region was scaled."""
    roi.scale_ratio_x, roi.scale_ratio_y = box.scale_x, box.scale_y
    roi.offset_left, roi.offset_top = box.pad_x, box.pad_y


def _meta(
    config: PreprocessConfig, units: Sequence[_Unit], prepared: Prepared, number: int
) -> PortablePreProcessBatch:
    rois = [roi for _, roi in units]
    ids = list(config.target_unique_ids)
    if prepared.tensor is None:
        return PortablePreProcessBatch(ids, None, rois)
    tensor = PortableInputTensor(
        prepared.tensor,
        config.tensor_data_type,
        config.tensor_name,
        meta_id=number,
        maintain_aspect_ratio=int(config.maintain_aspect_ratio),
    )
    return PortablePreProcessBatch(ids, tensor, [rois[index] for index in prepared.ready])


def _ids(text: str | None) -> tuple[int, ...]:
    """Numbers of ``target-unique-ids``, as in ``3;4``."""
    parts = [part for part in (text or "").replace(",", ";").split(";") if part.strip()]
    try:
        return tuple(int(part) for part in parts)
    except ValueError:
        raise ConfigError(
            f"nvdspreprocess: target-unique-ids is {text!r}; expected ids of nvinfer such as 3;4"
        ) from None
