"""Pipelines built node by node: links, properties, probes, messages, and what goes wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pythia.compat.pyservicemaker import (
    BatchMetadataOperator,
    Buffer,
    BufferObserver,
    BufferOperator,
    EOSMessage,
    Pipeline,
    PipelineState,
    Probe,
    StateTransitionMessage,
)
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.exceptions import ConfigError, ProbeFailedError, PythiaError, RunError

NV12 = "video/x-raw,format=NV12,width=64,height=48,framerate=30/1"
RGBA = "video/x-raw(memory:NVMM),format=RGBA"


def _pipeline(buffers: int = 3, caps: str = RGBA) -> Pipeline:
    """Test pictures, in batches of one, as RGBA."""
    return (
        Pipeline("test")
        .add("videotestsrc", "src", {"num-buffers": buffers, "pattern": "blue"})
        .add("capsfilter", "form", {"caps": NV12})
        .add("nvvideoconvert", "upload")
        .add("nvstreammux", "mux", {"batch-size": 1, "width": 64, "height": 48})
        .add("nvvideoconvert", "convert")
        .add("capsfilter", "caps", {"caps": caps})
        .add("fakesink", "sink", {"sync": False})
        .link("src", "form", "upload")
        .link(("upload", "mux"), ("", "sink_%u"))
        .link("mux", "convert", "caps", "sink")
    )


class Keep(BatchMetadataOperator):
    """Keeps what it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        for frame in batch_meta.frame_items:
            self.seen.append((frame.frame_number, frame.pipeline_width, frame.pipeline_height))


def test_an_operator_sees_each_batch() -> None:
    keep = Keep()

    _pipeline().attach("mux", Probe("keep", keep)).start().wait()

    assert keep.seen == [(number, 64, 48) for number in range(3)]


class Everything:
    """Operators of every kind, which note what they see."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        notes = self.seen

        class Drop(BufferOperator):
            def handle_buffer(self, buffer: Buffer) -> bool:
                return buffer.batch_meta.extract(1)[0] is not None and buffer.timestamp > 0

        class Note(BufferObserver):
            def handle_buffer(self, buffer: Buffer) -> None:
                pixels = np.from_dlpack(buffer.extract(0))
                notes.append((buffer.batch_size, pixels.shape, pixels[0, 0].tolist()))

        self.drop, self.note = Drop(), Note()


def test_buffers_can_be_dropped_and_their_pixels_read() -> None:
    operators = Everything()

    pipeline = _pipeline().attach("mux", Probe("drop", operators.drop))
    pipeline.attach("caps", Probe("note", operators.note)).start().wait()

    assert len(operators.seen) == 2  # the first has the time 0
    size, shape, pixel = operators.seen[0]
    assert (size, shape) == (1, (48, 64, 4))
    assert pixel[2] > 200 > 60 > pixel[0]


class Paint(BufferOperator):
    """Writes into the frame."""

    def handle_buffer(self, buffer: Buffer) -> bool:
        np.from_dlpack(buffer.extract(0))[:8, :8] = 255
        return True


def test_pixels_that_a_probe_writes_go_downstream() -> None:
    operators = Everything()

    pipeline = _pipeline(1).attach("convert", Probe("paint", Paint()))
    pipeline.attach("sink", Probe("note", operators.note)).start().wait()

    assert operators.seen[0][2] == [255] * 4


def test_properties_are_read_and_set_by_name() -> None:
    pipeline = _pipeline()

    pipeline["mux"].set({"batch-size": 4, "live_source": 1})
    pipeline["mux"].set([{"width": "128"}, {"height": 96}])

    assert pipeline["mux"].get("batch-size") == 4
    assert pipeline["mux"].get("live-source") is True
    assert (pipeline["mux"].get("width"), pipeline["mux"].get("height")) == (128, 96)
    assert "RGBA" in pipeline["caps"].get("caps")
    assert pipeline["src"].get("pattern") == 6


class Raises(BatchMetadataOperator):
    """Has a bug."""

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        raise KeyError("no such zone")


class Misuses(BatchMetadataOperator):
    """Has a bug that pyservicemaker finds."""

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        batch_meta.append("no metadata")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "told", "cause"),
    [
        (Raises, "Probe 'zones' raised KeyError: 'no such zone'", KeyError),
        (Misuses, "needs a UserMetadata, not 'no metadata'", TypeError),
    ],
)
def test_what_an_operator_raises_comes_out_of_wait_with_its_line(
    kind: type[BatchMetadataOperator], told: str, cause: type[Exception]
) -> None:
    pipeline = _pipeline(1000).attach("mux", Probe("zones", kind()))

    with pytest.raises(ProbeFailedError) as caught:
        pipeline.start().wait()

    line = kind.handle_metadata.__code__.co_firstlineno + 1
    assert f"{Path(__file__)}:{line}" in str(caught.value)
    assert told in str(caught.value)
    assert isinstance(caught.value.__cause__, cause)


class ReturnsNothing(BufferOperator):
    """Forgets to say whether the buffer goes on."""

    def handle_buffer(self, buffer: Buffer) -> bool:
        return None  # type: ignore[return-value]


def test_an_operator_that_returns_nothing_is_told() -> None:
    with pytest.raises(ProbeFailedError, match="True or False"):
        _pipeline().attach("mux", Probe("forgot", ReturnsNothing())).start().wait()


def test_the_callback_gets_states_and_the_end() -> None:
    told: list[Any] = []

    _pipeline().start(told.append).wait()

    playing = [
        message.origin
        for message in told
        if isinstance(message, StateTransitionMessage)
        and message.new_state == PipelineState.PLAYING
    ]
    assert {"sink", "mux", "test"} <= set(playing)
    assert isinstance(told[-1], EOSMessage) or any(isinstance(m, EOSMessage) for m in told)


def test_what_the_callback_raises_comes_out_of_wait() -> None:
    def on_message(message: Any) -> None:
        raise ValueError("not expected")

    with pytest.raises(ProbeFailedError, match="message callback raised ValueError: not expected"):
        _pipeline(1000).prepare(on_message).activate().wait()


class Signal(BatchMetadataOperator):
    """Says that something came."""

    def __init__(self) -> None:
        super().__init__()
        self.came = threading.Event()

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        self.came.set()


def test_stop_ends_the_stream_in_order() -> None:
    told: list[Any] = []
    signal = Signal()
    pipeline = _pipeline(-1).attach("sink", Probe("signal", signal))

    pipeline.start(told.append)
    assert signal.came.wait(30)
    pipeline.stop().wait()

    assert any(isinstance(message, EOSMessage) for message in told)


def test_a_pipeline_can_be_played_again() -> None:
    keep = Keep()
    pipeline = _pipeline(2).attach("mux", Probe("keep", keep))

    pipeline.start().wait()
    pipeline.start().wait()

    assert len(keep.seen) == 4


def test_sources_that_give_their_pads_late_are_linked_in_order(clip: Path) -> None:
    keep = Keep()
    pipeline = Pipeline("late")
    pipeline.add("nvstreammux", "mux", {"batch-size": 2, "width": 64, "height": 48})
    for number, (factory, hints) in enumerate(
        (("nvurisrcbin", ("vsrc_%u", "")), ("uridecodebin", ("", "sink_%u")))
    ):
        pipeline.add(factory, f"src_{number}", {"uri": clip.as_uri()})
        pipeline.link((f"src_{number}", "mux"), hints)
    pipeline.add("fakesink", "sink").link("mux", "sink").attach("mux", Probe("keep", keep))

    pipeline.start().wait()

    assert sorted(number for number, _, _ in keep.seen) == sorted([*range(12)] * 2)


def test_an_error_of_an_element_comes_out_of_wait() -> None:
    pipeline = Pipeline("broken").add("filesrc", "src", {"location": "/nowhere/at.all"})
    pipeline.add("fakesink", "sink").link("src", "sink")

    with pytest.raises(PythiaError, match=r"src \(filesrc\).*at.all"):
        pipeline.start().wait()


def test_wait_inside_a_callback_is_refused() -> None:
    pipeline = _pipeline(1000)

    def on_message(message: Any) -> None:
        pipeline.wait()

    with pytest.raises(PythiaError) as told:
        pipeline.start(on_message).wait()

    assert isinstance(told.value.__cause__, RunError)


def _twice(p: Pipeline) -> Any:
    return p.add("fakesink", "sink")


def _no_init(p: Pipeline) -> Any:
    class Forgets(BatchMetadataOperator):
        def __init__(self) -> None:
            pass

    return Probe("forgets", Forgets())


WRONG: list[tuple[Callable[[Pipeline], Any], type[Exception], str]] = [
    (lambda p: p.add("nvstremmux", "m"), RuntimeError, "did you mean 'nvstreammux'"),
    (lambda p: p.add("nosuchthing", "m"), RuntimeError, "no element 'nosuchthing'"),
    (_twice, RuntimeError, "a node 'sink' in the pipeline already"),
    (lambda p: p["mix"], RuntimeError, "did you mean 'mux'"),
    (lambda p: p["mux"].set({"batchsize": 1}), RuntimeError, "did you mean 'batch-size'"),
    (lambda p: p["mux"].set({"batch-size": -1}), RuntimeError, "a number from 0 to 1024"),
    (lambda p: p["mux"].set({"batch-size": "many"}), RuntimeError, "does not take 'many'"),
    (lambda p: p["mux"].set({"width": None}), RuntimeError, "str, int, float or bool"),
    (lambda p: p["src"].set({"pattern": "blu"}), RuntimeError, "(blue)"),
    (lambda p: p["mux"].get("batchsize"), RuntimeError, "did you mean 'batch-size'"),
    (lambda p: p.link("mux"), RuntimeError, "two names or more"),
    (lambda p: p.link("mux", "nowhere"), RuntimeError, "no node 'nowhere'"),
    (lambda p: p.link("src", "sink"), RuntimeError, "it goes to 'form'|comes from 'caps'"),
    (lambda p: p.link(("upload", "mux"), ("", "sunk_%u")), RuntimeError, "sink_%u"),
    (lambda p: p.attach("mux", 5), RuntimeError, "name of a plugin"),  # type: ignore[arg-type]
    (lambda p: p.attach("mux", "measure_fsp_probe"), RuntimeError, "'measure_fps_probe'"),
    (lambda p: p.attach("mux", "resnet_tensor_parser"), NotImplementedError, "tensor_items"),
    (
        lambda p: p.attach("mux", "measure_fps_probe", "f", properties={"intervall": 1}),
        RuntimeError,
        "did you mean 'interval'",
    ),
    (lambda p: p.attach("mux", Probe("k", Keep()), tips="srk"), RuntimeError, "'srk'"),
    (lambda p: Probe("k", 5), TypeError, "BatchMetadataOperator"),
    (_no_init, TypeError, r"must call super\(\).__init__\(\)"),
    (lambda p: p.start(5), RuntimeError, "callable"),  # type: ignore[arg-type]
    (lambda p: p.start_recording("src", 0, 5), RuntimeError, "smart-record=2"),
    (lambda p: Pipeline("f", "/nowhere/pipeline.yaml"), FileNotFoundError, "/nowhere/pipeline"),
]


@pytest.mark.parametrize(("act", "kind", "words"), WRONG)
def test_bad_use_is_told(act: Callable[[Pipeline], Any], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        act(_pipeline())


FILE = """
deepstream:
  nodes:
  - {{type: videotestsrc, name: src, properties: {{num-buffers: 3}}}}
  - {{type: capsfilter, name: form, properties: {{caps: "{caps}"}}}}
  - {{type: nvvideoconvert, name: upload}}
  - {{type: nvstreammux, name: mux, properties: {{batch-size: 1, width: 64, height: 48}}}}
  - {{type: fakesink, name: sink, properties: {{sync: false}}}}
  - {{type: sample_video_probe.sample_video_probe, name: mark, properties: {{font-size: 20}}}}
  edges:
    src: form
    form: upload
    upload.src: mux.sink_%u
    mux: [sink, mark]
"""


class Texts(BatchMetadataOperator):
    """Keeps the texts over the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        for frame in batch_meta.frame_items:
            for display in frame._meta.display_meta_list:
                text = display.text_params[0]
                self.seen.append((text.display_text, text.font_params.font_size))


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_a_pipeline_is_built_from_a_file(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"pipeline{suffix}"
    text = FILE.format(caps=NV12)
    if suffix == ".json":
        import json

        import yaml

        text = json.dumps(yaml.safe_load(text))
    file.write_text(text)
    texts = Texts()

    pipeline = Pipeline("file", str(file)).attach("sink", Probe("texts", texts))
    pipeline["mark"].set({"font-size": 24})
    pipeline.start().wait()

    assert texts.seen == [("Person=0,Vehicle=0", 24)] * 3


WRONG_FILES = [
    ("pipeline: {}", "has 'deepstream:'"),
    ("just words", "sections are needed"),
    ("{", "not YAML"),
    ("deepstream: {nodes: [{type: tee}]}", "a type and a name"),
    ("deepstream: {nodes: [{type: tee, name: t, propertes: {}}]}", "did you mean 'properties'"),
    ("deepstream: {nodes: [{type: tee, name: t}], edges: {t: u}}", "no node 'u'"),
    ("deepstream: {nodes: [{type: tee, name: t}], edges: [t]}", "edges are lines"),
]


@pytest.mark.parametrize(("text", "words"), WRONG_FILES)
def test_a_wrong_file_is_told_with_its_name(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=words) as told:
        Pipeline("file", str(file))

    assert "wrong.yaml" in str(told.value)
