"""The bundled video through the bundled trackers, held against its exact ground truth."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tools.track_score import Rows, Score, rows, sample_truths, score

from pythia import elements, samples
from pythia.gst import Gst
from pythia.meta import carrier

FORMS = ("NvSORT", "NvDCF_perf")
_WAIT_S = 110
_HEAD = (
    "filesrc location={video} ! qtdemux ! h264parse ! avdec_h264 ! nvvideoconvert ! m.sink_0 "
    "nvstreammux name=m batch-size=1 width=1280 height=720 "
    "! nvinfer config-file-path={primary} ! tee name=t"
)
_BRANCH = " t. ! queue ! nvtracker ll-config-file={config} ! fakesink name={form} sync=false"


def _recorder(pipeline: Gst.Pipeline, form: str, found: list[Rows]) -> Callable[[], None]:
    """Writes the objects down that reach a sink; gives a function that stops it."""
    sink = pipeline.get_by_name(form)
    pad = sink.get_static_pad("sink") if sink is not None else None
    assert pad is not None

    def look(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        assert buffer is not None
        batch = carrier.fetch(hash(buffer))
        assert batch is not None
        for frame in batch.frame_meta_list:
            boxes = [(obj, obj.rect_params) for obj in frame.obj_meta_list]
            found.append(
                rows(
                    [(o.object_id, o.class_id, b.left, b.top, b.width, b.height) for o, b in boxes]
                )
            )
        return Gst.PadProbeReturn.OK

    probe = pad.add_probe(Gst.PadProbeType.BUFFER, look)
    return lambda: pad.remove_probe(probe)


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """How good each form is, all of them fed by one detector."""
    elements.register()
    video, primary = samples.path("sample_720p.mp4"), samples.path("config_infer_primary.txt")
    text = _HEAD.format(video=video, primary=primary)
    for form in FORMS:
        text += _BRANCH.format(config=samples.path(f"config_tracker_{form}.yml"), form=form)
    pipeline = Gst.parse_launch(text)
    assert isinstance(pipeline, Gst.Pipeline)
    found: dict[str, list[Rows]] = {form: [] for form in FORMS}
    stops = [_recorder(pipeline, form, found[form]) for form in FORMS]
    pipeline.set_state(Gst.State.PLAYING)
    ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(_WAIT_S * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    for stop in stops:
        stop()
    assert message is not None
    assert message.type == Gst.MessageType.EOS
    truths = sample_truths(json.loads(samples.path("sample_720p.gt.json").read_text()))
    return {form: score(truths, found[form]) for form in FORMS}


@pytest.mark.parametrize("form", FORMS)
def test_the_street_is_tracked_well(scores: dict[str, Score], form: str) -> None:
    found = scores[form]

    assert found.mota >= 0.90
    assert found.idf1 >= 0.90
