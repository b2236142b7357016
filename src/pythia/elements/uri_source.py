"""The part of nvurisrcbin that opens and decodes whatever uridecodebin knows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pythia.elements.chain import factory_of, has_property
from pythia.elements.stand_in import make
from pythia.gst import Gst

_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/]*@")
_ANSWER_S = 4  # a web server that does not answer is told of soon


def without_password(uri: str) -> str:
    """A URI as it may be shown."""
    return _PASSWORD.sub(r"\1:***@", uri)


def uri_source(settings: Mapping[str, Any]) -> Gst.Element:
    """A uridecodebin that decodes video, and sound if it is wanted; the rest stays as it is."""
    audio = not settings["disable-audio"]
    source = make("uridecodebin")
    source.set_property("uri", settings["uri"])

    def go_on(_source: Gst.Element, _pad: Gst.Pad, caps: Gst.Caps) -> bool:
        kind = caps.get_structure(0).get_name().partition("/")[0]
        return kind not in ("text", "subpicture") and (audio or kind != "audio")

    def set_up(_source: Gst.Element, inner: Gst.Element) -> None:
        for name in ("latency", "udp-buffer-size"):
            if has_property(inner, name):
                inner.set_property(name, settings[name])
        if factory_of(inner) == "souphttpsrc":
            inner.set_property("timeout", _ANSWER_S)

    source.connect("autoplug-continue", go_on)
    source.connect("source-setup", set_up)
    return source
