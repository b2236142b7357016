from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia import analytics_per_frame, analytics_per_obj
from pythia.elements.structures import custom_event
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_analytics import PortableAnalyticsFrameMeta, PortableAnalyticsObjInfo
from pythia.meta.portable_osd import PortableColor, PortableRect, PortableText
from pythia.meta.types import ANALYTICS_FRAME_META, ANALYTICS_OBJ_META
from pythia.vision.analytics.source import SourceAnalytics
from support.pictures import Pictures
from support.play import Play

Fill = Callable[[PortableFrame], None]
Prepare = Callable[[Gst.Pipeline], None]

RULES = """
[property]
enable=1
config-width=320
config-height=240
{more}
[roi-filtering-stream-0]
enable=1
roi-gate=100;100;300;110;300;200;100;200
[overcrowding-stream-0]
enable=1
roi-queue=100;100;300;100;300;200;100;200
object-threshold=2
[line-crossing-stream-0]
enable=1
line-crossing-down=150;90;150;150;20;120;300;120
[direction-detection-stream-0]
enable=1
direction-south=40;40;40;80
"""
MUX = "nvstreammux name=m batch-size={} width=320 height=240 ! "


@pytest.fixture
def rules(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the rules above, with more keys of [property]."""

    def rules(more: str = "", text: str = RULES, name: str = "rules.txt") -> Path:
        file = tmp_path / name
        file.write_text(text.format(more=more))
        return file

    return rules


def source(pad: int = 0, frames: int = 40) -> str:
    return f" videotestsrc num-buffers={frames} pattern=black ! m.sink_{pad}"


def at(element: str, fill: Fill, pad: str = "sink") -> Prepare:
    """Has ``fill`` called for each frame that reaches an element."""

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        assert batch is not None
        for frame in batch.frame_meta_list:
            fill(frame)
        return Gst.PadProbeReturn.OK

    def prepare(pipeline: Gst.Pipeline) -> None:
        found = pipeline.get_by_name(element)
        where = found.get_static_pad(pad) if found is not None else None
        assert where is not None
        where.add_probe(Gst.PadProbeType.BUFFER, look)

    return prepare


def obj(
    number: int, x: float, bottom: float, class_id: int = 0, text: str = "car"
) -> PortableObject:
    return PortableObject(
        class_id=class_id,
        object_id=number,
        rect_params=PortableRect(x - 10, bottom - 30, 20, 30, 2, PortableColor(1, 0, 0, 1)),
        text_params=PortableText(text or None, 5, 5),
    )


def going_down(frame: PortableFrame) -> None:
    """Two objects side by side, four pixels a frame."""
    for number in (1, 2):
        frame.add_obj(obj(number, 120 + 40 * number, 60 + 4 * frame.frame_num))


def analytics(frame: PortableFrame) -> Any:
    (meta,) = analytics_per_frame(frame)
    return meta


def by_object(frame: PortableFrame) -> dict[int, Any]:
    return {
        each.object_id: info for each in frame.obj_meta_list for info in analytics_per_obj(each)
    }


def test_objects_and_frames_carry_what_is_found(play: Play, rules: Callable[..., Path]) -> None:
    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a unique-id=5 config-file={rules()} ! fakesink name=out"
        + source(),
        at("a", going_down),
    )

    assert played.error is None, played.error
    last = played.frames[30]
    assert [user.base_meta.meta_type for user in last.frame_user_meta_list] == [
        ANALYTICS_FRAME_META
    ]
    meta = analytics(last)
    assert isinstance(meta, PortableAnalyticsFrameMeta)
    assert (meta.ocStatus, meta.objInROIcnt) == ({"queue": True}, {"gate": 2, "queue": 2})
    assert (meta.objLCCurrCnt, meta.objLCCumCnt) == ({"down": 0}, {"down": 2})
    assert (meta.objCnt, meta.unique_id) == ({0: 2}, 5)
    (info, _) = by_object(last).values()
    assert isinstance(info, PortableAnalyticsObjInfo)
    assert (info.roiStatus, info.ocStatus, info.lcStatus) == (["gate"], ["queue"], [])
    assert (info.dirStatus, info.objStatus) == (" DIR:south ", " ROI:gate DIR:south ")
    assert info.unique_id == 5
    crossing = next(frame for frame in played.frames if analytics(frame).objLCCurrCnt["down"])
    assert crossing.frame_num == 15
    assert [each.lcStatus for each in by_object(crossing).values()] == [["down"]] * 2
    first = played.frames[0]
    assert all(not each.obj_user_meta_list for each in first.obj_meta_list)


def test_metadata_is_told_apart_and_copied_with_its_batch(
    play: Play, rules: Callable[..., Path]
) -> None:
    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(),
        at("a", going_down),
    )
    frame = played.frames[30]

    copy = frame.copy()
    analytics(copy).objLCCumCnt["down"] = 99
    by_object(copy)[1].roiStatus.append("other")

    assert analytics(frame).objLCCumCnt == {"down": 2}
    assert by_object(frame)[1].roiStatus == ["gate"]
    user = frame.obj_meta_list[0].obj_user_meta_list[0]
    assert user.base_meta.meta_type == ANALYTICS_OBJ_META


@pytest.mark.parametrize(
    ("mode", "texts", "label", "border"),
    [
        (0, [], "car", (1, 0, 0)),
        (1, ["gate", "queue", "south", "down "], "car", (1, 0, 0)),
        (
            2,
            ["gate=2", "queue OverCrowding=True, Count=2", "south", "down=2"],
            "car  ROI:gate DIR:south ",
            (0, 1, 1),
        ),
    ],
)
def test_the_osd_mode_says_what_is_written_and_drawn(
    play: Play,
    rules: Callable[..., Path],
    mode: int,
    texts: list[str],
    label: str,
    border: tuple[int, int, int],
) -> None:
    played = play(
        MUX.format(1) + f"nvdsanalytics name=a config-file={rules(f'osd-mode={mode}')} "
        "! fakesink name=out" + source(),
        at("a", going_down),
    )

    frame = played.frames[30]
    shapes = [text for display in frame.display_meta_list for text in display.text_params]
    assert [text.display_text for text in shapes] == texts
    assert [(text.x_offset, text.y_offset) for text in shapes] == (
        [(100, 110), (100, 100), (40, 40), (300, 120)] if mode else []
    )
    lines = sum(display.num_lines for display in frame.display_meta_list)
    assert lines == (4 + 4 + 3 + 4 if mode else 0)
    each = frame.obj_meta_list[0]
    assert each.text_params.display_text == label
    colour = each.rect_params.border_color
    assert (colour.red, colour.green, colour.blue) == border
    assert analytics(frame).objLCCumCnt == {"down": 2}


def test_an_object_without_a_label_gets_its_state_above_its_box(
    play: Play, rules: Callable[..., Path]
) -> None:
    def nameless(frame: PortableFrame) -> None:
        frame.add_obj(obj(1, 150, 150, text=""))

    played = play(
        MUX.format(1) + f"nvdsanalytics name=a config-file={rules('display-font-size=17')} "
        "! fakesink name=out" + source(frames=2),
        at("a", nameless),
    )

    (each,) = played.frames[0].obj_meta_list
    text = each.text_params
    assert (text.display_text, text.x_offset, text.y_offset) == (" ROI:gate", 140, 110)
    assert (text.font_params.font_size, text.set_bg_clr) == (17, 1)


def test_counts_of_classes_are_shown_where_asked_for(
    play: Play, rules: Callable[..., Path]
) -> None:
    def mixed(frame: PortableFrame) -> None:
        for number, class_id in enumerate((3, 0, 3)):
            frame.add_obj(obj(number, 50, 50, class_id))

    config = rules("osd-mode=0\ndisplay-obj-cnt=1")
    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={config} ! fakesink name=out"
        + source(frames=2),
        at("a", mixed),
    )

    (display,) = played.frames[0].display_meta_list
    assert [text.display_text for text in display.text_params] == [
        "Count for ClassId0=1 ClassId3=2"
    ]


def test_more_shapes_than_fit_are_spread_over_display_metadata(
    play: Play, rules: Callable[..., Path]
) -> None:
    many = "\n".join(f"roi-{n}=0;0;{n + 1};0;9;9" for n in range(40))
    config = rules(text=RULES + "[roi-filtering-stream-1]\nenable=1\n" + many)

    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={config} ! fakesink name=out"
        + source(pad=1, frames=1)
    )

    displays = played.frames[0].display_meta_list
    assert sum(display.num_lines for display in displays) == 120
    assert sum(display.num_labels for display in displays) == 40
    assert all(max(display.num_lines, display.num_labels) <= 16 for display in displays)


def test_nvdsosd_draws_the_rules_in_deepstreams_colours(
    play: Play, rules: Callable[..., Path]
) -> None:
    pictures = Pictures()

    played = play(
        MUX.format(1) + f"nvdsanalytics config-file={rules('osd-mode=1')} "
        "! nvdsosd display-text=false ! fakesink name=out" + source(frames=1),
        pictures,
    )

    assert played.error is None
    picture = pictures.buffers[0][0]
    crowd, line, arrow = picture[200, 250], picture[120, 60], picture[60, 40]
    for found, colour in ((crowd, (255, 128, 0)), (line, (0, 255, 0)), (arrow, (255, 0, 0))):
        assert np.abs(found - colour).max() < 40


def test_each_source_has_its_own_rules_and_memory(play: Play, rules: Callable[..., Path]) -> None:
    config = rules(
        text=RULES + "[line-crossing-stream-1]\nenable=1\n"
        "line-crossing-up=150;150;150;90;20;120;300;120\n"
    )

    played = play(
        MUX.format(2)
        + f"nvdsanalytics name=a config-file={config} ! fakesink name=out"
        + source()
        + source(1)
        + source(2),
        at("a", going_down),
    )

    totals = {frame.pad_index: analytics(frame).objLCCumCnt for frame in played.frames}
    assert totals == {0: {"down": 2}, 1: {"up": 0}, 2: {}}


def test_rules_are_scaled_from_the_size_they_were_written_for(
    play: Play, rules: Callable[..., Path]
) -> None:
    text = RULES.replace("width=320", "width=640").replace("height=240", "height=480")

    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules(text=text)} ! fakesink name=out"
        + source(),
        at("a", going_down),
    )

    text_places = {
        text.display_text: (text.x_offset, text.y_offset)
        for display in played.frames[0].display_meta_list
        for text in display.text_params
    }
    assert text_places["gate=0"] == (50, 55)
    assert analytics(played.frames[-1]).objLCCumCnt == {"down": 0}  # now at y = 60: above them


@pytest.mark.parametrize(
    ("options", "more", "enabled"),
    [
        ("config-file={file}", "", True),
        ("config-file={file} enable=false", "", False),
        ("enable=false config-file={file}", "", True),
        ("config-file={file}", "enable=0", False),
        ("config-file={file} enable=true", "enable=0", True),
    ],
)
def test_the_file_and_the_property_switch_it_and_the_last_one_wins(
    play: Play, rules: Callable[..., Path], options: str, more: str, enabled: bool
) -> None:
    text = RULES.replace("enable=1\nconfig-width", f"{more or 'enable=1'}\nconfig-width")

    played = play(
        MUX.format(1)
        + f"nvdsanalytics {options.format(file=rules(text=text))} ! fakesink name=out"
        + source(frames=2)
    )

    assert [bool(frame.frame_user_meta_list) for frame in played.frames] == [enabled] * 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", "set config-file to a DeepStream nvdsanalytics configuration"),
        ("config-file=/nowhere/rules.txt", "/nowhere/rules.txt cannot be read"),
        ("config-file={broken}", "rules.txt: group [roi-filtering-stream-0] has no key roi-NAME"),
    ],
)
def test_a_missing_or_wrong_configuration_is_one_error_on_the_bus(
    play: Play, rules: Callable[..., Path], options: str, expected: str
) -> None:
    broken = rules(text=RULES.replace("roi-gate", "gate"))

    played = play(
        MUX.format(1)
        + f"nvdsanalytics {options.format(broken=broken)} ! fakesink name=out"
        + source()
    )

    assert expected in (played.error or "")


def test_frames_without_a_muxer_are_an_error(play: Play, rules: Callable[..., Path]) -> None:
    played = play(
        "videotestsrc num-buffers=1 ! nvvideoconvert ! video/x-raw(memory:NVMM),format=NV12 "
        f"! nvdsanalytics config-file={rules()} ! fakesink name=out"
    )

    assert "put nvstreammux before nvdsanalytics" in (played.error or "")


def test_objects_without_a_tracker_are_warned_of_once_a_source(
    play: Play, rules: Callable[..., Path]
) -> None:
    warnings = []

    def untracked(frame: PortableFrame) -> None:
        frame.add_obj(PortableObject(rect_params=PortableRect(100, 100, 40, 40)))

    def prepare(pipeline: Gst.Pipeline) -> None:
        at("a", untracked)(pipeline)
        bus = pipeline.get_bus()
        bus.enable_sync_message_emission()
        bus.connect("sync-message::warning", lambda _, m: warnings.append(m.parse_warning()[0]))

    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(),
        prepare,
    )

    assert [warning.message for warning in warnings] == [
        "objects of stream 0 have no tracking id, and without one directions and line crossings "
        "are not found; put nvtracker before nvdsanalytics"
    ]
    assert analytics(played.frames[-1]).objInROIcnt == {"gate": 1, "queue": 1}


def when(number: int, element: str, do: Callable[[Gst.Element], object]) -> Prepare:
    """Does something to an element when a frame with this number reaches it."""

    def prepare(pipeline: Gst.Pipeline) -> None:
        found = pipeline.get_by_name(element)
        assert found is not None
        reference = found.weak_ref()

        def look(frame: PortableFrame) -> None:
            going_down(frame)
            element = reference()
            if frame.frame_num == number and isinstance(element, Gst.Element):
                do(element)

        at("a", look)(pipeline)

    return prepare


def test_another_configuration_takes_over_while_playing(
    play: Play, rules: Callable[..., Path]
) -> None:
    other = rules(text=RULES.replace("crossing-down", "crossing-below"), name="other.txt")

    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(),
        when(25, "a", lambda element: element.set_property("config-file", str(other))),
    )

    totals = [analytics(frame).objLCCumCnt for frame in played.frames]
    assert totals[24:26] == [{"down": 2}, {"below": 0}]
    assert totals[-1] == {"below": 0}


def test_a_reload_event_reads_the_file_again(play: Play, rules: Callable[..., Path]) -> None:
    config = rules()

    def reload(element: Gst.Element) -> None:
        rules(text=RULES.replace("crossing-down", "crossing-below"))
        pad = element.get_static_pad("sink")
        assert pad is not None
        pad.send_event(
            custom_event("nv-analytics-reload_config-update", config_file_path=str(config))
        )

    played = play(
        MUX.format(1) + f"nvdsanalytics name=a config-file={config} ! fakesink name=out" + source(),
        when(25, "a", reload),
    )

    totals = [analytics(frame).objLCCumCnt for frame in played.frames]
    assert totals[24:26] == [{"down": 2}, {"below": 0}]


def test_a_wrong_configuration_while_playing_is_an_error(
    play: Play, rules: Callable[..., Path]
) -> None:
    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(),
        when(5, "a", lambda element: element.set_property("config-file", "/nowhere.txt")),
    )

    assert "/nowhere.txt cannot be read" in (played.error or "")
    assert len(played.frames) == 5


@pytest.mark.parametrize("name", ["stream-eos", "pad-deleted"])
def test_a_source_that_goes_is_forgotten(play: Play, rules: Callable[..., Path], name: str) -> None:
    def go(element: Gst.Element) -> None:
        pad = element.get_static_pad("sink")
        assert pad is not None
        pad.send_event(custom_event(name, stream_id=0))

    played = play(
        MUX.format(1)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(),
        when(25, "a", go),
    )

    totals = [analytics(frame).objLCCumCnt["down"] for frame in played.frames]
    assert totals[24:26] == [2, 0]


def test_sources_that_ended_leave_nothing_behind(play: Play, rules: Callable[..., Path]) -> None:
    def count() -> int:
        return sum(isinstance(thing, SourceAnalytics) for thing in gc.get_objects())

    counts: list[int] = []

    def look(frame: PortableFrame) -> None:
        if frame.frame_num == 30:
            counts.append(count())

    play(
        MUX.format(3)
        + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out"
        + source(0, 5)
        + source(1, 40)
        + source(2, 5),
        at("out", look),
    )

    assert counts == [1]
    assert count() == 0


def test_a_pipeline_that_is_played_again_counts_anew(
    rules: Callable[..., Path], play: Play
) -> None:
    totals = []
    pipeline = Gst.parse_launch(
        MUX.format(1) + f"nvdsanalytics name=a config-file={rules()} ! fakesink name=out" + source()
    )
    assert isinstance(pipeline, Gst.Pipeline)
    at("a", going_down)(pipeline)
    at("out", lambda frame: totals.append(analytics(frame).objLCCumCnt["down"]))(pipeline)
    for _ in range(2):
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR
        )
        assert message is not None
        assert message.type == Gst.MessageType.EOS
        pipeline.set_state(Gst.State.NULL)

    assert totals == totals[:40] * 2
    assert totals[39:41] == [2, 0]
