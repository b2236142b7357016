"""What pyds sends to elements, which it knows by their addresses."""

from __future__ import annotations

from typing import Any

import pytest

from pythia.compat import pyds
from pythia.gst import Gst


def _element(factory: str) -> Any:
    element = Gst.ElementFactory.make(factory)
    if element is None:
        pytest.skip(f"needs {factory}")
    return element


def _events_after(send: Any) -> list[Gst.Structure]:
    """Structures of the custom events that leave an element when ``send(address)`` is called."""
    found: list[Gst.Structure] = []
    pipeline: Any = Gst.parse_launch("videotestsrc is-live=true ! identity name=i ! fakesink")
    pipeline.set_state(Gst.State.PLAYING)
    pipeline.get_state(20 * Gst.SECOND)
    element = pipeline.get_by_name("i")

    def probe(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event: Any = info.get_event()
        if event.type == Gst.EventType.CUSTOM_DOWNSTREAM:
            found.append(event.get_structure().copy())
        return Gst.PadProbeReturn.OK

    element.get_static_pad("src").add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, probe)
    assert send(hash(element)) is True
    pipeline.set_state(Gst.State.NULL)
    return found


def test_a_stream_reset_goes_downstream_with_its_source() -> None:
    (event,) = _events_after(lambda e: pyds.gst_element_send_nvevent_new_stream_reset(e, 3))

    assert event.get_name() == "stream-reset"
    assert event.get_uint("stream-id") == (True, 3)


def test_an_interval_update_goes_downstream_with_stream_and_number() -> None:
    (event,) = _events_after(lambda e: pyds.gst_element_send_nvevent_interval_update(e, "cam", 5))

    assert event.get_name() == "nv-infer-interval-update"
    assert (event.get_string("stream_id"), event.get_uint("interval")) == ("cam", (True, 5))


def test_an_rtsp_source_keeps_the_senders_clock_and_others_are_left_alone() -> None:
    rtsp, file = _element("rtspsrc"), _element("filesrc")
    if not rtsp.find_property("add-reference-timestamp-meta"):
        pytest.skip("needs GStreamer 1.22")

    pyds.configure_source_for_ntp_sync(hash(rtsp))
    pyds.configure_source_for_ntp_sync(hash(file))

    assert rtsp.get_property("add-reference-timestamp-meta") is True


@pytest.mark.parametrize("address", [0, None, -1, "rtspsrc0"])
def test_what_is_no_address_is_a_type_error(address: Any) -> None:
    with pytest.raises(TypeError):
        pyds.configure_source_for_ntp_sync(address)


def test_nothing_is_measured_unless_the_variable_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NVDS_ENABLE_LATENCY_MEASUREMENT", raising=False)

    assert pyds.nvds_measure_buffer_latency(hash(Gst.Buffer.new())) == 0
    assert capsys.readouterr().out == ""
