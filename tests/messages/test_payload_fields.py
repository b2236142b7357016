from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pythia.messages import built_in, payload_fields
from pythia.meta.portable import PortableFrame, PortableObject

PROTOBUF = 2


def _protobuf() -> bytes:
    frame = PortableFrame(frame_num=300)
    frame.add_obj(PortableObject(obj_label="car"))
    (payload,) = built_in(PROTOBUF, None).of_objects(frame)
    return payload


def test_the_sensor_of_a_protocol_buffer_is_read() -> None:
    assert payload_fields(_protobuf()) == {
        "version": "4.0",
        "id": "300",
        "sensorId": "0",
        "sensor.id": "0",
    }


def test_json_is_read_as_it_is() -> None:
    assert payload_fields(b'{"sensor": {"id": "a"}}') == {"sensor": {"id": "a"}}


@given(st.binary(max_size=40))
def test_anything_else_is_no_payload_or_has_no_fields(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert payload_fields(data) is not ...


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_protocol_buffer_that_ends_too_early_is_refused(cut: int) -> None:
    payload = _protobuf()

    with pytest.raises(ValueError, match="no protocol buffer"):
        payload_fields(payload[:-cut])
