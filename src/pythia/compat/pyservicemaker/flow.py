"""Flows: pipelines said in terms of what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pythia.compat.pyservicemaker.capturing import (
    HEIGHT,
    PUSH_TIMEOUT_US,
    SOURCE,
    WIDTH,
    BatchCapture,
    capture,
    inject,
)
from pythia.compat.pyservicemaker.encoding import Encoder, encode
from pythia.compat.pyservicemaker.errors import FlowError, UnavailableError
from pythia.compat.pyservicemaker.existing import existing_file
from pythia.compat.pyservicemaker.feeding import BufferProvider, BufferRetriever, Receiver
from pythia.compat.pyservicemaker.metadata import BatchMetadata
from pythia.compat.pyservicemaker.pipeline import Pipeline
from pythia.compat.pyservicemaker.playing import OnMessage
from pythia.compat.pyservicemaker.probe import BatchMetadataOperator, Probe
from pythia.compat.pyservicemaker.rendering import (
    RenderMode,
    discard,
    display_sink,
    show,
    tile_properties,
)
from pythia.compat.pyservicemaker.source_config import RecordConfig
from pythia.compat.pyservicemaker.streams import (
    MediaType,
    Stream,
    check_video,
    node_name,
    with_dashes,
)
from pythia.compat.pyservicemaker.tensor import Tensor

__all__ = ["Flow", "MediaType", "RenderMode"]

StreamInfo = Stream
MediaTypes = str | MediaType | Iterable[str | MediaType]


class Flow:
    """Streams of a pipeline, and what is done with them.

    Each method adds nodes and gives the flow behind them; calling a flow plays the pipeline to its
    end. Further keywords are properties of the element, with underscores for dashes.

    Methods raise FlowError where a step does not fit what is before it, MissingFileError for a
    file that does not exist, NodeError for a property that an element does not have.
    """

    DEFAULT_PICTURE_WIDTH = WIDTH
    DEFAULT_PICTURE_HEIGHT = HEIGHT
    DEFAULT_SOURCE_TYPE = SOURCE
    DEFAULT_BATCH_PUSH_TIMEOUT = PUSH_TIMEOUT_US

    def __init__(
        self,
        pipeline: Pipeline,
        streams: Iterable[Stream | str] | None = None,
        parent: Flow | None = None,
    ) -> None:
        self._pipeline = pipeline
        self._streams = [_stream(stream) for stream in streams or ()]
        self._parent = parent
        self._batch_size: int = parent._batch_size if parent is not None else 0
        self._sr_controller: Any = None

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline."""
        return self._pipeline

    def __call__(self, on_message: OnMessage | None = None) -> None:
        """Play the pipeline to its end.

        Raises:
            PythiaError: as :meth:`Pipeline.wait`.
        """
        self._pipeline.start(on_message).wait()

    def _then(self, *streams: Stream) -> Flow:
        return Flow(self._pipeline, streams, self)

    def _add(self, method: str, kind: str, factory: str, properties: dict[str, Any]) -> str:
        """Add a node behind the one stream."""
        stream = self._one(method)
        name = node_name(method, kind)
        self._pipeline.add(factory, name, properties)
        self._pipeline.link((stream.originator, name), (stream.template, ""))
        return name

    def _one(self, method: str) -> Stream:
        if len(self._streams) != 1:
            found = len(self._streams) or "no"
            raise FlowError(
                f"{method}() needs one stream, and there {'is' if found == 'no' else 'are'} "
                f"{found}: "
                + ("batch() them first" if self._streams else "begin with batch_capture([...])")
            )
        return self._streams[0]

    # Beginnings

    def capture(
        self,
        inputs: Sequence[str],
        source_manager: Any = None,
        media_types: MediaTypes = MediaType.VIDEO,
        **kwargs: Any,
    ) -> Flow:
        """Decode addresses or files, a stream each; :meth:`batch` puts them together."""
        check_video(media_types)
        if source_manager is not None:
            raise UnavailableError(
                "capture(source_manager=...) needs nvdsdynamicsrcbin, which the portable runtime "
                "does not have; give the addresses as a list"
            )
        if not inputs or isinstance(inputs, str):
            raise FlowError(f"capture() takes a list of addresses, not {inputs!r}")
        return self._then(*capture(self._pipeline, inputs, with_dashes(kwargs)))

    def batch_capture(
        self,
        input: Sequence[str] | str,
        record_config: RecordConfig | None = None,
        media_types: MediaTypes = MediaType.VIDEO,
        **kwargs: Any,
    ) -> Flow:
        """Decode addresses or files and batch their frames.

        Args:
            input: A list of addresses or files, or a YAML file with a source-list.
            record_config: How sources are recorded; not at all without.
            media_types: Video.
            kwargs: width, height, batch_size, batched_push_timeout, live_source, file_loop, ...
        """
        check_video(media_types)
        found = BatchCapture(self._pipeline, input, record_config, with_dashes(kwargs))
        flow = self._then(found.stream)
        flow._batch_size, flow._sr_controller = found.batch_size, found.controller
        return flow

    def inject(self, providers: Sequence[BufferProvider], **kwargs: Any) -> Flow:
        """Take buffers of the program's own, a stream a provider.

        Args:
            providers: Each with format (RGB, RGBA, I420, JPEG or PNG), width, height, framerate.
            kwargs: gpu_id.
        """
        if not providers:
            raise FlowError("inject() takes a list of BufferProviders, and it is empty")
        gpu = int(kwargs.get("gpu_id", 0))
        return self._then(*(inject(self._pipeline, provider, gpu) for provider in providers))

    # What streams there are

    def batch(self, **kwargs: Any) -> Flow:
        """Put the frames of all streams into batches; keywords are nvstreammux's properties."""
        if not self._streams:
            raise FlowError("batch(): there is no stream; begin with capture([...]) or inject()")
        if self._batch_size:
            raise FlowError("batch(): the stream is batched already")
        name = node_name("batch", "mux")
        defaults = {"batch-size": len(self._streams), "width": WIDTH, "height": HEIGHT}
        properties = {**defaults, "gpu-id": 0, **with_dashes(kwargs), "compute-hw": 1}
        self._pipeline.add("nvstreammux", name, properties)
        for stream in self._streams:
            self._pipeline.link((stream.originator, name), (stream.template, "sink_%u"))
        flow = self._then(Stream(name))
        flow._batch_size = properties["batch-size"]
        return flow

    def select(self, media_type: str | None = None, originator: str | None = None) -> Flow:
        """Go on with those streams that are of a kind, or come from a node."""
        if media_type is not None:
            check_video(media_type)
        names = [stream.originator for stream in self._streams]
        streams = [s for s in self._streams if originator in (None, s.originator)]
        if not streams:
            raise FlowError(f"select(): no stream is from {originator!r}; there are: {names}")
        return self._then(*streams)

    def fork(self) -> Flow:
        """Let several flows go on from here: call methods of the result more than once."""
        return self._then(Stream(self._add("fork", "tee", "tee", {})))

    def decode(self, **kwargs: Any) -> Flow:
        """Decode each stream; for streams of :meth:`inject` that are encoded."""
        streams = []
        for stream in self._streams:
            decoder, converter = node_name("decode", "decode"), node_name("decode", "converter")
            self._pipeline.add("decodebin", decoder, with_dashes(kwargs))
            self._pipeline.add("nvvideoconvert", converter, {"compute-hw": 1})
            self._pipeline.link((stream.originator, decoder), (stream.template, ""))
            self._pipeline.link(decoder, converter)
            streams.append(Stream(converter))
        return self._then(*streams)

    # What is done with a batched stream

    def preprocess(
        self,
        config_file: str,
        tensor_generator: Callable[[int], dict[str, Tensor]] | None = None,
        **kwargs: Any,
    ) -> Flow:
        """Make tensors of regions with nvdspreprocess.

        Args:
            config_file: Its configuration.
            tensor_generator: Makes more inputs for the network by name, for a number of frames.
            kwargs: Properties of nvdspreprocess; without target_unique_ids, network 1 gets them.
        """
        config = existing_file(config_file, "preprocess()")
        properties = {"config-file": str(config), "target-unique-ids": "1", **with_dashes(kwargs)}
        properties["target-unique-ids"] = str(properties["target-unique-ids"])
        name, queue = self._add("preprocess", "preprocess", "nvdspreprocess", properties), ""
        if tensor_generator is not None:
            target = int(properties["target-unique-ids"].split(";")[0])
            operator = _TensorGenerator(tensor_generator, target)
            self._pipeline.attach(name, Probe(f"{name}-tensors", operator))
        queue = node_name("preprocess", "queue")
        self._pipeline.add("queue", queue).link(name, queue)
        return self._then(Stream(queue))

    def infer(self, config: str, with_triton: bool = False, **kwargs: Any) -> Flow:
        """Run a network with nvinfer, or nvinferserver.

        Args:
            config: Its configuration.
            with_triton: nvinferserver.
            kwargs: Properties; without batch_size, it is the size of the batches.
        """
        if not isinstance(config, str):
            raise FlowError(f"infer() takes the name of a configuration file, not {config!r}")
        file = existing_file(config, "infer()")
        properties = {"config-file-path": str(file), **with_dashes(kwargs)}
        properties.setdefault("batch-size", self._batch_size or 1)
        factory = "nvinferserver" if with_triton else "nvinfer"
        return self._then(Stream(self._add("infer", "infer", factory, properties)))

    def track(self, **kwargs: Any) -> Flow:
        """Track objects with nvtracker; keywords are its properties."""
        return self._then(
            Stream(self._add("track", "tracker", "nvtrackerbin", with_dashes(kwargs)))
        )

    def analyze(self, config: str, **kwargs: Any) -> Flow:
        """Count in regions and across lines with nvdsanalytics, behind :meth:`track`."""
        file = existing_file(config, "analyze()")
        properties = {"config-file": str(file), **with_dashes(kwargs)}
        return self._then(Stream(self._add("analyze", "analyze", "nvdsanalytics", properties)))

    def apply(
        self, template_config: str | None = None, template_lib: str | None = None, **kwargs: Any
    ) -> Flow:
        """Run a C++ library on frames, which the portable runtime cannot.

        Raises:
            UnavailableError: always.
        """
        raise UnavailableError(
            "apply() runs a C++ library with nvdsvideotemplate, which cannot be loaded here; do "
            "the same in a BufferOperator: buffer.extract(n) gives frame n as an array"
        )

    def attach(
        self, what: Any, name: str = "", tips: str = "", properties: dict[str, Any] | None = None
    ) -> Flow:
        """Attach a probe, or the name of a plugin that makes one, to each stream."""
        for stream in self._streams:
            pad = tips or stream.template
            self._pipeline.attach(stream.originator, what, name, pad, properties)
        return self._then(*self._streams)

    # Ends

    def retrieve(self, retriever: BufferRetriever, **kwargs: Any) -> Flow:
        """Give frames to the program, as RGB; keywords are appsink's properties."""
        properties = with_dashes(kwargs)
        gpu = properties.pop("gpu-id", 0)
        convert = {"gpu-id": gpu, "compute-hw": 1}
        converter = self._add("retrieve", "converter", "nvvideoconvert", convert)
        caps, sink = node_name("retrieve", "capsfilter"), node_name("retrieve", "appsink")
        form = {"caps": "video/x-raw(memory:NVMM), format=RGB"}
        self._pipeline.add("capsfilter", caps, form)
        self._pipeline.add("appsink", sink, {"emit-signals": True, "sync": False, **properties})
        self._pipeline.attach(sink, Receiver(node_name("retrieve", "receiver"), retriever))
        self._pipeline.link(converter, caps, sink)
        return self._then()

    def render(
        self,
        mode: RenderMode = RenderMode.DISPLAY,
        enable_osd: bool = True,
        rtsp_mount_point: str = "ds-test5",
        rtsp_port: int = 8554,
        seg_mask_config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Flow:
        """Show frames, several sources as tiles.

        Args:
            mode: In a window, nowhere, or at ``rtsp://localhost:rtsp_port/rtsp_mount_point``.
            enable_osd: Draw boxes and texts.
            rtsp_mount_point: Path of the address.
            rtsp_port: Port of the address.
            seg_mask_config: Properties of nvsegvisual, which colours segmentations.
            kwargs: width and height of the tiles, and properties of the sink.
        """
        stream, properties = self._one("render"), with_dashes(kwargs)
        if not isinstance(mode, RenderMode):
            raise FlowError(f"render(): mode is a RenderMode, not {mode!r}")
        if mode is RenderMode.DISCARD:
            discard(self._pipeline, stream, properties)
            return self._then()
        tile = tile_properties(properties)
        sink = (display_sink(), properties)
        if mode is RenderMode.STREAM:
            mount = "/" + rtsp_mount_point.strip().lstrip("/")
            sync = properties.get("sync", False)
            served = {"rtsp-port": rtsp_port, "rtsp-mount-point": mount, "sync": sync}
            sink = ("nvrtspoutsinkbin", served)
        show(
            self._pipeline,
            stream,
            self._batch_size,
            sink=sink,
            tile=tile,
            enable_osd=enable_osd,
            seg_mask=seg_mask_config,
        )
        return self._then()

    def encode(
        self, dest: str, use_sw_codec: bool = False, enable_osd: bool = True, **kwargs: Any
    ) -> Flow:
        """Encode frames.

        Args:
            dest: A file (.mp4, .mov, .jpg, .mjpg), ``udp://localhost:port`` or
                ``rtsp://localhost:port``.
            use_sw_codec: x264enc and the like, not NVIDIA's names.
            enable_osd: Draw boxes and texts.
            kwargs: profile, bitrate (bit/s), iframeinterval, codec_type (h264, h265), sync.
        """
        encoder = Encoder(dest, use_sw_codec, enable_osd, kwargs)
        encode(self._pipeline, self._one("encode"), encoder)
        return self._then()

    def publish(self, **kwargs: Any) -> Flow:
        """Send event messages to a broker; keywords are nvmsgbrokersinkbin's properties."""
        properties = {"sync": False, **with_dashes(kwargs)}
        self._add("publish", "msgsink", "nvmsgbrokersinkbin", properties)
        return self._then()


class _TensorGenerator(BatchMetadataOperator):
    """Hangs a program's own tensors on batches."""

    def __init__(self, generate: Callable[[int], dict[str, Tensor]], target: int) -> None:
        super().__init__()
        self._generate = generate
        self._target = target

    def handle_metadata(self, batch_meta: BatchMetadata) -> None:
        for name, tensor in self._generate(batch_meta.n_frames).items():
            user = batch_meta.acquire_preprocess_batch_meta()
            user.set_preprocessed_tensor(name, 0, self._target, tensor)
            batch_meta.append(user)


def _stream(stream: Stream | str) -> Stream:
    if isinstance(stream, Stream):
        return stream
    originator, _, template = stream.partition("/")
    return Stream(originator, template)
