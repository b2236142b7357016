"""The fixtures that pytest finds wherever pythia is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pythia.testing import batch, frame, metarecord, obj

pytest_plugins = ["pytester"]

TESTS = """
    from pythia.testing import collect

    def labels(batch_meta):
        for frame in batch_meta.frame_meta_list:
            for found in frame.obj_meta_list:
                yield {"frame": frame.frame_num, "label": found.obj_label}

    def test_batch_builder(batch_builder):
        seen = batch_builder.batch(batch_builder.frame(batch_builder.obj("car"), frame_num=7))
        assert collect(labels, seen) == [{"frame": 7, "label": "car"}]

    def test_replay(replay):
        recording = replay("data/street.jsonl")
        assert recording.collect(labels) == [{"frame": n, "label": "car"} for n in range(8)]
        assert len(list(recording)) == 8

    def test_replay_through(replay):
        tracked = replay("data/street.jsonl").through("nvtracker")
        numbers = {o.object_id for b in tracked for f in b.frame_meta_list for o in f.obj_meta_list}
        assert len(numbers) == 1

    def test_run_pipeline(run_pipeline, replay):
        ran = run_pipeline(
            "metareplay location={file} ! identity name=i ! fakesink",
            {"i.src": labels},
            {"file": replay("data/street.jsonl").path},
        )
        assert [event["frame"] for event in ran.events["i.src"]] == list(range(8))
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """Somebody's folder of tests, with a recording in it."""
    folder = pytester.mkdir("somewhere")
    (folder / "data").mkdir()
    with metarecord(folder / "data" / "street.jsonl") as recorder:
        for number in range(8):
            car = obj("car", box=(10 + number, 20, 30, 40))
            recorder.write(batch(frame(car, frame_num=number)), pts=number)
    return pytester


def test_its_fixtures_are_there_without_any_configuration(suite: pytest.Pytester) -> None:
    file = suite.makepyfile(test_probe=TESTS)
    file = file.rename(suite.path / "somewhere" / "test_probe.py")

    result = suite.runpytest_inprocess(file, "-p", "no:cacheprovider")

    result.assert_outcomes(passed=4)


def test_what_goes_wrong_is_the_tests_failure(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_probe="""
        def test_element(run_pipeline):
            run_pipeline("videotestsrc num-buffers=1 ! nvtracker ! fakesink")

        def test_probe(run_pipeline):
            def fails(batch_meta):
                raise LookupError("no such label")

            text = "videotestsrc num-buffers=1 ! identity name=i ! fakesink"
            run_pipeline(text, {"i.src": fails})

        def test_no_end(run_pipeline):
            run_pipeline("videotestsrc ! fakesink", timeout_s=0.2)

        def test_place(run_pipeline):
            run_pipeline("videotestsrc num-buffers=1 ! fakesink", {"src": lambda batch_meta: None})

        def test_no_file(replay):
            replay("none.jsonl")
        """
    )

    result = suite.runpytest_inprocess("-p", "no:cacheprovider")

    result.assert_outcomes(failed=5)
    result.stdout.fnmatch_lines_random(
        [
            "*PipelineError*",
            "*LookupError: no such label",
            "*RunError: the pipeline had not ended after 0.2 s; let its source end*",
            "*ProbeError: not a place for a probe: 'src'; the form is ELEMENT.PAD",
            "*RecordingError: cannot read the recording*none.jsonl*No such file*",
        ]
    )


def test_loading_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "import pythia.testing.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )

    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    loaded = set(found.stdout.split())
    assert "pythia.testing.pytest_plugin" in loaded
    assert not {"gi", "numpy", "orjson", "cv2"} & loaded
    assert not {name for name in loaded if name.startswith(("pythia.gst", "pythia.core"))}
