"""Looks at everything, side by side, within a time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

from pythia.doctor import gstreamer, libraries, machine, nvidia, streams
from pythia.doctor.asking import Answer, ask
from pythia.doctor.check import Check, Purpose, State

Runtime = Literal["deepstream", "portable"]
TIMEOUT_S = 4.0
_VARIABLE = "PYTHIA_RUNTIME"


class Examination(NamedTuple):
    """What was found.

    Attributes:
        runtime: The one that programs would use: ``deepstream`` or ``portable``.
        purpose: What it was judged for.
        checks: Everything that was looked at.
    """

    runtime: Runtime
    purpose: Purpose
    checks: tuple[Check, ...]

    @property
    def is_fine(self) -> bool:
        """Nothing that is needed is missing."""
        return not any(check.is_fatal for check in self.checks)


class _Facts(NamedTuple):
    gstreamer: Answer
    libraries: dict[str, Any]
    gpu: nvidia.Gpu
    streams: list[Answer]


def examine(
    uris: Sequence[str] = (), purpose: Purpose | None = None, timeout_s: float = TIMEOUT_S
) -> Examination:
    """Look at what is installed; nothing that could crash is loaded into this process.

    Args:
        uris: Event streams to connect to.
        purpose: What to judge for; what the runtime would need, if None.
        timeout_s: How long to wait for all that takes time.
    """
    facts = _gather(uris, timeout_s)
    runtime, why = _runtime(facts.gstreamer.facts.get("factories"))
    judged: Purpose = purpose or runtime
    return Examination(runtime, judged, (why, *_judge(facts, judged)))


def _gather(uris: Sequence[str], timeout_s: float) -> _Facts:
    deadline_s = time.monotonic() + timeout_s
    modules = [*libraries.LIBRARIES, *libraries.CLIENTS, "pyds"]
    factories = [name for names in gstreamer.PACKAGES.values() for name in names]
    question = {"factories": [*factories, *nvidia.FACTORIES], "sinks": machine.SINKS}
    with ThreadPoolExecutor(max_workers=3 + len(uris)) as pool:
        told = pool.submit(ask, "gstreamer", question, deadline_s)
        imported = pool.submit(libraries.look, modules, deadline_s)
        gpu = pool.submit(nvidia.gpu, deadline_s)
        answers = [pool.submit(streams.look, uri, deadline_s, timeout_s) for uri in uris]
        return _Facts(told.result(), imported.result(), gpu.result(), [a.result() for a in answers])


def _runtime(plugins: Mapping[str, Any] | None) -> tuple[Runtime, Check]:
    """The runtime that a program would use, and why; see ``pythia.meta.runtime``."""
    wish = os.environ.get(_VARIABLE, "auto") or "auto"
    has_nvidias = bool(nvidia.registered_version(plugins or {}))
    if wish not in ("auto", "deepstream", "portable"):
        found = f"{_VARIABLE}={wish!r}: expected auto, deepstream or portable"
        return "portable", _runtime_check("missing", found, f"unset {_VARIABLE}")
    if wish == "portable":
        return "portable", _runtime_check("ok", f"portable, because {_VARIABLE}=portable")
    if has_nvidias:
        return "deepstream", _runtime_check("ok", "deepstream, because its nvinfer is installed")
    if wish == "deepstream":
        found = f"{_VARIABLE}=deepstream, but its element nvinfer is not installed"
        return "deepstream", _runtime_check("missing", found, f"export {_VARIABLE}=portable")
    if plugins is None:
        return "portable", _runtime_check("warning", "cannot be told without GStreamer")
    return "portable", _runtime_check("ok", "portable, because DeepStream's nvinfer is not here")


def _runtime_check(state: State, found: str, remedy: str = "") -> Check:
    return Check("runtime", "runtime", state, found, remedy, needed=True)


def _judge(facts: _Facts, purpose: Purpose) -> Iterator[Check]:
    told = facts.gstreamer.facts
    plugins = told.get("factories", {})
    version = nvidia.installed_version()
    for_nvidia = purpose in ("deepstream", "all")
    yield from gstreamer.checks(facts.gstreamer, purpose, has_deepstream=bool(version))
    yield from libraries.checks(facts.libraries, purpose)
    yield from nvidia.checks(facts.gpu, plugins, facts.libraries, version, needed=for_nvidia)
    if facts.gpu.names and purpose != "deepstream":
        providers = facts.libraries["onnxruntime"].get("providers", [])
        yield nvidia.provider_check(facts.gpu, providers)
    yield from machine.checks(told.get("window"))
    yield from libraries.client_checks(facts.libraries, purpose)
    yield from map(streams.check, facts.streams)
