"""``pythia metareplay``: what is in a recording of metadata, and what a probe makes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pythia.core.probe_spec import ProbeSpec
from pythia.event_stream.encoding import encode_json
from pythia.testing import collect, metareplay


def contents(file: str) -> Iterator[str]:
    """Lines about a recording.

    Raises:
        RecordingError: it cannot be read.
    """
    recording = metareplay(file)
    header = recording.header
    yield f"version {header['version']}, written by pythia {header.get('by', '(unknown)')}"
    yield f"recorded: {header.get('recorded', '(unknown)')}, runtime {header.get('runtime', '?')}"
    batches, frames, labels = 0, Counter[int](), Counter[str]()
    for batch in recording:
        batches += 1
        for frame in batch.frame_meta_list:
            frames[frame.pad_index] += 1
            labels.update(obj.obj_label for obj in frame.obj_meta_list)
    yield f"batches: {batches}"
    for source, number in sorted(frames.items()):
        yield f"frames of source {source}: {number}"
    for label, number in labels.most_common():
        yield f"objects {label or '(without label)'}: {number}"


def events(file: str, probe: str) -> Iterator[str]:
    """What a probe function yields for a recording, a line of JSON each.

    Args:
        file: the recording.
        probe: ``MODULE_OR_FILE:FUNCTION``; what follows an ``@`` is left aside.

    Raises:
        RecordingError: the recording cannot be read.
        ProbeError: the function cannot be found.
        Exception: what the function raises.
    """
    text = probe if "@" in probe else f"{probe}@metareplay.src"
    function = ProbeSpec.parse(text).load()
    for event in collect(function, metareplay(file)):
        yield encode_json(event).decode()
