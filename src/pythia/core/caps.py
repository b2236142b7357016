"""Caps and links, in few words."""

from __future__ import annotations

from collections.abc import Iterable

from pythia.gst import Gst

_MOST_TYPES = 8
_LONGEST = 80


def summary(caps: Gst.Caps | None, fields: Iterable[str] | None = None) -> str:
    """Return the media types of ``caps``, with ``fields`` only (None: all), shortened."""
    if caps is None or caps.is_empty():
        return "nothing"
    if caps.is_any():
        return "anything"
    wanted = None if fields is None else list(fields)
    parts = list(dict.fromkeys(_describe(caps, i, wanted) for i in range(caps.get_size())))
    return " or ".join(parts[:_MOST_TYPES] + ["..."] * (len(parts) > _MOST_TYPES))


def disagreement(giver: str, given: Gst.Caps, taker: str, taken: Gst.Caps) -> str:
    """Say which media types, or else which fields, keep two ends from meeting."""
    shared = _names(given) & _names(taken)
    left = _only(given, shared) if shared else given
    right = _only(taken, shared) if shared else taken
    fields = _clashing_fields(left, right) if shared else []
    text = f"{giver} gives {summary(left, fields)}; {taker} takes {summary(right, fields)}"
    remedy = _remedy(_names(given), _names(taken), fields)
    return f"{text}; put {remedy} in between" if remedy else text


def _remedy(given: set[str], taken: set[str], fields: list[str]) -> str | None:
    """Return the element that makes raw video of one kind into raw video of another."""
    if "video/x-raw" in given & taken:
        return "videoconvert" if fields == ["format"] else None
    raw = [name for name in given | taken if name.startswith("video/x-raw")]
    if len(raw) == len(given | taken) > 1:
        return "nvvideoconvert"
    return None


def clash(pads: Iterable[Gst.Pad]) -> str | None:
    """Return the first link among source ``pads`` whose two ends do not agree, None if all do."""
    sources = [p for p in pads if p.get_direction() == Gst.PadDirection.SRC and p.is_linked()]
    # Further down nothing is possible any more, so pads that have settled on caps come first.
    for pad in sorted(sources, key=lambda pad: pad.get_current_caps() is None):
        peer = pad.get_peer()
        if peer is None:
            continue
        given, taken = caps_now(pad), accepted(peer)
        if not (given.is_empty() or given.can_intersect(taken)):
            return disagreement(pad_path(pad), given, pad_path(peer), taken)
    return None


def caps_now(pad: Gst.Pad) -> Gst.Caps:
    """Return the caps that ``pad`` has settled on, or else all that it could."""
    return pad.get_current_caps() or accepted(pad)


def accepted(pad: Gst.Pad) -> Gst.Caps:
    """Return all caps that ``pad`` could have now."""
    caps: Gst.Caps = pad.query_caps(None)  # type: ignore[no-untyped-call]
    return caps


def pad_path(pad: Gst.Pad) -> str:
    """Return ``element.pad``."""
    parent = pad.get_parent()
    return f"{parent.get_name() if parent else '?'}.{pad.get_name()}"


def template_caps(factory: Gst.ElementFactory, direction: Gst.PadDirection) -> Gst.Caps | None:
    """Return what pads of ``factory`` in one direction can carry; None without such pads."""
    merged: Gst.Caps | None = None
    for template in factory.get_static_pad_templates():
        if template.direction == direction:
            caps = template.get_caps()
            merged = caps if merged is None else Gst.Caps.merge(merged, caps)
    return merged


def _describe(caps: Gst.Caps, index: int, fields: list[str] | None) -> str:
    structure = caps.get_structure(index)
    names = [structure.nth_field_name(i) for i in range(structure.n_fields())]
    shown = names if fields is None else [name for name in names if name in fields]
    return ", ".join([_name(caps, index), *(_field(structure, name) for name in shown)])


def _name(caps: Gst.Caps, index: int) -> str:
    features = caps.get_features(index)
    name: str = caps.get_structure(index).get_name()
    if features is None or features.is_any() or features.to_string() == "memory:SystemMemory":
        return name
    return f"{name}({features.to_string()})"


def _names(caps: Gst.Caps) -> set[str]:
    return set() if caps.is_any() else {_name(caps, index) for index in range(caps.get_size())}


def _only(caps: Gst.Caps, names: set[str]) -> Gst.Caps:
    kept = Gst.Caps.new_empty()
    for index in range(caps.get_size()):
        if _name(caps, index) in names:
            kept.append(caps.copy_nth(index))
    return kept


def _clashing_fields(given: Gst.Caps, taken: Gst.Caps) -> list[str]:
    """Return the fields of same name that no two structures of the two caps share a value of."""
    names = _field_names(given) & _field_names(taken)
    return sorted(
        name for name in names if not _reduced(given, name).can_intersect(_reduced(taken, name))
    )


def _field_names(caps: Gst.Caps) -> set[str]:
    structures = (caps.get_structure(index) for index in range(caps.get_size()))
    return {s.nth_field_name(i) for s in structures for i in range(s.n_fields())}


def _reduced(caps: Gst.Caps, field: str) -> Gst.Caps:
    reduced = Gst.Caps.new_empty()
    for index in range(caps.get_size()):
        reduced.append_structure(_alone(caps.get_structure(index), field))
    return reduced


def _alone(structure: Gst.Structure, field: str) -> Gst.Structure:
    alone = structure.copy()
    for name in [alone.nth_field_name(i) for i in range(alone.n_fields())]:
        if name != field:
            alone.remove_field(name)
    return alone


def _field(structure: Gst.Structure, name: str) -> str:
    value = _alone(structure, name).to_string().partition(")")[2].rstrip(";")
    if len(value) > _LONGEST:
        value = value[:_LONGEST].rpartition(",")[0] + ", ... }"
    return f"{name}={value}"
