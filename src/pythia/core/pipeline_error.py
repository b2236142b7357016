"""Why pipeline text could not be parsed, for people."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from pythia import meta
from pythia.core.caps import disagreement, summary, template_caps
from pythia.core.launch_words import Named, Property, elements_in, place_in
from pythia.core.pad_names import matches
from pythia.core.suggestion import did_you_mean
from pythia.exceptions import PipelineError
from pythia.gst import GLib, GObject, Gst
from pythia.gst.enums import values_of


def explain(text: str, error: GLib.Error, missing: Sequence[str]) -> PipelineError:
    """Turn GStreamer's parse error into one that says where, and what to do."""
    named = elements_in(text)
    reason: str | None = None
    if error.matches(Gst.ParseError.quark(), Gst.ParseError.NO_SUCH_ELEMENT):
        reason = _no_element(text, named, missing)
    elif error.matches(Gst.ParseError.quark(), Gst.ParseError.NO_SUCH_PROPERTY):
        reason = _no_property(text, named)
    elif error.matches(Gst.ParseError.quark(), Gst.ParseError.COULD_NOT_SET_PROPERTY):
        reason = _bad_value(text, named, error.message)
    elif error.matches(Gst.ParseError.quark(), Gst.ParseError.LINK):
        reason = _no_link(text, named, error.message)
    elif error.matches(Gst.ParseError.quark(), Gst.ParseError.SYNTAX):
        reason = _bad_syntax(text)
    elif error.matches(Gst.ParseError.quark(), Gst.ParseError.EMPTY):
        reason = "the pipeline is empty; write elements with ! between them"
    return PipelineError(reason or f"not a pipeline: {error.message}")


def explain_range(text: str, warning: str) -> PipelineError:
    """Turn GLib's warning of a value that a property does not take into an error."""
    for element, given in _assignments(elements_in(text)):
        spec = next((spec for spec in _specs(element) if spec.name == given.name), None)
        if spec is not None and f"'{given.name}'" in warning and _is_outside(spec, given.value):
            return PipelineError(_not_taken(text, element, given, spec))
    return PipelineError(warning)


def _is_outside(spec: GObject.ParamSpec, value: str) -> bool:
    least, most = getattr(spec, "minimum", -math.inf), getattr(spec, "maximum", math.inf)
    try:
        return not least <= float(value.strip("\"'")) <= most
    except ValueError:
        return False


def _no_element(text: str, named: list[Named], missing: Sequence[str]) -> str | None:
    unknown = [e for e in named if Gst.ElementFactory.find(e.factory) is None]
    factory = missing[0] if missing else unknown[0].factory if unknown else None
    if factory is None:
        return _no_name(text, named)
    place = next((f" at {place_in(text, e.place)}" for e in unknown if e.factory == factory), "")
    factories = [str(feature.get_name()) for feature in _factories()]
    return f"no element {factory!r}{place}{did_you_mean(factory, factories)}" + _advice(
        factory, factories
    )


def _factories() -> list[Gst.PluginFeature]:
    found: list[Gst.PluginFeature] = Gst.Registry.get().get_feature_list(Gst.ElementFactory)
    return found


def _advice(factory: str, factories: list[str]) -> str:
    if factory.startswith("nv") and meta.runtime() == "portable":
        ours = sorted(name for name in factories if name.startswith("nv"))
        return (
            "\nDeepStream is not installed here, and the portable runtime does not have this "
            f"element; it has: {', '.join(ours) or 'none'}"
        )
    return (
        "\nif the name is right, its plugin is missing: on Debian or Ubuntu it is in one of "
        "gstreamer1.0-plugins-base, -good, -bad, -ugly or gstreamer1.0-libav"
    )


def _no_property(text: str, named: list[Named]) -> str | None:
    for element, given in _assignments(named):
        names = [spec.name for spec in _specs(element)]
        if given.name not in names and "::" not in given.name:
            return (
                f"{element.factory} has no property {given.name!r} at "
                f"{place_in(text, given.place)}{did_you_mean(given.name, names)}"
                f"\navailable: {', '.join(names)}"
            )
    return None


def _assignments(named: list[Named]) -> list[tuple[Named, Property]]:
    return [(element, given) for element in named for given in element.properties]


def _specs(element: Named) -> list[GObject.ParamSpec]:
    made = Gst.ElementFactory.make(element.factory, None)
    return [] if made is None else list(made.list_properties())


def _bad_value(text: str, named: list[Named], message: str) -> str | None:
    for element, given in _assignments(named):
        value = given.value.strip("\"'")
        spec = next((spec for spec in _specs(element) if spec.name == given.name), None)
        if spec is not None and f'"{given.name}"' in message and f'"{value}"' in message:
            return _not_taken(text, element, given, spec)
    return None


def _not_taken(text: str, element: Named, given: Property, spec: GObject.ParamSpec) -> str:
    value = given.value.strip("\"'")
    return (
        f"{element.factory} {given.name}={value} at {place_in(text, given.place)}: "
        f"not a value of this property; {_accepts(spec)}"
    )


def _accepts(spec: GObject.ParamSpec) -> str:
    kind: Any = spec.value_type  # a GType, whatever its stubs say
    if values := values_of(kind):
        return "available: " + ", ".join(nick for _, nick in values)
    least, most = getattr(spec, "minimum", None), getattr(spec, "maximum", None)
    span = "" if least is None else f" from {least} to {most}"
    return f"it takes {_type(spec)}{span}"


def _type(spec: GObject.ParamSpec) -> str:
    name: str = spec.value_type.name
    return name.removeprefix("g")


def _no_link(text: str, named: list[Named], message: str) -> str | None:
    factories = {e.name: e.factory for e in named if e.name is not None}
    ends = [
        (word, factory)
        for word in re.findall(r"[\w-]+", message)
        if (factory := _factory_of(word, factories)) is not None
    ]
    if len(ends) < 2:
        return None
    (source_name, source), (sink_name, sink) = ends[:2]
    given = template_caps(source, Gst.PadDirection.SRC)
    taken = template_caps(sink, Gst.PadDirection.SINK)
    if given is None or taken is None:
        why = (
            f"{source.get_name()} has no output"
            if given is None
            else f"{sink.get_name()} has no input"
        )
    elif not given.can_intersect(taken):
        why = disagreement(str(source.get_name()), given, str(sink.get_name()), taken)
    else:
        return (
            _no_pad(text, factories)
            or _taken_twice(text, factories)
            or _filtered(message, str(source.get_name()), given)
        )
    return f"cannot link {source_name} to {sink_name}: {why}"


def _filtered(message: str, source: str, given: Gst.Caps) -> str:
    return message if given.is_any() else f"{message}; {source} gives {summary(given, ['format'])}"


def _no_pad(text: str, factories: dict[str, str]) -> str | None:
    for match in re.finditer(r"(?<!\S)([A-Za-z][\w-]*)\.([\w%]+)", text):
        factory = Gst.ElementFactory.find(factories.get(match[1], ""))
        if factory is None:
            continue
        templates = [t.name_template for t in factory.get_static_pad_templates()]
        if not any(matches(template, match[2]) for template in templates):
            return (
                f"{match[1]} ({factory.get_name()}) has no pad {match[2]!r} at "
                f"{place_in(text, match.start())}; available: {', '.join(templates)}"
            )
    return None


def _taken_twice(text: str, factories: dict[str, str]) -> str | None:
    seen: set[str] = set()
    for match in re.finditer(r"(?<!\S)([A-Za-z][\w-]*)\.\w+(?!\S)", text):
        if match[1] in factories and match[0] in seen:
            place = place_in(text, match.start())
            return f"{match[0]} is linked already where {place} asks for it; a pad takes one link"
        seen.add(match[0])
    return None


def _no_name(text: str, named: list[Named]) -> str | None:
    names = [e.name for e in named if e.name is not None]
    for match in re.finditer(r"(?<!\S)([A-Za-z][\w-]*)\.(?!\S*[/=])", text):
        if match[1] not in names:
            return (
                f"no element is named {match[1]!r}, as {match[0]!r} at "
                f"{place_in(text, match.start())} asks{did_you_mean(match[1], names)}; "
                f"available: {', '.join(names) or 'none, give one with name=NAME'}"
            )
    return None


def _factory_of(word: str, factories: dict[str, str]) -> Gst.ElementFactory | None:
    if word in factories:
        return Gst.ElementFactory.find(factories[word])
    # GStreamer names an element after its factory and a number: queue0, or x264-0.
    stem = re.sub(r"-?\d+$", "", word)
    return Gst.ElementFactory.find(stem) if stem != word else None


def _bad_syntax(text: str) -> str:
    stripped = text.strip()
    if stripped.endswith("!"):
        return "the pipeline ends with '!'; an element must follow"
    if stripped.startswith("!"):
        return "the pipeline starts with '!'; an element must come first"
    double = re.search(r"!\s*!", text)
    if double is not None:
        return f"two '!' without an element between them at {place_in(text, double.start())}"
    quote = next((mark for mark in "\"'" if text.count(mark) % 2), None)
    if quote is not None:
        place = place_in(text, text.rfind(quote))
        return f"syntax error: the quote {quote} at {place} has no partner"
    return "syntax error in the pipeline; the form is: element property=value ! element"
