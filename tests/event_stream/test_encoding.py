from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest

from pythia.event_stream.encoding import EncodingError, encode_json


@dataclass
class Box:
    left: float
    label: str


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.arange(6, dtype=np.uint8).reshape(2, 3), [[0, 1, 2], [3, 4, 5]]),
        (np.arange(6).reshape(2, 3).T, [[0, 3], [1, 4], [2, 5]]),
        (np.array([1, 2], dtype=">i4"), [1, 2]),
        (Box(1.5, "car"), {"left": 1.5, "label": "car"}),
        (datetime(2024, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "2024-01-02T03:04:05+00:00"),
        (b"\x00\xff", "AP8="),
        (bytearray(b"ab"), "YWI="),
        ((1, 2), [1, 2]),
        ({1: "one"}, {"1": "one"}),
        ("größe\n", "größe\n"),
        (float("nan"), None),
    ],
)
def test_values_have_a_json_form(value: Any, plain: Any) -> None:
    line = encode_json({"v": value})

    assert json.loads(line) == {"v": plain}
    assert b"\n" not in line


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (
            {"frame": 1, "box": {"left": object()}},
            r"event\['box'\]\['left'\] of type builtins.object",
        ),
        ({"all": [1, 2, {3}]}, r"event\['all'\]\[2\] of type builtins.set"),
        ({"n": 2**70}, r"event\['n'\] of type builtins.int .*64-bit"),
        ({"text": "\ud800"}, r"event\['text'\] of type builtins.str"),
        (Box(1j, "car"), r"event\.left of type builtins.complex"),  # type: ignore[arg-type]
        (object(), r"event of type builtins.object"),
    ],
)
def test_a_value_without_json_form_is_named_with_key_and_type(event: Any, where: str) -> None:
    with pytest.raises(EncodingError, match=where):
        encode_json(event)


def test_an_event_that_contains_itself_is_an_error_too() -> None:
    event: dict[str, Any] = {}
    event["self"] = event

    with pytest.raises(EncodingError, match=r"of type builtins\.dict"):
        encode_json(event)
