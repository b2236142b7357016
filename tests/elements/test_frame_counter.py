from __future__ import annotations

from pythia.elements.frame_counter import FrameCounter, LastLatencies, report
from pythia.meta.portable_latency import PortableFrameLatency


def counted(counter: FrameCounter, source: int, times_s: list[float]) -> None:
    for time_s in times_s:
        counter.count(source, time_s)


def test_rates_are_those_of_the_time_since_the_last_report() -> None:
    counter = FrameCounter()
    counted(counter, 0, [0.0, 0.1, 0.2, 0.3, 0.4])

    assert counter.rates(0.5) == {0: 8.0}

    counted(counter, 0, [0.6, 0.7])
    assert counter.rates(1.5) == {0: 2.0}
    assert counter.rates(2.0) == {0: 0.0}


def test_the_clock_of_a_source_starts_with_its_first_frame() -> None:
    counter = FrameCounter()
    counted(counter, 1, [10.0, 10.25, 10.5, 10.75])

    assert counter.rates(11.0) == {1: 3.0}
    assert FrameCounter().rates(11.0) == {}


def test_a_source_that_ended_has_no_frames_and_counts_anew_when_it_begins_again() -> None:
    counter = FrameCounter()
    counted(counter, 0, [0.0, 0.5])
    counter.end(0)

    assert counter.rates(1.0) == {0: 0.0}

    counted(counter, 0, [5.0, 5.5, 6.0])
    assert counter.rates(6.0) == {0: 2.0}


def test_a_source_that_is_gone_is_reported_no_longer() -> None:
    counter = FrameCounter()
    counter.count(0, 0.0)
    counter.count(1, 0.0)
    counter.remove(0)

    assert list(counter.rates(1.0)) == [1]


def test_a_report_has_deepstreams_form() -> None:
    counter = FrameCounter()
    counted(counter, 11, [0.0, 0.5, 1.0])
    counted(counter, 2, [0.0, 0.25, 0.5])

    assert report(counter.rates(1.0)) == "**PERF : FPS_2 (2.00)\tFPS_11 (2.00)\t"


def test_the_last_latency_of_each_source_is_told_once() -> None:
    latencies = LastLatencies()
    for source, frame in ((3, 0), (0, 0), (3, 1)):
        latencies.note(PortableFrameLatency(source, frame, 0.0, 12.5))

    assert latencies.lines() == [
        "Source id = 0 Frame_num = 0 Frame latency = 12.500000 (ms) ",
        "Source id = 3 Frame_num = 1 Frame latency = 12.500000 (ms) ",
    ]
    assert latencies.lines() == []
