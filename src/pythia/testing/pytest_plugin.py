"""Fixtures for tests of probes, there in every pytest run where pythia is installed.

pytest imports this in everybody's suites, so it imports nothing: not GStreamer, not NumPy. What a
fixture needs is imported by the first test that asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pythia.testing.pipelines import Ran
    from pythia.testing.replaying import MetaReplay


@pytest.fixture
def batch_builder() -> ModuleType:
    """What builds metadata: ``batch``, ``frame``, ``obj`` and more.

    See :mod:`pythia.testing.builders`::

        def test_nothing_is_told_of_an_empty_frame(batch_builder):
            seen = batch_builder.batch(batch_builder.frame())
            assert collect(gen_detections, seen) == []
    """
    from pythia.testing import builders

    return builders


@pytest.fixture
def run_pipeline() -> Callable[..., Ran]:
    """``run_pipeline(text, probes, params, timeout_s=60)`` runs a pipeline to its end.

    See :func:`pythia.testing.run_pipeline`. An error of the pipeline or of a probe is raised in the
    test; a pipeline that does not end is stopped.
    """
    from pythia.testing.pipelines import run_pipeline

    return run_pipeline


@pytest.fixture
def replay(request: pytest.FixtureRequest) -> Callable[[str | os.PathLike[str]], MetaReplay]:
    """``replay(path)`` opens a recording; a relative path starts at the folder of the test's file.

    See :func:`pythia.testing.metareplay`::

        def test_every_car_is_told(replay):
            assert len(replay("street.jsonl").collect(gen_detections)) == 812
    """
    from pythia.testing.replaying import metareplay

    folder = request.path.parent
    return lambda path: metareplay(folder / path)
