"""Which of the accepted forms a probe function has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pythia.exceptions import ProbeError

FORMS = (("batch_meta",), ("pad", "info"), ("pad", "info", "batch_meta"))

ACCEPTED = (
    "accepted: "
    + ", ".join(f"({', '.join(form)})" for form in FORMS)
    + ", as plain functions, methods or generators; parameters are told by these names or by "
    "the annotations Gst.Pad, Gst.PadProbeInfo, BatchMeta"
)

_BY_NAME = {"pad": "pad", "info": "info", "batch_meta": "batch_meta"}
_BY_TYPE = {
    "Pad": "pad",
    "PadProbeInfo": "info",
    "BatchMeta": "batch_meta",
    "NvDsBatchMeta": "batch_meta",
}


def form_of(function: Callable[..., Any], extra: int = 0) -> tuple[str, ...]:
    """Return the form of ``function``: what it wants to be called with, in order.

    Args:
        function: The user's function.
        extra: Number of further positional arguments that follow.

    Raises:
        ProbeError: It has none of the accepted forms; shows them.
    """
    if not callable(function):
        raise ProbeError(f"a probe must be a function, not {type(function).__name__}; {ACCEPTED}")
    where = f"probe {name_of(function)}{_signature_text(function)}"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise ProbeError(
            f"{where} is async: a buffer waits for its probe in GStreamer's own thread, where no "
            f"event loop runs; make it a plain generator and await in the stream's reader; "
            f"{ACCEPTED}"
        )
    form = _form(_required(function, where), extra)
    if form not in FORMS:
        raise ProbeError(f"{where} has none of the accepted forms; {ACCEPTED}")
    return form


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of ``function`` for messages, with its class where it has one."""
    return getattr(function, "__qualname__", type(function).__qualname__).replace("<locals>.", "")


def _signature_text(function: Callable[..., Any]) -> str:
    try:
        return str(inspect.signature(function))
    except (TypeError, ValueError):
        return "(?)"


def _required(function: Callable[..., Any], where: str) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise ProbeError(f"{where}: its parameters cannot be read; {ACCEPTED}") from None
    required = [
        p
        for p in parameters
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]
    if any(p.kind is p.KEYWORD_ONLY for p in required):
        raise ProbeError(f"{where}: a required keyword cannot be given; {ACCEPTED}")
    return required


def _form(required: list[inspect.Parameter], extra: int) -> tuple[str, ...]:
    taken = required[: len(required) - extra] if len(required) > extra else required
    return tuple(_role(parameter) for parameter in taken)


def _role(parameter: inspect.Parameter) -> str:
    annotation = parameter.annotation
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    last = text.strip("'\" ").rsplit(".", 1)[-1]
    return _BY_TYPE.get(last) or _BY_NAME.get(parameter.name.strip("_"), parameter.name)
