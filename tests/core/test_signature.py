from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from pythia.core.probe import Probe
from pythia.core.signature import form_of
from pythia.exceptions import ProbeError
from pythia.gst import Gst


class BatchMeta:
    """Told by its name alone, as it is that of two providers."""


class NvDsBatchMeta(BatchMeta): ...


BATCH = ("batch_meta",)
PAD = ("pad", "info")
ALL = ("pad", "info", "batch_meta")


def batch_function(batch_meta: Any) -> None: ...
def pad_function(pad: Any, info: Any) -> None: ...
def full_function(pad: Any, info: Any, batch_meta: Any) -> None: ...


def batch_generator(batch_meta: Any) -> Iterator[int]:
    yield 1


def pad_generator(pad: Any, info: Any) -> Iterator[int]:
    yield 1


def full_generator(pad: Any, info: Any, batch_meta: Any) -> Iterator[int]:
    yield 1


def by_annotation(a: Gst.Pad, b: Gst.PadProbeInfo, c: BatchMeta) -> None: ...
def by_pyds_annotation(found: NvDsBatchMeta) -> None: ...
def unused_parameters(_pad: Any, _info: Any, batch_meta: Any) -> None: ...
def with_default(batch_meta: Any, threshold: float = 0.5) -> None: ...
def with_extra(pad: Any, info: Any, name: str, size: int) -> None: ...


class Owner:
    def batch(self, batch_meta: Any) -> None: ...
    def pads(self, pad: Any, info: Any) -> None: ...
    def full(self, pad: Any, info: Any, batch_meta: Any) -> None: ...

    def generator(self, batch_meta: Any) -> Iterator[int]:
        yield 1

    def __call__(self, pad: Any, info: Any) -> Iterator[int]:
        yield 1


@functools.wraps(batch_generator)
def wrapped(*args: Any) -> Iterator[int]:
    return batch_generator(*args)


@pytest.mark.parametrize(
    ("function", "form", "yields"),
    [
        (batch_function, BATCH, False),
        (pad_function, PAD, False),
        (full_function, ALL, False),
        (batch_generator, BATCH, True),
        (pad_generator, PAD, True),
        (full_generator, ALL, True),
        (by_annotation, ALL, False),
        (by_pyds_annotation, BATCH, False),
        (unused_parameters, ALL, False),
        (with_default, BATCH, False),
        (Owner().batch, BATCH, False),
        (Owner().pads, PAD, False),
        (Owner().full, ALL, False),
        (Owner().generator, BATCH, True),
        (Owner(), PAD, True),
        (wrapped, BATCH, True),
        (functools.partial(with_extra, name="a", size=1), PAD, False),
        (lambda batch_meta: None, BATCH, False),
    ],
)
def test_the_form_is_told_by_names_or_annotations(
    function: Callable[..., Any], form: tuple[str, ...], yields: bool
) -> None:
    assert form_of(function) == form
    assert Probe(function, "element").is_generator == yields


def test_further_arguments_follow_the_form() -> None:
    assert form_of(with_extra, extra=2) == PAD


def nothing() -> None: ...
def strange(buffer: Any) -> None: ...
def turned(info: Any, pad: Any) -> None: ...
def too_many(pad: Any, info: Any, batch_meta: Any, more: Any) -> None: ...
def keyword(batch_meta: Any, *, name: str) -> None: ...


@pytest.mark.parametrize("function", [nothing, strange, turned, too_many, with_extra, keyword])
def test_any_other_form_is_refused_with_the_accepted_ones(function: Callable[..., Any]) -> None:
    with pytest.raises(ProbeError) as caught:
        form_of(function)

    assert function.__name__ in str(caught.value)
    assert "(batch_meta), (pad, info), (pad, info, batch_meta)" in str(caught.value)


async def coroutine(batch_meta: Any) -> None: ...


async def async_generator(batch_meta: Any) -> AsyncIterator[int]:
    yield 1


@pytest.mark.parametrize("function", [coroutine, async_generator])
def test_async_functions_are_refused_with_a_reason(function: Callable[..., Any]) -> None:
    with pytest.raises(ProbeError, match=r"is async: .*no event loop"):
        form_of(function)


def test_something_that_is_no_function_is_refused() -> None:
    with pytest.raises(ProbeError, match="must be a function, not int"):
        form_of(3)  # type: ignore[arg-type]


def test_a_stream_for_a_function_that_yields_nothing_is_refused() -> None:
    with pytest.raises(ProbeError, match="yields nothing"):
        Probe(batch_function, "element", backend_uri="memory://")
