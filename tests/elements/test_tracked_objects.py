from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pythia.elements.tracked_objects import TrackedObjects
from pythia.meta.portable import PortableFrame, PortableObject
from pythia.meta.portable_osd import PortableRect
from pythia.vision.nvinfer_config import CLASSIFIER, DETECTOR, NvInferConfig
from pythia.vision.parsers.classifiers import Attribute

_CLASSIFIER = NvInferConfig(Path("config.txt"), network_type=CLASSIFIER)
_RED = [Attribute(0, 0, 0.9, "red")]


def _frame(number: int, source: int = 0) -> PortableFrame:
    return PortableFrame(pad_index=source, frame_num=number)


def _object(width: float = 10, height: float = 10, object_id: int = 7) -> PortableObject:
    return PortableObject(object_id=object_id, rect_params=PortableRect(0, 0, width, height))


def _begun(number: int = 100, **config: Any) -> TrackedObjects:
    tracked = TrackedObjects(replace(_CLASSIFIER, **config))
    known = tracked.begin(_frame(number), _object())
    known.attributes, known.pending = _RED, 0
    return tracked


def _is_due(tracked: TrackedObjects, frame: PortableFrame, obj: PortableObject) -> bool:
    known = tracked.find(frame, obj)
    assert known is not None
    return tracked.is_due(known, frame, obj)


@pytest.mark.parametrize(
    ("size", "due"), [((10, 10), False), ((10, 12), False), ((11, 11), True), ((5, 5), False)]
)
def test_an_object_is_looked_at_again_when_it_grew_by_a_fifth(
    size: tuple[float, float], due: bool
) -> None:
    assert _is_due(_begun(), _frame(101), _object(*size)) is due


@pytest.mark.parametrize(("number", "due"), [(105, False), (106, True), (3, True)])
def test_an_object_is_looked_at_again_after_the_interval_or_when_numbers_begin_anew(
    number: int, due: bool
) -> None:
    tracked = _begun(secondary_reinfer_interval=5)

    assert _is_due(tracked, _frame(number), _object()) is due


def test_growth_does_not_count_for_detectors() -> None:
    tracked = _begun(network_type=DETECTOR, secondary_reinfer_interval=5)

    assert not _is_due(tracked, _frame(101), _object(50, 50))


@pytest.mark.parametrize(("triton", "due"), [(False, False), (True, True)])
def test_only_nvinferserver_looks_again_at_what_has_no_label(triton: bool, due: bool) -> None:
    tracked = _begun(triton=triton)
    known = tracked.find(_frame(101), _object())
    assert known is not None
    known.attributes = []

    assert _is_due(tracked, _frame(101), _object()) is due


def test_sources_and_ids_are_kept_apart() -> None:
    tracked = _begun()

    assert tracked.find(_frame(101, source=1), _object()) is None
    assert tracked.find(_frame(101), _object(object_id=8)) is None


def test_a_source_that_ended_is_forgotten() -> None:
    tracked = _begun()

    tracked.forget_source(0)

    assert tracked.find(_frame(101), _object()) is None


def test_objects_not_seen_for_long_are_forgotten() -> None:
    tracked = _begun(100)
    tracked.begin(_frame(100), _object(object_id=8)).pending = 1
    for number in range(101, 101 + 1800):
        tracked.next_batch([_frame(number)])
        if number == 1800:
            tracked.begin(_frame(number), _object(object_id=9)).pending = 0

    frame = _frame(2000)
    assert tracked.find(frame, _object()) is None
    assert tracked.find(frame, _object(object_id=8)) is not None  # under inference
    assert tracked.find(frame, _object(object_id=9)) is not None
