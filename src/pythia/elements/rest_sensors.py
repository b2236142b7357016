"""What REST requests do to nvmultiurisrcbin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from pythia.elements.chain import factory_of
from pythia.elements.nvstreammux import NvStreamMux
from pythia.elements.requests import Region, request_event, roi_event
from pythia.elements.rest_api import Sensor
from pythia.elements.rest_settings import CONVERTER, MUX, SOURCE, Refusal
from pythia.elements.source_set import Source, SourceSet
from pythia.exceptions import ConfigError
from pythia.gst import Gst


class RestSensors:
    """A :class:`~pythia.elements.rest_api.Controller` of one element."""

    def __init__(
        self,
        element: Gst.Bin,
        mux: NvStreamMux,
        sources: SourceSet,
        add: Callable[[str, str, str], None],
    ) -> None:
        """``add`` takes a URI, a sensor's id and its name."""
        self._element = element
        self._mux = mux
        self._sources = sources
        self._add = add

    def add_sensor(self, sensor: Sensor) -> None:
        """Begin to play a source."""
        try:
            self._add(sensor.camera_url, sensor.camera_id, sensor.camera_name)
        except ConfigError as error:
            raise Refusal(str(error)) from None

    def remove_sensor(self, sensor: Sensor) -> None:
        """Stop playing a source, known by id and URL."""
        wanted = (sensor.camera_id, sensor.camera_url)
        for source in self._sources.all():
            if (source.sensor.sensor_id, source.sensor.uri) == wanted:
                self._sources.remove(source)
                return
        raise Refusal(f"there is no sensor {sensor.camera_id!r} with {sensor.camera_url}")

    def sensors(self) -> list[dict[str, Any]]:
        """All sources."""
        return [
            {
                "source_id": source.sensor.source_id,
                "camera_id": source.sensor.sensor_id,
                "camera_name": source.sensor.sensor_name,
            }
            for source in self._sources.all()
        ]

    def state(self) -> str:
        """The name of the element's state."""
        return str(Gst.Element.state_get_name(self._element.get_state(0)[1]))

    def set_property(self, target: str, source_id: int | None, name: str, value: Any) -> None:
        """Change a property."""
        source = None if source_id is None else self._source(source_id)
        if target == MUX:
            found: list[Gst.Element] = [self._mux]
        elif target == SOURCE and source is not None:
            found = [source.element]
        elif target == CONVERTER and source is not None:
            found = _made_by("nvvideoconvert", source.element)
        else:
            found = _made_by(target, _pipeline(self._element))
        if not found:
            raise Refusal(f"there is no {target} yet to change")
        for element in found:
            element.set_property(name, value)

    def _source(self, source_id: int) -> Source:
        source = self._sources.find(source_id)
        if source is None:
            raise Refusal(f"there is no stream {source_id}")
        return source

    def send(self, event: str, source_id: int, field: str, value: Any) -> None:
        """Ask the elements that follow for a change."""
        self._source(source_id)
        self._mux.tell(request_event(event, {"stream_id": str(source_id), field: value}))

    def set_regions(self, source_id: int, regions: Sequence[Region]) -> None:
        """Ask nvdspreprocess for other regions of a source."""
        self._source(source_id)
        self._mux.tell(roi_event(str(source_id), regions))

    def quit(self) -> None:
        """Tell the application to end."""
        told = Gst.Structure.new_empty("force-pipeline-eos")
        told.set_value("force_eos", True)
        self._element.post_message(Gst.Message.new_element(self._element, told))


def _pipeline(element: Gst.Object) -> Gst.Object:
    parent = element.get_parent()
    return element if parent is None else _pipeline(parent)


def _made_by(factory: str, inside: Gst.Object) -> list[Gst.Element]:
    found: list[Gst.Element] = []
    if isinstance(inside, Gst.Bin):
        inside.iterate_recurse().foreach(found.append)
    return [element for element in found if factory_of(element) == factory]
