"""What ``gst-pylaunch`` tells the program that started it."""

from __future__ import annotations

import enum

from pythia.exceptions import (
    ConfigError,
    MissingDependencyError,
    ModelError,
    PipelineError,
    PlayError,
    ProbeError,
    ProbeFailedError,
    ProbeTargetError,
    PythiaError,
    TemplateError,
)


class Exit(enum.IntEnum):
    """Exit codes; scripts rely on the numbers."""

    FINE = 0
    RUN_ERROR = 1
    """An element posted an error, or events or the end of a file are missing."""
    INVALID_PIPELINE = 2
    """Bad usage, or text that is no pipeline."""
    INVALID_PROBE = 3
    PROBE_TARGET_MISSING = 4
    CANNOT_PLAY = 5
    PROBE_FAILED = 6

    @classmethod
    def of(cls, error: PythiaError) -> Exit:
        """Return the code for ``error``; the most specific class decides."""
        return next((code for kind, code in _CODES if isinstance(error, kind)), cls.RUN_ERROR)


_CODES: tuple[tuple[type[PythiaError], Exit], ...] = (
    (ProbeTargetError, Exit.PROBE_TARGET_MISSING),
    (ProbeFailedError, Exit.PROBE_FAILED),
    (ProbeError, Exit.INVALID_PROBE),
    (PlayError, Exit.CANNOT_PLAY),
    (ConfigError, Exit.CANNOT_PLAY),
    (ModelError, Exit.CANNOT_PLAY),
    (MissingDependencyError, Exit.CANNOT_PLAY),
    (PipelineError, Exit.INVALID_PIPELINE),
    (TemplateError, Exit.INVALID_PIPELINE),
)
