"""Properties of nvmultiurisrcbin: its own, its sources', its muxer's."""

from __future__ import annotations

from pythia.elements.mux_properties import MUX_PROPERTIES
from pythia.elements.properties import Enum, Property
from pythia.elements.source_properties import SOURCE_PROPERTIES

_MODE = Enum(
    "GstPythiaMultiUriMode",
    ((0, "Video-only", "video"), (1, "Audio-only", "audio")),
)
_OWN = (
    Property("uri-list", "string", None, "URIs of the first sources, with commas between"),
    Property("sensor-id-list", "string", None, "Their sensor ids, in the order of uri-list"),
    Property("sensor-name-list", "string", None, "Their sensor names, in the order of uri-list"),
    Property("mode", _MODE, 0, "What is batched; here video only"),
    Property("ip-address", "string", "localhost", "Address that REST requests come to"),
    Property("port", "string", "9000", "Port that REST requests come to; 0: no REST server"),
    Property("max-batch-size", "uint", 30, "Sources at most, and frames in a batch"),
    Property(
        "sensorID-padID-mapping", "bool", False, "The number in a sensor's id is its source's"
    ),
    Property("extract-sei-type5-data-dec", "bool", False, "Have decoders attach SEI data"),
    Property("frame-duration", "int", 0, "Step of NVIDIA's NTP correction", -1, hardware=True),
)
UNSUPPORTED = (
    Property("extract-sei-type5-data", "bool", False, "SEI data by the muxer; not here"),
    Property("sort-batch", "bool", False, "Sort frames by source; not here"),
    Property("cache-buffer", "bool", False, "Repeat frames of late sources; not here"),
    Property("cache-buffer-timeout", "int", -1, "For cache-buffer; not here", -1),
    Property("extract-sei-sim-time", "bool", False, "Simulation times from SEI; not here"),
    Property("align-first-buffer", "bool", False, "Align the first frames; not here"),
    Property("sync-inputs-ntp", "int", 0, "Synchronise by NTP times; not here", 0),
    Property("drop-backward-sei", "bool", False, "Drop old SEI data; not here"),
    Property("enable-error-propagation", "bool", False, "Errors to a broker; not here"),
    Property("proto-lib", "string", None, "For enable-error-propagation; not here"),
    Property("conn-str", "string", None, "For enable-error-propagation; not here"),
    Property("topic", "string", None, "For enable-error-propagation; not here"),
)
"""What only NVIDIA's can do: another value than the default is an error at the start."""

_NOT_THE_MUXERS = ("batch-size", "frame-duration", "gpu-id")  # a property of the sources, too
_MUX = tuple(row for row in MUX_PROPERTIES if row.name not in _NOT_THE_MUXERS)
MUX_NAMES = frozenset(row.name for row in _MUX)
SOURCE_NAMES = frozenset(row.name for row in SOURCE_PROPERTIES)
MULTI_SOURCE_PROPERTIES = (*_OWN, *SOURCE_PROPERTIES, *_MUX, *UNSUPPORTED)
