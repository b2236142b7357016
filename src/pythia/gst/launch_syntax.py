"""What differs between the launch syntaxes of GStreamer's versions."""

from __future__ import annotations

import functools

from pythia.gst.library import Gst


@functools.cache
def are_linked_caps_read_twice() -> bool:
    r"""Whether backslashes in ``! text/x-raw,format="a\040b" !`` are for the launch parser, too.

    They are since GStreamer 1.26, or somewhat before: what ``\042`` stands for would end the string
    for the parser of caps. In ``capsfilter caps=`` nothing has changed.
    """
    pipeline = Gst.parse_launch(r'identity ! text/x-raw,a=(string)"\\101" ! identity')
    assert isinstance(pipeline, Gst.Pipeline)
    filters = [one for one in pipeline.children if one.name.startswith("capsfilter")]
    return bool(filters[0].get_property("caps").get_structure(0)["a"] == "A")
