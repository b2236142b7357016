from __future__ import annotations

from typing import Any

import pytest

from pythia.doctor import streams
from pythia.doctor.asking import Answer

NEEDS_CLIENT = {"error": "needs 'redis': pip install 'pythiags[redis]'", "is_library": True}
REFUSED = {"tried": True, "error": "cannot connect"}
WRONG = {"error": "the name is missing; add ?stream=NAME"}


@pytest.mark.parametrize(
    ("uri", "facts", "remedy"),
    [
        ("redis://localhost:6379?stream=a", NEEDS_CLIENT, "pip install 'pythiags[redis]'"),
        ("redis://localhost:6379?stream=a", REFUSED, "docker compose up --wait redis"),
        ("kafka://kafka:9092/?stream=a", REFUSED, "docker compose up --wait kafka"),
        ("kafka://u:***@one:9092,two:9092?stream=a", REFUSED, "nc -vz one 9092"),
        ("mqtt://somewhere?stream=a", REFUSED, ""),
        ("redis://localhost:6379", WRONG, ""),
    ],
)
def test_the_remedy_fits_what_is_wrong(uri: str, facts: dict[str, Any], remedy: str) -> None:
    check = streams.check(Answer({"uri": uri, **facts}))

    assert check.is_fatal
    assert check.found == facts["error"]
    assert check.remedy == remedy


def test_a_client_that_crashes_is_told() -> None:
    check = streams.check(Answer({"uri": "kafka://a:1?stream=a"}, "crashed (SIGSEGV)"))

    assert (check.is_fatal, check.found) == (True, "crashed (SIGSEGV)")


def test_a_stream_that_answers_is_fine() -> None:
    check = streams.check(Answer({"uri": "log://", "tried": True, "connected": True}))

    assert (check.state, check.remedy) == ("ok", "")
