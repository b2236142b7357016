import gc

import pytest

from pythia.gst import Gst
from pythia.gst.structures import mend, structure_of


def caps() -> Gst.Caps:
    made = Gst.Caps.from_string("video/x-raw,width=64,height=48")
    assert made is not None
    return made


def test_a_structure_is_had_from_caps_in_one_line() -> None:
    assert caps().get_structure(0).get_name() == "video/x-raw"


def test_a_structure_outlives_the_variable_of_its_caps() -> None:
    structure = caps().get_structure(0)
    read = structure.get_int

    del structure
    gc.collect()
    others = [Gst.Caps.from_string(f"audio/x-raw,rate={rate}") for rate in range(1, 500)]

    assert tuple(read("width")) == (True, 64)
    assert len(others) == 499


def test_a_structure_can_be_given_to_other_caps() -> None:
    more = Gst.Caps.new_empty()

    more.append_structure(caps().get_structure(0).copy())

    assert more.to_string() == caps().to_string()


def test_a_structure_is_a_structure() -> None:
    structure = caps().get_structure(0)

    assert isinstance(structure, Gst.Structure)
    assert structure["height"] == 48
    assert str(structure).startswith("video/x-raw")


@pytest.mark.skipif(Gst.version() < (1, 26, 0, 0), reason="the form of GStreamer 1.26 and later")
def test_the_form_of_newer_versions_works_too() -> None:
    owner = caps()

    with owner.writable_structure(0) as structure:
        structure["width"] = 32

    assert owner.get_structure(0)["width"] == 32


def test_an_event_without_structure_has_none() -> None:
    assert structure_of(Gst.Event.new_flush_start()) is None


def test_an_event_gives_its_structure() -> None:
    told = Gst.Structure.new_from_string("told,number=(int)3")
    assert told is not None
    event = Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, told)

    structure = structure_of(event)

    assert structure is not None
    assert structure.get_int("number") == (True, 3)


def test_mending_twice_changes_nothing() -> None:
    mend()

    assert caps().get_structure(0).get_name() == "video/x-raw"
