"""Pipelines run to their end, for tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pythia.core.application import Application
from pythia.core.probe import Probe
from pythia.event_stream.memory import STORAGE
from pythia.exceptions import ProbeError, RunError

_MOST_EVENTS = 2**31
_numbers = count()


@dataclass
class Ran:
    """What happened in a pipeline.

    Attributes:
        events: What each probe yielded, by the name it was given under; empty for plain functions.
        stats: As :meth:`pythia.Application.stats` gives it.
    """

    events: dict[str, list[Any]] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)


def run_pipeline(
    text: str,
    probes: Mapping[str, Callable[..., Any]] | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    timeout_s: float = 60.0,
) -> Ran:
    """Run a pipeline to the end of its stream and give what its probes yield.

    ::

        ran = run_pipeline(
            "metareplay location={file} ! nvtracker name=tracker ! fakesink",
            {"tracker.src": gen_detections},
            {"file": "street.jsonl"},
        )
        assert len(ran.events["tracker.src"]) == 812

    Args:
        text: Pipeline text, with ``{placeholders}``.
        probes: Functions by ``ELEMENT.PAD``.
        params: Values for the placeholders.
        timeout_s: Longest time that it may take.

    Raises:
        RunError: An element failed, or the pipeline had not ended when the time was over.
        PythiaError: What else a call of an application raises.
        ProbeFailedError: A probe raised; its error is the ``__cause__``.
    """
    application = Application.from_pipeline_string(text, params)
    streams = {target: f"run-pipeline-{next(_numbers)}" for target in probes or ()}
    for target, function in (probes or {}).items():
        _attach(application, target, function, streams[target])
    try:
        application(background=True)
        _wait(application, timeout_s)
    finally:
        events = {target: list(STORAGE.pop(name, ())) for target, name in streams.items()}
    return Ran(events, application.stats())


def _attach(
    application: Application, target: str, function: Callable[..., Any], stream: str
) -> None:
    element, dot, pad = target.rpartition(".")
    if not (dot and element and pad):
        raise ProbeError(f"not a place for a probe: {target!r}; the form is ELEMENT.PAD")
    yields = Probe(function, element, pad).is_generator
    uri = f"memory://?stream={stream}&maxlen={_MOST_EVENTS}" if yields else None
    application.probe(element, pad, backend_uri=uri)(function)


def _wait(application: Application, timeout_s: float) -> None:
    if application.wait(timeout_s):
        return
    application.stop()
    application.wait()
    raise RunError(
        f"the pipeline had not ended after {timeout_s:g} s; let its source end (num-buffers=, "
        "eos-after=), or give more timeout_s"
    )
