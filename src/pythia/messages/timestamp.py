"""Times as DeepStream's messages have them."""

from __future__ import annotations

import time


def rfc3339(time_ns: int | None = None) -> str:
    """A time since the epoch, default now, as in ``2024-05-01T12:00:00.123Z`` (RFC 3339).

    What is below a millisecond is cut off.
    """
    seconds, rest_ns = divmod(time.time_ns() if time_ns is None else time_ns, 1_000_000_000)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{moment}.{rest_ns // 1_000_000:03d}Z"
