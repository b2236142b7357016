"""Fixtures for tests of elements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pythia import elements
from pythia.gst import Gst
from support.play import Play, Player


@pytest.fixture
def play() -> Iterator[Play]:
    """A function that plays launch text with the portable elements."""
    elements.register()
    player = Player()
    yield player
    for pipeline in player.pipelines:
        pipeline.set_state(Gst.State.NULL)
