"""``pythia run``: runs a program written for DeepStream, unmodified."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pythia.exceptions import PythiaError

REPORT_VARIABLE = "PYTHIA_RUN_REPORT"

_USAGE = "usage: pythia run SCRIPT [ARGS ...]"
_HELP = f"""{_USAGE}

Run a Python program that is written for DeepStream, as it is. pyds, pyservicemaker and
cuda are pythia's own where NVIDIA's are not installed, GStreamer has pythia's elements, and
bundled samples stand in for files of NVIDIA's that are missing (which is said on standard
error). All that follows SCRIPT is the program's.

{REPORT_VARIABLE}=FILE in the environment writes to FILE, as JSON, how many frames and
objects came out of nvstreammux and nvinfer."""
_CANNOT_OPEN = 2  # Python's exit code for a script that is not there


def run(words: Sequence[str]) -> int:
    """Run the script that the first word names; what it raises comes through.

    Returns:
        The exit code.
    """
    if words[:1] in (["-h"], ["--help"]):
        print(_HELP)
        return 0
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or words[0].startswith("-"):
        found = f"{words[0]!r} is no script" if words else "SCRIPT is missing"
        print(f"pythia run: {found}\n{_USAGE}", file=sys.stderr)
        return _CANNOT_OPEN
    return _run(words[0], words[1:])


def _run(script: str, arguments: Sequence[str]) -> int:
    try:
        from pythia.compat import install, program, report

        source = program.read(script)
        install()
    except OSError as error:
        print(f"pythia run: cannot open {script!r}: {error.strerror}", file=sys.stderr)
        return _CANNOT_OPEN
    except PythiaError as error:
        print(f"pythia run: {error}", file=sys.stderr)
        return 1
    file = os.environ.get(REPORT_VARIABLE)
    if file:
        report.write_report(file)
    program.run(script, source, arguments)
    return 0
