"""Event streams, given by URI: really connected to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pythia.doctor.asking import Answer, ask
from pythia.doctor.check import Check

SECTION = "event streams"
_LONGEST_S = 3.0


def look(uri: str, deadline_s: float, timeout_s: float) -> Answer:
    """Connect to a stream in another process, as a program would."""
    # Less than the whole, so that its own error comes before the deadline.
    limit_s = min(0.75 * timeout_s, _LONGEST_S)
    return ask("stream", {"uri": uri, "timeout_s": limit_s}, deadline_s)


def check(answer: Answer) -> Check:
    """What came of it; the URI is shown without its secrets."""
    facts = answer.facts
    name = facts.get("uri", "URI")
    if facts.get("connected"):
        return Check(SECTION, name, "ok", "answers", needed=True)
    error = facts.get("error") or answer.failure
    return Check(SECTION, name, "missing", error, _remedy(name, error, facts), needed=True)


_STARTED_BY_COMPOSE = ("kafka", "redis")


def _remedy(uri: str, error: str, facts: Mapping[str, Any]) -> str:
    if facts.get("is_library"):
        command = re.search(r"pip install '[^']*'", error)
        return command[0] if command else ""
    if not facts.get("tried"):  # the URI is wrong, and the error says how it is to be
        return ""
    scheme, _, rest = uri.partition("://")
    host, _, port = re.split(r"[/?,]", rest.rpartition("@")[2])[0].partition(":")
    if scheme in _STARTED_BY_COMPOSE and host in ("localhost", "127.0.0.1", scheme):
        return f"docker compose up --wait {scheme}"
    return f"nc -vz {host} {port}" if host and port else ""
