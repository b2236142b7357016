"""Sources of flows: files, cameras, and buffers of the program's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pythia.compat.pyservicemaker.errors import FlowError
from pythia.compat.pyservicemaker.existing import existing_uri
from pythia.compat.pyservicemaker.feeding import BufferProvider, Feeder
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.plugins import create
from pythia.compat.pyservicemaker.signal import Emitter
from pythia.compat.pyservicemaker.source_config import RecordConfig, SourceConfig
from pythia.compat.pyservicemaker.streams import Stream, node_name
from pythia.compat.pyservicemaker.views import say_once

WIDTH, HEIGHT, PUSH_TIMEOUT_US = 1920, 1080, 33000
SOURCE = "nvurisrcbin"

_MANY = "nvmultiurisrcbin"
_FORMATS = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "RGB": "video/x-raw",
    "RGBA": "video/x-raw",
    "I420": "video/x-raw",
}


def capture(pipeline: Pipeline, uris: Sequence[str], properties: dict[str, Any]) -> list[Stream]:
    """A source for each address."""
    streams = []
    for uri in uris:
        name = node_name("capture", "source")
        pipeline.add(SOURCE, name, {"uri": existing_uri(uri), **properties})
        streams.append(Stream(name, "vsrc_%u"))
    return streams


def inject(pipeline: Pipeline, provider: BufferProvider, gpu_id: int) -> Stream:
    """An appsrc that a provider feeds."""
    missing = [n for n in ("format", "width", "height", "framerate") if not hasattr(provider, n)]
    if missing:
        raise FlowError(f"inject(): {type(provider).__name__} has no {', '.join(missing)}")
    kind = provider.format.upper()
    if kind not in _FORMATS:
        raise FlowError(f"inject(): format {provider.format!r} is not one of {', '.join(_FORMATS)}")
    source = node_name("inject", "source")
    size = f"width={provider.width}, height={provider.height}, framerate={provider.framerate}/1"
    is_raw = _FORMATS[kind] == "video/x-raw"
    gpu = "(memory:NVMM)" if is_raw and "gpu" in str(getattr(provider, "device", "")) else ""
    form = f", format={kind}" if is_raw else ""
    pipeline.add("appsrc", source, {"caps": f"{_FORMATS[kind]}{gpu}{form}, {size}"})
    pipeline[source].set({"do-timestamp": True, "format": 3})
    pipeline.attach(source, Feeder(node_name("inject", "feeder"), provider))
    if not is_raw:
        return Stream(source)
    converter, caps = node_name("inject", "converter"), node_name("inject", "capsfilter")
    pipeline.add("nvvideoconvert", converter, {"gpu-id": gpu_id, "compute-hw": 1})
    pipeline.add("capsfilter", caps, {"caps": f"video/x-raw(memory:NVMM), format=NV12, {size}"})
    pipeline.link(source, converter, caps)
    return Stream(caps)


class BatchCapture:
    """Sources, and what batches their frames: an nvstreammux, or an nvmultiurisrcbin alone.

    Attributes:
        stream: The batches.
        batch_size: Frames in a batch, at most.
        controller: What starts recordings, for ``recording_type="cloud"``.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        sources: Sequence[str] | str,
        record_config: RecordConfig | None,
        properties: dict[str, Any],
    ) -> None:
        self._pipeline = pipeline
        self._record = record_config
        self._given = properties
        self.controller: Emitter | None = None
        self._config = SourceConfig()
        if isinstance(sources, str):
            if not sources.endswith((".yaml", ".yml")):
                raise FlowError(
                    "batch_capture() takes a list of addresses or a .yaml file with a "
                    f"source-list, not {sources!r}; one address is a list, too: [{sources!r}]"
                )
            self._config.load(sources)
            self._uris = [sensor.uri for sensor in self._config.sensor_list]
        else:
            self._uris = list(sources)
        self._mux = {
            "width": WIDTH,
            "height": HEIGHT,
            "batch-size": len(self._uris) or 1,
            "batched-push-timeout": PUSH_TIMEOUT_US,
            "buffer-pool-size": 4,
            "drop-pipeline-eos": False,
            "live-source": False,
        }
        self._check_names()
        is_one = self._config.source_type == _MANY
        self.stream = self._one_bin() if is_one else self._many_sources()

    def _check_names(self) -> None:
        known = {*self._mux, "gpu-id", "file-loop"}
        unknown = [name for name in self._given if name not in known]
        if unknown:
            raise FlowError(
                f"batch_capture() has no option {unknown[0].replace('-', '_')!r}; available: "
                f"{', '.join(sorted(name.replace('-', '_') for name in known))}"
            )

    def _one_bin(self) -> Stream:
        sensors = self._config.sensor_list
        properties = {"file-loop": False, **self._mux, **self._config.source_properties}
        properties.update({k: v for k, v in self._given.items() if k in properties})
        room = properties.pop("batch-size")
        properties.setdefault("max-batch-size", room)
        properties["uri-list"] = ",".join(existing_uri(sensor.uri) for sensor in sensors)
        properties["sensor-id-list"] = ",".join(sensor.sensor_id for sensor in sensors)
        properties["sensor-name-list"] = ",".join(sensor.sensor_name for sensor in sensors)
        name = node_name("batch_capture", "source")
        self._pipeline.add(_MANY, name, properties)
        self.batch_size = properties["max-batch-size"]
        return Stream(name)

    def _many_sources(self) -> Stream:
        source, mux = node_name("batch_capture", "source"), node_name("batch_capture", "mux")
        gpu = self._given.get("gpu-id", 0)
        given = {name: self._given.get(name, value) for name, value in self._mux.items()}
        self._pipeline.add("nvstreammux", mux, {**given, "gpu-id": gpu, "compute-hw": 1})
        for number, uri in enumerate(self._uris):
            name = self._source_name(source, number)
            kind = self._config.source_type or SOURCE
            self._pipeline.add(kind, name, self._source_properties(uri, gpu))
            self._pipeline.link((name, mux), ("vsrc_%u", ""))
            self._let_others_record(name)
        self.batch_size = given["batch-size"]
        return Stream(mux)

    def _source_name(self, base: str, number: int) -> str:
        sensors = self._config.sensor_list
        if sensors and self._is_cloud:
            return f"src_{number}"
        return (sensors and sensors[number].sensor_id) or f"{base}_{number}"

    def _source_properties(self, uri: str, gpu: int) -> dict[str, Any]:
        from_file = self._config.source_properties.get("file-loop", False)
        found = {"uri": existing_uri(uri), "gpu-id": gpu}
        found["file-loop"] = self._given.get("file-loop", from_file)
        if self._record is not None:
            found.update(self._recording(self._record, uri))
        return found

    def _recording(self, record: RecordConfig, uri: str) -> dict[str, Any]:
        if not uri.startswith("rtsp"):
            say_once(f"{uri} is not recorded: smart recording is for rtsp:// sources")
            return {}
        return {
            "smart-record": 1 if self._is_cloud else 2,
            "smart-rec-cache": record.rec_cache,
            "smart-rec-container": record.rec_container,
            "smart-rec-dir-path": record.rec_dir_path,
            "smart-rec-mode": record.rec_mode,
        }

    @property
    def _is_cloud(self) -> bool:
        return self._record is not None and self._record.recording_type.lower() == "cloud"

    def _let_others_record(self, name: str) -> None:
        if self._record is None or not self._is_cloud:
            return
        if self.controller is None:
            made = create("smart_recording_action", "sr_controller")
            assert isinstance(made, Emitter)
            self.controller = made
            made.set(
                {
                    "proto-lib": self._record.proto_lib,
                    "conn-str": self._record.conn_str,
                    "msgconv-config-file": self._record.msgconv_config_file,
                    "proto-config-file": self._record.proto_config_file,
                    "topic-list": self._record.topic_list,
                }
            )
        for action in ("start-sr", "stop-sr"):
            self.controller.attach(action, self._pipeline[name])
        self._pipeline.attach(name, "smart_recording_signal", "sr", "sr-done")
