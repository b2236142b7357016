from __future__ import annotations

import io
import logging

import pytest

from pythia.cli.console import Console
from pythia.cli.progress import clock, describe


def test_lines_appear_above_the_progress_line() -> None:
    stream = io.StringIO()
    console = Console(stream)

    console.say("first")
    console.progress("10 %")
    console.progress("20 %")
    console.say("second")
    console.progress("")
    console.say("third")

    clear = "\r\x1b[K"
    assert stream.getvalue() == (f"first\n{clear}10 %{clear}20 %{clear}second\n20 %{clear}third\n")


def test_what_pythia_logs_is_shown_from_warnings_on() -> None:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(Console(stream))

    logger.info("not this")
    logger.warning("but %s", "this")

    assert stream.getvalue() == "warning: but this\n"


def test_nobody_reading_is_no_error() -> None:
    stream = io.StringIO()
    stream.close()

    Console(stream).say("anyone?")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (61.25, "0:01:01.2"), (36000, "10:00:00.0")],
)
def test_times_are_shown_to_a_tenth(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_rate_is_that_of_the_last_period() -> None:
    assert describe(100, None, 2.0) == ", 100 frames, 50.0 frames/s"
    assert describe(100, 7, 2.0, 30) == ", 100 frames, 15.0 frames/s, 7 objects"
    assert describe(0, 0, 1.0) == ", 0 objects"
    assert describe(0, None, 1.0) == ""
