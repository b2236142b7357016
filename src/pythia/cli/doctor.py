"""``pythia doctor``: what is installed, what is missing, and what mends it."""

from __future__ import annotations

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NoReturn

from pythia.doctor import Check, Examination, examine
from pythia.version import __version__

_FINE, _MISSING, _USAGE, _INTERRUPTED = 0, 1, 2, 130

_EPILOG = """exit codes: 0 all that is needed is there, 1 something needed is missing,
2 wrong usage. 'optional' marks what programs of that runtime can do without.

URI is an event stream, as in PYTHIA_STREAM_URI; it is connected to as a program would,
so a missing topic, queue or database is made, but nothing is sent."""


def doctor(words: Sequence[str]) -> int:
    """Print what was found; returns the exit code."""
    arguments = _parser().parse_args(words)
    purpose = None if arguments.purpose == "auto" else arguments.purpose
    if isinstance(sys.stdout, io.TextIOWrapper):  # paths may hold anything
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        found = examine(arguments.uris, purpose, arguments.timeout)
        print(_as_json(found) if arguments.json else "\n".join(_lines(found)), flush=True)
    except BrokenPipeError:
        sys.stdout = None  # Python would complain once more when it flushes at exit
    except KeyboardInterrupt:
        return _INTERRUPTED
    return _FINE if found.is_fine else _MISSING


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="pythia doctor",
        description="Say what is installed and what is missing, each with what mends it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("uris", nargs="*", metavar="URI", help="event stream to connect to")
    parser.add_argument(
        "--for",
        dest="purpose",
        choices=("auto", "portable", "deepstream", "all"),
        default="auto",
        help="what counts as needed; auto is the runtime that programs would use",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=4.0,
        metavar="SECONDS",
        help="how long to wait for libraries and servers (%(default)s)",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 3600")
    return value


def _as_json(found: Examination) -> str:
    document = {
        "pythia": __version__,
        "runtime": found.runtime,
        "for": found.purpose,
        "fine": found.is_fine,
        "checks": [check._asdict() for check in found.checks],
    }
    return json.dumps(document, indent=2)


def _lines(found: Examination) -> Iterator[str]:
    yield f"pythia {__version__}, judged for: {found.purpose}"
    for section, checks in groupby(found.checks, lambda check: check.section):
        yield ""
        yield section
        for check in checks:
            yield from _lines_of(check)
    yield ""
    yield _summary(found)


_WIDTH = 26
_INDENT = " " * (12 + _WIDTH)


def _lines_of(check: Check) -> Iterator[str]:
    start = f"  {_mark(check):8}  {check.name:{_WIDTH}}"
    if len(check.name) < _WIDTH:
        yield start + check.found
    else:
        yield start
        yield _INDENT + check.found
    if check.remedy and check.state != "ok":
        yield f"{_INDENT}-> {check.remedy}"


def _mark(check: Check) -> str:
    if check.state != "missing":
        return check.state
    return "MISSING" if check.needed else "optional"


def _summary(found: Examination) -> str:
    names = [check.name for check in found.checks if check.is_fatal]
    if not names:
        return f"All that is needed ({found.purpose}) is there."
    return f"Missing, and needed ({found.purpose}): {', '.join(names)}."
