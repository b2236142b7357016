"""How long "import pythia" and the smallest gst-pylaunch take.

Wall times of fresh processes, medians of 10, in turn with what they are compared with. ``import
pythia`` is told without the interpreter's own start (``python -c pass``), which is shown beside it.
gst-pylaunch runs ``videotestsrc num-buffers=1 ! fakesink`` to its end, and so does the least script
that PyGObject allows; both times include the interpreter.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path

from tools.bench.measure.child import measured
from tools.bench.measure.report import Report, at_most

PIPELINE = "videotestsrc num-buffers=1 ! fakesink"
BARE_SCRIPT = Path(__file__).with_name("contenders") / "bare_gst.py"

INTERPRETER, IMPORT = "python -c pass", "import pythia"
BARE, PYLAUNCH = "bare PyGObject", "gst-pylaunch"
COMMANDS = {
    INTERPRETER: [sys.executable, "-c", "pass"],
    IMPORT: [sys.executable, "-c", "import pythia"],
    BARE: [sys.executable, str(BARE_SCRIPT), PIPELINE],
    PYLAUNCH: [str(Path(sys.executable).with_name("gst-pylaunch")), PIPELINE],
}


def medians_ms(runs: int) -> dict[str, float]:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(runs + 1):
        for name, command in COMMANDS.items():
            wall_ms = 1000 * measured(command, env=env).wall_s
            if number:  # the first round fills the disk cache
                times[name].append(wall_ms)
    return {name: statistics.median(values) for name, values in times.items()}


def report(times: dict[str, float], runs: int) -> Report:
    import_ms = times[IMPORT] - times[INTERPRETER]
    found = Report("startup", f"fresh processes, medians of {runs}")
    found.tables["wall time:"] = [{"what": name, "ms": ms} for name, ms in times.items()]
    found.wanted = [
        at_most("import pythia without the interpreter", 200, import_ms, " ms"),
        at_most("gst-pylaunch over bare PyGObject", 2.5, times[PYLAUNCH] / times[BARE], " x"),
    ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="scripts/bench startup", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--runs", type=int, default=10, help="10 by default")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    report(medians_ms(options.runs), options.runs).show(as_json=options.json)


if __name__ == "__main__":
    main()
