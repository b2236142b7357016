"""A progress bar on standard error, where a person looks at it."""

from __future__ import annotations

import logging
import sys
from types import TracebackType
from typing import Any

_log = logging.getLogger("pythia.recipes.progress")


class Progress:
    """A bar with frames, frames a second and the time that is left; use it in ``with``.

    Without a total it shows what was done so far. It is drawn by tqdm; without tqdm, or where
    standard error is no terminal, there is none.

    Args:
        total: Frames that are to come, None where that is not known.
        wanted: True or False; None shows it on a terminal only.
        text: What stands before the bar.
    """

    def __init__(self, total: int | None, wanted: bool | None, text: str = "") -> None:
        self._total = total
        self._text = text
        self._wanted = sys.stderr.isatty() if wanted is None else wanted
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if self._wanted:
            self._bar = _bar(self._total, self._text)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, frames: int) -> None:
        """Show that so many frames are done."""
        if self._bar is not None:
            self._bar.update(frames - self._bar.n)


def _bar(total: int | None, text: str) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        _log.warning("no progress bar without tqdm: pip install 'pythiags[recipes]'")
        return None
    return tqdm(total=total, desc=text or None, unit=" frames", file=sys.stderr, dynamic_ncols=True)
