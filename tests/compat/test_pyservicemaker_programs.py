"""Programs of pyservicemaker as a person has them: run by ``pythia run``, unmodified."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pythia import samples
from pythia.compat.pyservicemaker.utils import MediaInfo
from support.servers import Servers

PROGRAMS = Path(__file__).with_name("programs")
Run = Callable[..., Any]

FILE = """
deepstream:
  nodes:
  - {{type: nvurisrcbin, name: src, properties: {{uri: "{uri}"}}}}
  - {{type: nvstreammux, name: mux, properties: {{batch-size: 1, width: 1280, height: 720}}}}
  - {{type: nvinfer, name: pgie}}
  - {{type: nvvideoconvert, name: convert}}
  - {{type: nvdsosd, name: osd}}
  - {{type: nveglglessink, name: sink, properties: {{sync: false}}}}
  - {{type: measure_fps_probe.measure_fps_probe, name: fps}}
  edges:
    src: mux
    mux: pgie
    pgie.src: convert
    convert: osd
    osd: [sink, fps]
"""


@pytest.mark.parametrize("form", ["nodes", "file"])
def test_a_program_counts_and_marks_what_a_detector_finds(
    pythia_run: Run, street: Path, detector_config: Path, tmp_path: Path, form: str
) -> None:
    source = street.as_uri()
    if form == "file":
        (tmp_path / "pipeline.yaml").write_text(FILE.format(uri=source))
        source = "pipeline.yaml"
    report = tmp_path / "report.json"

    ended = pythia_run(
        PROGRAMS / "service_pipeline.py", source, detector_config, PYTHIA_RUN_REPORT=str(report)
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("10 frames [")
    assert "'car', " in ended.stdout
    counted = json.loads(report.read_text())["pgie"]
    assert counted["frames"] == 10
    assert counted["objects"] > 50


def test_a_flow_tracks_reads_tensors_publishes_and_encodes(
    pythia_run: Run, street: Path, detector_config: Path, tmp_path: Path, server_of: Servers
) -> None:
    broker = server_of("kafka")
    broker.expect("street")
    tracker = samples.path("configs/deepstream-app/config_tracker_IOU.yml")
    video = tmp_path / "seen.mp4"

    ended = pythia_run(
        PROGRAMS / "service_flow.py",
        *(street, detector_config, tracker, f"127.0.0.1;{broker.port}", video),
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("True [('output_bbox/BiasAdd:0', (16, 34, 60)), ")
    payload = json.loads(broker.events("street", 5)[0])
    assert any("|Vehicle|" in thing for thing in payload["objects"]), payload["objects"]
    assert MediaInfo.discover(str(video)).duration == pytest.approx(10 / 30 * 1e9, abs=5e7)


BUG = """
from multiprocessing import Process
import sys
from pyservicemaker import BatchMetadataOperator, Flow, Pipeline, Probe, RenderMode

class Zones(BatchMetadataOperator):
    def handle_metadata(self, batch_meta):
        for frame in batch_meta.frame_items:
            print(frame.timestamp)

def main(source):
    flow = Flow(Pipeline("bug")).batch_capture([source], width=64, height=48)
    flow.attach(Probe("zones", Zones())).render(RenderMode.DISCARD)()

process = Process(target=main, args=(sys.argv[1],))
process.start()
process.join()
sys.exit(process.exitcode)
"""


def test_a_bug_in_an_operator_ends_the_program_with_file_and_line(
    pythia_run: Run, clip: Path, tmp_path: Path
) -> None:
    (tmp_path / "bug.py").write_text(BUG)

    ended = pythia_run("bug.py", clip)

    assert ended.returncode == 1
    assert "'FrameMetadata' object has no attribute 'timestamp', at " in ended.stderr
    assert "bug.py:9" in ended.stderr


IMPORTS = """
import pyservicemaker
from pyservicemaker import (
    BatchMetadataOperator, Buffer, BufferObserver, BufferOperator, BufferProvider, BufferRetriever,
    ColorFormat, CommonFactory, DynamicSourceMessage, EOSMessage, Feeder, Flow, MediaType, Pipeline,
    PipelineState, Probe, Receiver, RecordConfig, RenderMode, SensorInfo, SourceConfig,
    StateTransitionMessage, as_tensor, osd, postprocessing, probe, register_probe, signal, utils,
)
from pyservicemaker._pydeepstream import TensorOutputUserMetadata, UserMetadata
from pyservicemaker._pydeepstream.signal import SourceManager
from pyservicemaker.flow import RenderMode as Mode
from pyservicemaker.utils import MediaChunk, MediaExtractor, PerfMonitor
import pyservicemaker.osd

assert Mode is RenderMode and pyservicemaker.osd is osd and SourceManager is signal.SourceManager
print(pyservicemaker.__version__)
"""


def test_all_public_names_are_where_programs_import_them_from(
    pythia_run: Run, tmp_path: Path
) -> None:
    (tmp_path / "imports.py").write_text(IMPORTS)

    ended = pythia_run("imports.py")

    assert (ended.returncode, ended.stdout) == (0, "0.0.1\n"), ended.stderr
