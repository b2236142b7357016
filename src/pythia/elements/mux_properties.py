"""Properties of nvstreammux."""

from __future__ import annotations

from pythia.elements.properties import (
    COMPUTE_HW,
    GPU_ID,
    INTERPOLATION,
    MEMORY_TYPE,
    UINT64_MAX,
    Property,
)

MUX_PROPERTIES = (
    Property("batch-size", "uint", 0, "Frames in a batch at most; must be set", 0, 1024),
    Property("width", "uint", 0, "Width of every frame of a batch; must be set"),
    Property("height", "uint", 0, "Height of every frame of a batch; must be set"),
    Property(
        "batched-push-timeout",
        "int",
        -1,
        "Microseconds after the first frame of a batch until it is pushed as it is; "
        "-1 waits until it is full",
        -1,
    ),
    Property("live-source", "bool", False, "Sources are live"),
    Property("enable-padding", "bool", False, "Keep the aspect ratio with black bands"),
    Property(
        "config-file-path",
        "string",
        None,
        "File that says when batches are due, for the new muxer (USE_NEW_NVSTREAMMUX=yes)",
    ),
    Property("sync-inputs", "bool", False, "Batch the frames with the lowest time first"),
    Property("max-latency", "uint", 0, "Nanoseconds of latency added for live sources"),
    Property(
        "attach-sys-ts",
        "bool",
        True,
        "ntp_timestamp is the system's time; otherwise the sender's, where RTSP gives it",
    ),
    Property("interpolation-method", INTERPOLATION, 1, "How frames are scaled (0 nearest ... )"),
    Property("num-surfaces-per-frame", "uint", 1, "Surfaces in a frame", 1, 4),
    Property("drop-pipeline-eos", "bool", False, "Do not send EOS when all sources ended"),
    Property("frame-num-reset-on-eos", "bool", False, "Count anew after a source's EOS"),
    Property("frame-num-reset-on-stream-reset", "bool", False, "Count anew after a stream start"),
    Property(
        "frame-duration",
        "uint64",
        UINT64_MAX,
        "Step of NVIDIA's NTP correction; senders' times are passed on as they are",
        hardware=True,
    ),
    Property(
        "async-process",
        "bool",
        True,
        "Scaling always runs beside the batching, on the sources' threads",
        hardware=True,
    ),
    Property("buffer-pool-size", "uint", 4, "Buffers in NVIDIA's pool", 4, 1024, True),
    COMPUTE_HW,
    MEMORY_TYPE,
    GPU_ID,
)
