"""Pipelines from text."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator

from pythia import elements
from pythia.core.pipeline_error import explain, explain_range
from pythia.gst import GLib, Gst

_OUT_OF_RANGE = "value .* is invalid or out of range for property"


def build(text: str) -> Gst.Pipeline:
    """Make a pipeline of gst-launch ``text``; a lone element or bin is put into a pipeline.

    Raises:
        PipelineError: The text is no pipeline; says what is wrong, where, and what there is.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message=_OUT_OF_RANGE)
        found = _parse(text)
    for warning in caught:
        # GLib keeps the property as it was, and only warns.
        if re.match(_OUT_OF_RANGE, str(warning.message)):
            raise explain_range(text, str(warning.message))
        warnings.showwarning(
            warning.message, warning.category, warning.filename, warning.lineno, warning.file
        )
    if isinstance(found, Gst.Pipeline):
        return found
    pipeline = Gst.Pipeline.new(None)
    pipeline.add(found)
    return pipeline


def _parse(text: str) -> Gst.Element:
    context = Gst.ParseContext.new()
    try:
        return Gst.parse_launch_full(text, context, Gst.ParseFlags.FATAL_ERRORS)
    except GLib.Error as error:
        elements.register()  # what is said of a missing element names those that there are
        missing = (context.get_missing_elements() or []) if context else []
        raise explain(text, error, missing) from None


def elements_of(pipeline: Gst.Bin) -> Iterator[Gst.Element]:
    """Yield every element of ``pipeline``, those inside of bins as well, sources last."""
    yield from _items(pipeline.iterate_recurse())


def sources_of(pipeline: Gst.Bin) -> Iterator[Gst.Element]:
    """Yield the elements and bins of ``pipeline`` that produce data."""
    yield from _items(pipeline.iterate_sources())


def sinks_of(pipeline: Gst.Bin) -> Iterator[Gst.Element]:
    """Yield the elements and bins of ``pipeline`` that data ends in."""
    yield from _items(pipeline.iterate_sinks())


def _items(iterator: Gst.Iterator[Gst.Element] | None) -> Iterator[Gst.Element]:
    while iterator is not None:
        result, element = iterator.next()
        if result == Gst.IteratorResult.OK:
            yield element
        elif result == Gst.IteratorResult.RESYNC:
            iterator.resync()
        else:
            return
