"""Properties of one source, which nvurisrcbin and nvmultiurisrcbin share."""

from __future__ import annotations

from pythia.elements.properties import GPU_ID, Enum, Property

RTSP = 2
"""The value of ``type`` that asks for NVIDIA's own handling of RTSP."""

KEY_FRAMES_ONLY = 2
"""The value of ``dec-skip-frames`` that leaves key frames only."""

_RTP_PROTOCOL = Enum(
    "GstPythiaRtpProtocol",
    (
        (0, "unknown", "rtp-unknown"),
        (1, "udp", "rtp-udp"),
        (2, "udp-mcast", "rtp-udp-mcast"),
        (4, "tcp", "rtp-tcp"),
        (7, "udp-udpmcast-tcp", "rtp-udp-udpmcast-tcp"),
        (10, "http", "rtp-http"),
        (20, "tls", "rtp-tls"),
    ),
)
_SKIP_FRAMES = Enum(
    "GstPythiaSkipFrames",
    (
        (0, "Decode all frames", "decode_all"),
        (1, "Decode non-ref frames", "decode_non_ref"),
        (KEY_FRAMES_ONLY, "decode key frames", "decode_key"),
    ),
)
_CUDADEC_MEMORY = Enum(
    "GstPythiaUriCudaDecMemType",
    (
        (0, "Memory type Device", "memtype_device"),
        (1, "Memory type Host Pinned", "memtype_pinned"),
        (2, "Memory type Unified", "memtype_unified"),
    ),
)
_BUFFER_MODE = Enum(
    "GstPythiaBufferMode",
    (
        (0, "Only use RTP timestamps", "unknown"),
        (1, "Slave receiver to sender clock", "slave"),
        (2, "Do low/high watermark buffering", "buffer"),
        (3, "Choose mode depending on stream live", "auto"),
        (4, "Synchronized sender and receiver clocks", "synced"),
    ),
)
_LEAKY = Enum(
    "GstPythiaUriLeaky",
    (
        (0, "No Leak", "no-leak"),
        (1, "Upstream Leak", "upstream-leak"),
        (2, "Downstream Leak", "downstream-leak"),
    ),
)
_SMART_RECORD = Enum(
    "GstPythiaSmartRecordType",
    (
        (0, "Disable Smart Record", "smart-rec-disable"),
        (1, "Trigger Smart Record through cloud messages only", "smart-rec-cloud"),
        (2, "Trigger Smart Record through cloud and local events", "smart-rec-multi"),
    ),
)
_SMART_RECORD_MODE = Enum(
    "GstPythiaSmartRecordMode",
    (
        (0, "Record audio and video if available", "smart-rec-mode-av"),
        (1, "Record video only if available", "smart-rec-mode-video"),
        (2, "Record audio only if available", "smart-rec-mode-audio"),
    ),
)
_SMART_RECORD_CONTAINER = Enum(
    "GstPythiaSmartRecordContainer",
    ((0, "MP4 container", "smart-rec-mp4"), (1, "MKV container", "smart-rec-mkv")),
)

DECODING = (
    Property(
        "num-extra-surfaces", "uint", 1, "Decoder surfaces beyond the necessary", hardware=True
    ),
    GPU_ID,
    Property("cudadec-memtype", _CUDADEC_MEMORY, 0, "Memory of decoded frames", hardware=True),
    Property(
        "drop-frame-interval", "uint", 0, "Keep every Nth decoded frame only; 0 keeps all", 0, 30
    ),
    Property("dec-skip-frames", _SKIP_FRAMES, 0, "Frames that are not decoded at all"),
    Property("low-latency-mode", "bool", False, "Hand on each frame as soon as it is decoded"),
    Property("disable-passthrough", "bool", False, "Copy frames that need no conversion, too"),
    Property("disable-audio", "bool", True, "Leave the sound out"),
    Property("sei-uuid", "string", None, "UUID of the SEI data that the decoder extracts"),
    Property("file-loop", "bool", False, "Play file:/ sources again and again"),
    Property(
        "simulate-fps-interval-ms",
        "uint",
        0,
        "Milliseconds between two frames of a file, as a camera would give them; 0: no waiting",
        0,
        1000,
    ),
)
RTSP_ONLY = (
    Property("buffer-mode", _BUFFER_MODE, 3, "How rtspsrc buffers"),
    Property(
        "rtsp-reconnect-interval",
        "uint",
        0,
        "Seconds without data after which the connection is made anew; 0: never",
    ),
    Property(
        "init-rtsp-reconnect-interval",
        "uint",
        0,
        "Seconds until the next attempt after an error of the connection; "
        "0: rtsp-reconnect-interval",
    ),
    Property(
        "rtsp-reconnect-attempts",
        "int",
        -1,
        "Attempts in a row before the source is given up; -1 or 0: no limit",
    ),
    Property("select-rtp-protocol", _RTP_PROTOCOL, 7, "How RTP data is to come"),
    Property("latency", "uint", 100, "Size of the jitter buffer in milliseconds"),
    Property("udp-buffer-size", "uint", 524288, "Size of the kernel's UDP buffer in bytes"),
    Property("drop-on-latency", "bool", True, "Never let the jitter buffer exceed the latency"),
    Property("leaky", _LEAKY, 0, "Where the queue before the decoder leaks"),
    Property("max-size-buffers", "uint", 200, "Buffers in the queue before the decoder"),
)
SMART_RECORDING = (
    Property("smart-record", _SMART_RECORD, 0, "Let start-sr record the stream; RTSP only"),
    Property("smart-rec-dir-path", "string", None, "Folder of recordings"),
    Property(
        "smart-rec-file-prefix", "string", "Smart_Record", "What the names of recordings begin with"
    ),
    Property("smart-rec-video-cache", "uint", 20, "Deprecated name of smart-rec-cache"),
    Property("smart-rec-cache", "uint", 20, "Seconds that a recording may go back"),
    Property("smart-rec-container", _SMART_RECORD_CONTAINER, 0, "Container of recordings"),
    Property("smart-rec-mode", _SMART_RECORD_MODE, 0, "What is recorded; here always the video"),
    Property(
        "smart-rec-default-duration", "uint", 20, "Seconds after which a recording ends by itself"
    ),
)
IPC = (
    Property("ipc-buffer-timestamp-copy", "bool", False, "For ipc:// only", hardware=True),
    Property("ipc-socket-path", "string", None, "For ipc:// only", hardware=True),
    Property("ipc-connection-attempts", "int", -1, "For ipc:// only", -1, hardware=True),
    Property("ipc-connection-interval", "uint64", 1_000_000, "For ipc:// only", hardware=True),
)
SOURCE_PROPERTIES = (*DECODING, *RTSP_ONLY, *SMART_RECORDING, *IPC)
