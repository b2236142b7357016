"""What is read from compressed video."""

from __future__ import annotations

import pytest

from pythia.vision.bitstream import is_reference

SPS, PPS, SEI = b"\x67\x42", b"\x68\xce", b"\x06\x05"
START = b"\0\0\0\1"


def unit(*nals: bytes) -> bytes:
    return b"".join(START + nal + b"\x80\x10" for nal in nals)


@pytest.mark.parametrize(
    ("slice_header", "used"),
    [(0x65, True), (0x41, True), (0x21, True), (0x01, False), (0x05, False)],
)
def test_an_h264_picture_is_a_reference_if_its_slices_say_so(slice_header: int, used: bool) -> None:
    data = unit(b"\x09\x30", SPS, PPS, SEI, bytes([slice_header]))

    assert is_reference("h264", data) is used


@pytest.mark.parametrize(
    ("kind", "used"), [(0, False), (1, True), (8, False), (9, True), (19, True), (21, True)]
)
def test_an_h265_picture_is_a_reference_by_the_kind_of_its_slices(kind: int, used: bool) -> None:
    parameter_set, picture = bytes([32 << 1, 1]), bytes([kind << 1, 1])

    assert is_reference("h265", unit(parameter_set, picture)) is used


@pytest.mark.parametrize("data", [b"", b"\0\0\1", b"noise", unit(SPS, PPS)])
def test_data_without_a_slice_is_kept(data: bytes) -> None:
    assert is_reference("h264", data)
