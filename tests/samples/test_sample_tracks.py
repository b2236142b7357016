"""The bundled video through the bundled trackers, held against its exact ground truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from tools.track_score import Rows, Score, rows, sample_truths, score

from pythia import analytics_per_frame, analytics_per_obj, elements, samples
from pythia.gst import Gst
from pythia.meta import carrier
from pythia.meta.portable import PortableFrame
from pythia.vision.evaluation import overlaps

FORMS = ("NvSORT", "NvDCF_perf")
NEAR = 150
"""Height of things that move by many pixels a frame."""

_WAIT_S = 110
_HEAD = (
    "filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 ! nvvideoconvert ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=1280 height=720 "
    "! nvinfer config-file-path={primary} ! tee name=t"
)
_BRANCH = (
    " t. ! queue ! nvtracker ll-config-file={config} ! nvdsanalytics config-file={rules} "
    "! fakesink name={form} sync=false"
)
_LINES = {
    ("road", "forward"): "road-out",
    ("road", "backward"): "road-in",
    ("crossing", "forward"): "crossing-right",
    ("crossing", "backward"): "crossing-left",
}


@dataclass
class Told:
    """What reached the end of a branch: objects, who crossed which line in which frame, counts."""

    tracks: list[Rows] = field(default_factory=list)
    crossings: list[tuple[int, str, tuple[float, ...]]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)

    def note(self, frame: PortableFrame) -> None:
        found = []
        for obj in frame.obj_meta_list:
            rect = obj.rect_params
            box = (rect.left, rect.top, rect.width, rect.height)
            found.append((obj.object_id, obj.class_id, *box))
            for info in analytics_per_obj(obj):
                self.crossings += [(frame.frame_num, line, box) for line in info.lcStatus]
        self.tracks.append(rows(found))
        (meta,) = analytics_per_frame(frame)
        self.totals = dict(meta.objLCCumCnt)


def _recorder(pipeline: Gst.Pipeline, form: str, told: Told) -> Callable[[], None]:
    """Writes down what reaches a sink; gives a function that stops it."""
    sink = pipeline.get_by_name(form)
    pad = sink.get_static_pad("sink") if sink is not None else None
    assert pad is not None

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        assert batch is not None
        for frame in batch.frame_meta_list:
            told.note(frame)
        return Gst.PadProbeReturn.OK

    probe = pad.add_probe(Gst.PadProbeType.BUFFER, look)
    return lambda: pad.remove_probe(probe)


@pytest.fixture(scope="module")
def truth() -> Any:
    return json.loads(samples.path("sample_720p.gt.json").read_text())


@pytest.fixture(scope="module")
def told() -> dict[str, Told]:
    """What each form says of the whole film, all of them fed by one detector."""
    elements.register()
    video, primary = samples.path("sample_720p.mp4"), samples.path("config_infer_primary.txt")
    rules = samples.path("config_nvdsanalytics.txt")
    text = _HEAD.format(video=video, primary=primary)
    for form in FORMS:
        config = samples.path(f"config_tracker_{form}.yml")
        text += _BRANCH.format(config=config, rules=rules, form=form)
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    found = {form: Told() for form in FORMS}
    stops = [_recorder(pipeline, form, found[form]) for form in FORMS]
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(_WAIT_S * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    for stop in stops:
        stop()
    assert message is not None
    assert message.type == Gst.MessageType.EOS
    return found


@pytest.mark.parametrize("form", FORMS)
def test_the_street_is_tracked_well(told: dict[str, Told], truth: Any, form: str) -> None:
    found: Score = score(sample_truths(truth), told[form].tracks)

    assert found.mota >= 0.90
    assert found.idf1 >= 0.90


@pytest.mark.parametrize("form", FORMS)
def test_boxes_do_not_lag_behind_what_comes_near(
    told: dict[str, Told], truth: Any, form: str
) -> None:
    shares: list[float] = []
    for things, tracks in zip(sample_truths(truth), told[form].tracks, strict=True):
        near = things[(things[:, 6] > 0) & (things[:, 5] > NEAR)]
        if len(near) and len(tracks):
            shares += overlaps(near[:, 2:6], tracks[:, 2:6]).max(axis=1).tolist()

    assert len(shares) > 1000
    found = np.array([share for share in shares if share > 0.3])
    assert found.mean() > 0.915


@pytest.mark.parametrize("form", FORMS)
def test_every_line_crossing_is_counted_exactly_once(
    told: dict[str, Told], truth: Any, form: str
) -> None:
    expected = Counter(
        (each["id"], _LINES[each["line"], each["direction"]]) for each in truth["crossings"]
    )

    counted = Counter(
        (_thing(truth["frames"][number], box), line) for number, line, box in told[form].crossings
    )

    assert len(expected) == 16
    assert counted == expected
    totals = Counter(line for _, line in expected.elements())
    assert told[form].totals == {"crossing-left": 0, **totals}


def _thing(frame: list[list[float]], box: tuple[float, ...]) -> int:
    """The identity of the thing that a box is on."""
    table = rows(frame, 7)
    share = overlaps(table[:, 2:6], rows([box], 4))[:, 0]
    assert share.max() > 0.5
    return int(table[share.argmax(), 0])
