"""Measuring of latencies, switched on by DeepStream's environment variables."""

from __future__ import annotations

import os
import sys
import time

from pythia.meta import carrier
from pythia.meta.portable import PortableBatch
from pythia.meta.portable_latency import (
    PortableCompLatency,
    PortableFrameLatency,
    frame_latencies,
)
from pythia.meta.runtime import runtime
from pythia.meta.types import LATENCY_MEASUREMENT_META

COMPONENT_VARIABLE = "NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT"


def now_ms() -> float:
    """Milliseconds since 1970."""
    return time.time_ns() / 1e6


def records_on(batch: PortableBatch) -> list[PortableCompLatency]:
    """The latency records that a batch carries."""
    return [
        user.user_meta_data
        for user in batch.batch_user_meta_list
        if user.base_meta.meta_type == LATENCY_MEASUREMENT_META
    ]


def measure_buffer_latency(buffer: int) -> list[PortableFrameLatency]:
    """How long the frames of a buffer (by address) have been on their way until now.

    As DeepStream's function of this name does, it prints a line for each record to standard output
    if ``NVDS_ENABLE_COMPONENT_LATENCY_MEASUREMENT`` is set. The list is empty where nothing was
    measured.
    """
    batch = carrier.fetch(buffer)
    if batch is None:
        return []
    lines, latencies = _measured(batch)
    _print(lines)
    return latencies


def print_buffer_latency(buffer: int, batch_num: int) -> int | None:
    """Print what deepstream-app prints for a batch, and return how many frames were measured.

    None, and nothing is printed, for a buffer (by address) without batch metadata.
    """
    batch = carrier.fetch(buffer)
    if batch is not None:
        lines, latencies = _measured(batch)
        head = ["", f"************BATCH-NUM = {batch_num}**************"]
        _print([*head, *lines, *map(str, latencies)])
        return len(latencies)
    if runtime() == "deepstream":
        from pythia.meta import deepstream

        return deepstream.measure_buffer_latency(buffer) or None
    return None


def _measured(batch: PortableBatch) -> tuple[list[str], list[PortableFrameLatency]]:
    """Lines about components, if they are asked for, and what is known of the frames."""
    latencies = frame_latencies(records_on(batch), now_ms())
    wanted = COMPONENT_VARIABLE in os.environ
    return [str(record) for record in records_on(batch)] if wanted else [], latencies


def _print(lines: list[str]) -> None:
    # At once, because other threads print as well.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()
