"""What ``-v``, ``-m`` and ``-t`` show of the messages on the bus."""

from __future__ import annotations

from collections.abc import Iterator

from pythia.core.bus import path_of
from pythia.gst import Gst


def message_line(message: Gst.Message) -> str:
    """Return the line that ``-m`` shows for a message."""
    structure = message.get_structure()
    content = structure.to_string() if structure else "no message details"
    kind = Gst.MessageType.get_name(message.type)
    return f'Got message #{message.get_seqnum()} from "{_source(message)}" ({kind}): {content}'


def tag_lines(message: Gst.Message) -> Iterator[str]:
    """Yield the lines that ``-t`` shows for a tag message."""
    tags = message.parse_tag()
    yield f'FOUND TAG      : found by "{_source(message)}".'
    for index in range(tags.n_tags()):
        name = tags.nth_tag_name(index)
        for nth in range(tags.get_tag_size(name)):
            value = tags.get_value_index(name, nth)
            yield f"{Gst.tag_get_nick(name) if nth == 0 else '':>16}: {_tag_text(value)}"


def property_line(message: Gst.Message, exclude: tuple[str, ...]) -> str | None:
    """Return the line that ``-v`` shows for a changed property; None if it is excluded."""
    owner, name, value = message.parse_property_notify()
    if name in exclude:
        return None
    return f"{owner.get_path_string()}: {name} = {_text(value)}"


def warning_line(message: Gst.Message) -> str:
    """Return the line for a warning, with the element that has it."""
    error, debug = message.parse_warning()
    return f"warning: {path_of(message.src)}: {error.message}{_detail(debug)}"


def _source(message: Gst.Message) -> str:
    return (message.src and message.src.get_name()) or "unknown"


def _detail(debug: str | None) -> str:
    """Return the last line of an element's debug text: the ones before say where in its source."""
    last = (debug or "").strip().rpartition("\n")[2].strip()
    return f" ({last})" if last and "\n" in (debug or "") else ""


def _text(value: object) -> str:
    if isinstance(value, (Gst.Caps, Gst.Structure)):
        return value.to_string() or ""
    return str(value)


def _tag_text(value: object) -> str:
    if isinstance(value, Gst.DateTime):
        return str(value.to_iso8601_string())
    if isinstance(value, Gst.Sample):
        caps = value.get_caps()
        return f"sample, {caps.to_string() if caps else 'no caps'}"
    return _text(value)
