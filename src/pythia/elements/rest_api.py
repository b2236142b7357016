"""The REST interface of nvmultiurisrcbin, version 1, without HTTP and without a pipeline.

Paths, bodies and answers follow NVIDIA's ``nvds_rest_server``: an answer's body says the status,
as in ``{"status": "HTTP/1.1 200 OK", "reason": "STREAM_ADD_SUCCESS"}``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from pythia.elements.requests import Region
from pythia.elements.rest_settings import SETTINGS, WITHOUT_STREAM, Refusal, Setting, bad

_UINT_MAX = 2**32 - 1
_V1 = "/api/v1/"


@dataclass(frozen=True)
class Sensor:
    """A source as a request describes it."""

    camera_id: str
    camera_name: str
    camera_url: str


class Controller(Protocol):
    """What requests act on; methods raise :class:`Refusal` and run on the server's threads."""

    def add_sensor(self, sensor: Sensor) -> None:
        """Begin to play a source."""

    def remove_sensor(self, sensor: Sensor) -> None:
        """Stop playing a source, known by id and URL."""

    def sensors(self) -> list[dict[str, Any]]:
        """``source_id``, ``camera_id`` and ``camera_name`` of each source."""

    def state(self) -> str:
        """The name of the state, such as PLAYING."""

    def set_property(self, target: str, source_id: int | None, name: str, value: Any) -> None:
        """Change a property of a source, its converter, the muxer or an element that follows."""

    def send(self, event: str, source_id: int, field: str, value: Any) -> None:
        """Send an event of a source to the elements that follow."""

    def set_regions(self, source_id: int, regions: Sequence[Region]) -> None:
        """Look at other regions of a source from now on."""

    def quit(self) -> None:
        """Tell the application to end."""


_ELSEWHERE = (
    "generate_text_embeddings",
    "generate_image_embeddings",
    "metrics",
    "metadata",
)
"""Requests that NVIDIA's server knows and the portable runtime does not carry out."""

_UNVERSIONED = ("/live", "/ready", "/startup")
_HEALTH = {
    "live": ("GET_LIVE_INFO", "live-info", "ds-liveness", ("PLAYING",)),
    "ready": ("GET_READY_INFO", "ready-info", "ds-ready", ("PLAYING", "PAUSED")),
    "startup": ("GET_STARTUP_INFO", "startup-info", "ds-startup", ("PLAYING", "PAUSED")),
    "health/get-dsready-state": (
        "GET_READY_INFO",
        "health-info",
        "ds-ready",
        ("PLAYING", "PAUSED"),
    ),
}


def answer(
    controller: Controller, method: str, path: str, body: bytes
) -> tuple[HTTPStatus, dict[str, Any]]:
    """Carry out a request; gives the status and the JSON body of the answer.

    ``path`` is without a query. An exception of the controller that is no :class:`Refusal` is
    the caller's to handle.
    """
    try:
        reason, more = _carry_out(controller, method, path, body)
        status = HTTPStatus.OK
    except Refusal as refusal:
        reason, more, status = str(refusal), {}, refusal.status
    line = f"HTTP/1.1 {int(status)} {status.phrase}"
    return status, {"status": line, "reason": reason, **more}


def _carry_out(
    controller: Controller, method: str, path: str, body: bytes
) -> tuple[str, dict[str, Any]]:
    if path == "/version":
        return "NA", {"version": "pythia portable runtime - REST API Version v1"}
    name = path.removeprefix("/" if path in _UNVERSIONED else _V1)
    if name in _HEALTH:
        _require(method, "GET")
        return _health(controller, name)
    if name == path:
        raise _unknown(path)
    if name == "stream/get-stream-info":
        _require(method, "GET")
        sensors = controller.sensors()
        info = {"stream-count": len(sensors), "stream-info": sensors}
        return "GET_LIVE_STREAM_INFO_SUCCESS", {"stream-info": info}
    if name in ("stream/add", "stream/remove"):
        _require(method, "POST")
        return _change_streams(controller, name, body), {}
    if name in SETTINGS:
        _require(method, "POST")
        return _change_setting(controller, SETTINGS[name], body), {}
    if name == "roi/update":
        _require(method, "POST")
        return _change_regions(controller, body), {}
    if name == "app/quit":
        _require(method, "POST")
        controller.quit()
        return "QUIT_SUCCESS", {}
    if name in _ELSEWHERE:
        raise Refusal(f"{path} does nothing on the portable runtime", HTTPStatus.NOT_IMPLEMENTED)
    raise _unknown(path)


def _health(controller: Controller, name: str) -> tuple[str, dict[str, Any]]:
    token, key, field, good = _HEALTH[name]
    return f"{token}_SUCCESS", {key: {field: "YES" if controller.state() in good else "NO"}}


def _change_streams(controller: Controller, name: str, body: bytes) -> str:
    token = "STREAM_REMOVE" if name == "stream/remove" else "STREAM_ADD"
    with _told_as(token):
        root = _parsed(body)
        value = root.get("value", root.get("event"))
        if not isinstance(value, dict):
            raise bad('the body has no object "value" with camera_id, camera_url and change')
        change = _text(value, "change")
        sensor = Sensor(*(_text(value, key) for key in ("camera_id", "camera_name", "camera_url")))
        for key in ("camera_url", "camera_id"):
            if not getattr(sensor, key):
                raise bad(f"{key} is missing")
    if "add" in change or "streaming" in change:
        with _told_as("STREAM_ADD"):
            controller.add_sensor(sensor)
        return "STREAM_ADD_SUCCESS"
    if "remove" in change:
        with _told_as("STREAM_REMOVE"):
            controller.remove_sensor(sensor)
        return "STREAM_REMOVE_SUCCESS"
    raise bad(f"change is {change!r}; known: camera_add, camera_streaming, camera_remove")


def _change_setting(controller: Controller, setting: Setting, body: bytes) -> str:
    with _told_as(setting.token):
        fields = _fields(_parsed(body), setting.field)
        source_id = None if setting.target in WITHOUT_STREAM else _stream_id(fields)
        value = setting.value(fields)
        if source_id is not None and setting.target.startswith("nv-"):
            controller.send(setting.target, source_id, setting.property, value)
        else:
            controller.set_property(setting.target, source_id, setting.property, value)
    return f"{setting.token}_SUCCESS"


def _change_regions(controller: Controller, body: bytes) -> str:
    with _told_as("ROI_UPDATE"):
        fields = _fields(_parsed(body), "roi_count")
        regions = fields.get("roi")
        if not isinstance(regions, list) or not regions:
            raise bad("roi has to be a list of regions")
        if fields.get("roi_count") != len(regions):
            raise bad(f"roi_count is {json.dumps(fields.get('roi_count'))}, not {len(regions)}")
        controller.set_regions(_stream_id(fields), [_region(region) for region in regions])
    return "ROI_UPDATE_SUCCESS"


def _region(fields: Any) -> Region:
    names = Region._fields[1:]
    values = [fields.get(name) for name in names] if isinstance(fields, dict) else [None]
    if not all(type(value) is int and 0 <= value <= _UINT_MAX for value in values):
        raise bad(f"{json.dumps(fields)} is no region with {', '.join(names)} in pixels")
    return Region(_text(fields, "roi_id"), *values)


def _fields(root: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = next((value for value in root.values() if isinstance(value, dict)), None)
    if found is None:
        raise bad(f'the body is not of the form {{"stream": {{"{field}": ...}}}}')
    return found


def _stream_id(fields: Mapping[str, Any]) -> int:
    text = _text(fields, "stream_id")
    if not text.isdecimal():
        raise bad(f"stream_id has to be the number of a stream; found: {text!r}")
    return int(text)


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        root = json.loads(body)
    except ValueError as error:
        raise bad(f"the body is not JSON: {error}") from None
    if not isinstance(root, dict):
        raise bad("the body is not a JSON object")
    return root


def _text(fields: Mapping[str, Any], key: str) -> str:
    """A field as text; numbers are taken, too."""
    value = fields.get(key, "")
    if isinstance(value, (dict, list)) or value is None:
        raise bad(f"{key} is not text: {json.dumps(value)}")
    return str(value)


@contextmanager
def _told_as(token: str) -> Iterator[None]:
    """Refusals begin with the token of their request."""
    try:
        yield
    except Refusal as refusal:
        raise Refusal(f"{token}_FAIL, {refusal}", refusal.status) from None


def _require(method: str, wanted: str) -> None:
    if method != wanted:
        raise Refusal(f"{method} is not {wanted}", HTTPStatus.METHOD_NOT_ALLOWED)


def _unknown(path: str) -> Refusal:
    streams = ("stream/add", "stream/remove", "stream/get-stream-info")
    known = sorted((*SETTINGS, *_HEALTH, *streams, "roi/update", "app/quit"))
    return Refusal(
        f"{path} is unknown; available: " + ", ".join(_V1 + name for name in known),
        HTTPStatus.NOT_FOUND,
    )
