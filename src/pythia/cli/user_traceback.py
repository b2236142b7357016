"""The part of a traceback that a user can do something about."""

from __future__ import annotations

import importlib
import traceback
from pathlib import Path

_PYTHIA = str(Path(__file__).parents[1])
_IMPORTLIB = str(Path(importlib.__file__).parent)


def user_traceback(error: BaseException) -> str:
    """Return the traceback of what the user's code raised, without the frames of pythia.

    The empty text where ``error`` does not come from the user's code.
    """
    cause = error.__cause__
    if cause is None:
        return ""
    frames = [f for f in traceback.extract_tb(cause.__traceback__) if _is_users(f)]
    if not frames and not isinstance(cause, SyntaxError):
        return ""
    lines = [*traceback.format_list(frames), *traceback.format_exception_only(cause)]
    return "Traceback (most recent call last):\n" + "".join(lines).rstrip()


def _is_users(frame: traceback.FrameSummary) -> bool:
    return not frame.filename.startswith((_PYTHIA, _IMPORTLIB, "<frozen importlib"))
