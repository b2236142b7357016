from __future__ import annotations

from collections.abc import Iterator

import pytest

from pythia.cli.gst_options import apply
from pythia.exceptions import GstError
from pythia.gst import Gst


@pytest.fixture
def usual_levels() -> Iterator[None]:
    """Debug levels are put back."""
    before = Gst.debug_get_default_threshold()
    yield
    Gst.debug_set_threshold_from_string("GST_PIPELINE:0", True)
    Gst.debug_set_default_threshold(before)


@pytest.mark.usefixtures("usual_levels")
def test_debug_options_reach_gstreamer() -> None:
    apply([("debug", "GST_PIPELINE:6"), ("debug-no-color", None), ("debug-color-mode", "off")])
    categories = {c.get_name(): c for c in Gst.debug_get_all_categories()}
    level = categories["GST_PIPELINE"].get_threshold()
    apply([("debug-level", "0")])

    assert level == Gst.DebugLevel.LOG
    assert Gst.debug_get_default_threshold() == Gst.DebugLevel.NONE
    assert Gst.debug_get_color_mode() == Gst.DebugColorMode.OFF


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("debg", "3", "unknown option --gst-debg, did you mean '--gst-debug'.*--gst-plugin-path"),
        ("debug", None, "--gst-debug needs a value"),
        ("debug-level", "high", "expected a number from 0 to 9"),
        ("debug-no-color", "yes", "takes no value, found 'yes'"),
        ("debug-color-mode", "red", "available: on, off"),
        ("plugin-load", "nosuchplugin", "there is no plugin 'nosuchplugin'"),
    ],
)
def test_a_wrong_option_says_what_is_right(name: str, value: str | None, message: str) -> None:
    with pytest.raises(GstError, match=message):
        apply([(name, value)])
