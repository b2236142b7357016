"""REST requests that change one thing each: their names, fields and limits.

They follow the parsers of NVIDIA's ``nvds_rest_server``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pythia.elements.requests import INFER_INTERVAL, OSD_PROCESS_MODE, TRACKER_CONFIG

_INT_MAX, _UINT_MAX = 2**31 - 1, 2**32 - 1


class Refusal(Exception):  # noqa: N818  an answer, not a failure
    """A request that is refused, and why."""

    def __init__(self, reason: str, status: HTTPStatus = HTTPStatus.INTERNAL_SERVER_ERROR) -> None:
        super().__init__(reason)
        self.status = status


def bad(reason: str) -> Refusal:
    """A request that is wrong in itself."""
    return Refusal(reason, HTTPStatus.BAD_REQUEST)


@dataclass(frozen=True)
class Setting:
    """A request that changes one thing; numbers are from ``low`` to ``high``.

    ``target`` has ``property``, or is the name of an event with a field of that name.
    """

    token: str
    field: str
    kind: type
    target: str
    property: str
    low: int = 0
    high: int = 0

    def value(self, body: Mapping[str, Any]) -> Any:
        """The value that the body asks for."""
        value = body.get(self.field)
        if self.kind is bool and isinstance(value, (bool, int)):
            return bool(value)
        if self.kind is str and isinstance(value, str) and value:
            return value
        if self.kind is int and type(value) is int and self.low <= value <= self.high:
            return value
        wanted = f"a number from {self.low} to {self.high}" if self.kind is int else "given"
        raise bad(f"{self.field} has to be {wanted}; found: {json.dumps(value)}")


SOURCE, CONVERTER, MUX = "source", "converter", "mux"
SETTINGS = {
    "dec/drop-frame-interval": Setting(
        "DROP_FRAME_INTERVAL_UPDATE",
        "drop_frame_interval",
        int,
        SOURCE,
        "drop-frame-interval",
        0,
        30,
    ),
    "dec/skip-frames": Setting(
        "SKIP_FRAMES_UPDATE", "skip_frames", int, SOURCE, "dec-skip-frames", 0, 2
    ),
    "dec/low-latency-mode": Setting(
        "LOW_LATENCY_MODE_UPDATE", "low_latency_mode", bool, SOURCE, "low-latency-mode"
    ),
    "conv/srccrop": Setting("SRC_CROP_UPDATE", "src_crop", str, CONVERTER, "src-crop"),
    "conv/destcrop": Setting("DEST_CROP_UPDATE", "dest_crop", str, CONVERTER, "dest-crop"),
    "conv/flip-method": Setting(
        "FLIP_METHOD_UPDATE", "flip_method", int, CONVERTER, "flip-method", 0, 7
    ),
    "conv/interpolation-method": Setting(
        "INTERPOLATION_METHOD_UPDATE",
        "interpolation_method",
        int,
        CONVERTER,
        "interpolation-method",
        0,
        6,
    ),
    "mux/batched-push-timeout": Setting(
        "BATCHED_PUSH_TIMEOUT_UPDATE",
        "batched_push_timeout",
        int,
        MUX,
        "batched-push-timeout",
        -1,
        _INT_MAX,
    ),
    "mux/max-latency": Setting(
        "MAX_LATENCY_UPDATE", "max_latency", int, MUX, "max-latency", 0, _UINT_MAX
    ),
    "osd/process-mode": Setting(
        "PROCESS_MODE_UPDATE", "process_mode", int, *OSD_PROCESS_MODE[:2], 0, 1
    ),
    "infer/set-interval": Setting(
        "INFER_INTERVAL_UPDATE", "interval", int, *INFER_INTERVAL[:2], 0, 32
    ),
    "inferserver/set-interval": Setting(
        "INFERSERVER_INTERVAL_UPDATE", "interval", int, *INFER_INTERVAL[:2], 0, _INT_MAX
    ),
    "nvtracker/config-path": Setting(
        "NVTRACKER_CONFIG_UPDATE", "config_path", str, TRACKER_CONFIG, "config_path"
    ),
    "enc/bitrate": Setting(
        "BITRATE_UPDATE", "bitrate", int, "nv-enc-bitrate-update", "bitrate", 0, _UINT_MAX
    ),
    "enc/force-idr": Setting("FORCE_IDR_UPDATE", "force_idr", bool, "nv-enc-force-idr", "force"),
    "enc/force-intra": Setting(
        "FORCE_INTRA_UPDATE", "force_intra", bool, "nv-enc-force-intra", "force"
    ),
    "enc/iframe-interval": Setting(
        "IFRAME_INTERVAL_UPDATE",
        "iframeinterval",
        int,
        "nv-enc-iframeinterval-update",
        "interval",
        0,
        256,
    ),
    "analytics/reload-config": Setting(
        "RELOAD_CONFIG_UPDATE", "config_file_path", str, "nvdsanalytics", "config-file"
    ),
}
WITHOUT_STREAM = (MUX, "nvdsanalytics")
"""Targets whose requests name no stream."""
