"""Runs a program and measures what it took.

The measuring process must stay small: after a fork Linux counts the parent's memory as the
child's peak, so nothing here may import NumPy, OpenCV or the like.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_MESSAGES_SHOWN = 15


@dataclass(frozen=True)
class Usage:
    """What one process took: wall time, CPU time (user and system, all threads), peak memory.

    ``messages`` is what it wrote to standard error.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    messages: str


def measured(
    command: Sequence[str], output: Path | None = None, env: Mapping[str, str] | None = None
) -> Usage:
    """Run a command to its end; its standard output goes to ``output``.

    Raises:
        SystemExit: the command failed; shows the end of what it said.
    """
    with open(output or os.devnull, "wb") as target, tempfile.TemporaryFile() as messages:
        start_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=target, stderr=messages, env=env)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start_s
        process.returncode = os.waitstatus_to_exitcode(status)
        messages.seek(0)
        said = messages.read().decode(errors="replace")
    if process.returncode:
        end = "\n".join(said.splitlines()[-_MESSAGES_SHOWN:])
        raise SystemExit(f"failed with {process.returncode}: {' '.join(command)}\n{end}")
    return Usage(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said)
