"""The sources of nvmultiurisrcbin: they come, are linked to the muxer, fail, end and go."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pythia.elements.nvstreammux import NvStreamMux
from pythia.elements.stand_in import make
from pythia.elements.structures import structure
from pythia.exceptions import ConfigError
from pythia.gst import Gst
from pythia.gst.pads import weakly
from pythia.meta.portable_sensor import PortableSensorInfo


@dataclass(eq=False)
class Source:
    """One nvurisrcbin; ``begin_ns`` is the running time at which it joined."""

    sensor: PortableSensorInfo
    element: Gst.Element
    begin_ns: int
    mux_pad: Gst.Pad | None = None
    changing: threading.Lock = field(default_factory=threading.Lock)  # its state
    removed: bool = False


class SourceSet:
    """All sources of one nvmultiurisrcbin, from READY to NULL; any thread may call.

    Sources are children with a locked state: one that cannot start must not keep the others from
    starting. The set's lock is never held while a source changes its state, because the threads of
    the source may need it.
    """

    def __init__(self, parent: Gst.Bin, mux: NvStreamMux, room: int, by_sensor_id: bool) -> None:
        """``room`` is how many sources there may be; ``by_sensor_id`` takes numbers from ids."""
        self._parent = parent
        self._mux = mux
        self._room = room
        self._by_sensor_id = by_sensor_id
        self._lock = threading.Lock()
        self._removing = threading.Lock()  # one after the other, and not a storm of messages
        self._sources: dict[int, Source] = {}
        self._next = 0
        self._state = Gst.State.READY
        self.live = False

    def all(self) -> list[Source]:
        """The sources that are there now."""
        with self._lock:
            return list(self._sources.values())

    def find(self, number: int) -> Source | None:
        """The source with a number."""
        with self._lock:
            return self._sources.get(number)

    def containing(self, thing: Gst.Object | None) -> Source | None:
        """The source that an object is, or is a part of."""
        while thing is not None and thing.get_parent() is not self._parent:
            thing = thing.get_parent()
        return next((source for source in self.all() if source.element is thing), None)

    def add(self, uri: str, sensor_id: str, name: str, settings: Mapping[str, Any]) -> None:
        """Add a source and bring it to the state of the others.

        Raises:
            ConfigError: there is no room, or the sensor is there already.
        """
        element = make("nvurisrcbin")
        for key, value in settings.items():
            element.set_property(key, value)
        with self._lock:
            number = self._free_number(sensor_id)
            sensor = PortableSensorInfo(number, uri, sensor_id, name)
            source = Source(sensor, element, self._running_time())
            self._sources[number] = source
        element.set_property("uri", uri)
        element.set_property("source-id", number)
        element.set_locked_state(True)
        element.connect("pad-added", weakly(self._link, number))
        self._parent.add(element)
        self._tell("stream-add", sensor)
        self._bring(source, self._state)

    def _free_number(self, sensor_id: str) -> int:
        if sensor_id and any(s.sensor.sensor_id == sensor_id for s in self._sources.values()):
            raise ConfigError(f"the sensor id {sensor_id!r} is in use")
        if len(self._sources) >= self._room:
            raise ConfigError(f"there are {self._room} sources already, which is max-batch-size")
        if self._by_sensor_id:
            return self._number_in(sensor_id)
        turns = (number % self._room for number in range(self._next, self._next + self._room))
        number = next(number for number in turns if number not in self._sources)
        self._next = number + 1
        return number

    def _number_in(self, sensor_id: str) -> int:
        digits = re.search(r"\d+", sensor_id)
        number = int(digits[0]) if digits else -1
        if not 0 <= number < self._room or number in self._sources:
            raise ConfigError(
                f"sensorID-padID-mapping: the sensor id {sensor_id!r} has no free number "
                f"from 0 to {self._room - 1}"
            )
        return number

    def _running_time(self) -> int:
        clock = self._parent.get_clock() if self._state == Gst.State.PLAYING else None
        return clock.get_time() - self._parent.get_base_time() if clock is not None else 0

    def _link(self, number: int, element: Gst.Element, pad: Gst.Pad) -> None:
        if not (pad.get_name() or "").startswith("vsrc"):
            return
        with self._lock:
            source = self._sources.get(number)
            if source is None or source.element is not element:
                return  # it is being removed
            mux_pad = self._mux.request_pad_simple(f"sink_{number}")
            assert mux_pad is not None
            source.mux_pad = mux_pad
        self._mux.describe(number, source.sensor)
        if not _is_live(source.element):
            pad.set_offset(source.begin_ns)  # a file begins when it joins
        pad.link(mux_pad)

    def remove(self, source: Source) -> bool:
        """Remove a source; False if it is gone already."""
        with self._lock:
            if self._sources.get(source.sensor.source_id) is not source:
                return False
            del self._sources[source.sensor.source_id]
        if source.mux_pad is not None:
            self._mux.release_request_pad(source.mux_pad)  # which lets its thread go
        with self._removing, source.changing:
            source.removed = True
            source.element.set_state(Gst.State.NULL)
            self._parent.remove(source.element)
        self._tell("stream-remove", source.sensor)
        return True

    def bring(self, state: Gst.State) -> None:
        """Bring all sources to a state, and those that come later, too."""
        self._state = state
        for source in self.all():
            self._bring(source, state)

    def _bring(self, source: Source, state: Gst.State) -> None:
        with source.changing:
            if source.removed:
                return
            source.element.set_base_time(self._parent.get_base_time())
            if source.element.set_state(state) == Gst.StateChangeReturn.NO_PREROLL:
                self.live = True

    def _tell(self, name: str, sensor: PortableSensorInfo) -> None:
        told = structure(
            name,
            source_id=sensor.source_id,
            sensor_id=sensor.sensor_id,
            sensor_name=sensor.sensor_name,
            uri=sensor.uri,
        )
        self._parent.post_message(Gst.Message.new_element(self._parent, told))


def _is_live(element: Gst.Element) -> bool:
    query = Gst.Query.new_latency()
    return bool(query and element.query(query) and query.parse_latency()[0])
