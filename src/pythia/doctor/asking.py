"""Asks another process about what could crash or hang this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """What a probe said before it ended.

    Attributes:
        facts: What it found, as far as it came.
        failure: Why it did not come to its end, or empty.
    """

    facts: dict[str, Any]
    failure: str = ""


def ask(probe: str, question: Any, deadline_s: float) -> Answer:
    """Run ``main`` of ``pythia.doctor.probes.<probe>`` in another process, until the deadline.

    The probe reads the question as JSON from standard input, where a password does not show among
    the processes, and prints a JSON object a line as it goes, so that what it found before it
    crashed is known.

    Args:
        probe: Name of the module.
        question: Anything that JSON can say.
        deadline_s: The time to stop waiting, by ``time.monotonic``.
    """
    # With our search path, not the working directory's, where any file may lie.
    code = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"from pythia.doctor.probes.{probe} import main; main()"
    )
    limit_s = max(deadline_s - time.monotonic(), 0.1)
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            out, error = process.communicate(json.dumps(question), limit_s)
        except subprocess.TimeoutExpired:
            # With its children: GStreamer's plugin scanner would keep the pipes open.
            os.killpg(process.pid, signal.SIGKILL)
            out, error = process.communicate()
            return Answer(_facts(out), f"gave no answer within {limit_s:.1f} s")
    return Answer(_facts(out), _why(process.returncode, error))


def _facts(out: str) -> dict[str, Any]:
    """What was printed, in one; a library may have printed among it."""
    facts: dict[str, Any] = {}
    for line in out.splitlines():
        try:
            fact = json.loads(line)
        except ValueError:
            continue
        if isinstance(fact, dict):
            facts |= fact
    return facts


def _why(code: int, error: str) -> str:
    if code == 0:
        return ""
    if code < 0:
        return f"crashed ({signal.Signals(-code).name})"
    lines = [line for line in error.splitlines() if line.strip()]
    return lines[-1].strip() if lines else f"ended with exit code {code}"
