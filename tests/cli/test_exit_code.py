from __future__ import annotations

import pytest

from pythia import exceptions
from pythia.cli.exit_code import Exit


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("RunError", 1),
        ("StreamError", 1),
        ("UndeliveredError", 1),
        ("SampleError", 1),
        ("TemplateError", 2),
        ("PipelineError", 2),
        ("ProbeError", 3),
        ("ProbeTargetError", 4),
        ("PlayError", 5),
        ("ConfigError", 5),
        ("ModelError", 5),
        ("MissingDependencyError", 5),
        ("ProbeFailedError", 6),
    ],
)
def test_each_error_has_its_exit_code(error: str, code: int) -> None:
    assert Exit.of(getattr(exceptions, error)("why")) == code
