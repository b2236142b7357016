"""The command ``gst-pylaunch``: gst-launch with Python functions on the pads."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pythia.cli.console import Console, keep_stdout_for_events, open_standard_streams
from pythia.cli.exit_code import Exit
from pythia.cli.options import Options, parse
from pythia.cli.user_traceback import user_traceback
from pythia.exceptions import GstError, PipelineError, ProbeError, PythiaError, StreamError

if TYPE_CHECKING:
    from pythia.cli.launch import Launch


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, one of :class:`Exit`."""
    open_standard_streams()
    console = Console()
    logging.getLogger("pythia").addHandler(console)
    try:
        return _run(parse(sys.argv[1:] if argv is None else argv, read_pipeline), console)
    except PythiaError as error:
        trace = user_traceback(error) if isinstance(error, ProbeError) else ""
        if trace:
            console.say(trace)
        console.say(f"error: {error}")
        return Exit.of(error)
    except KeyboardInterrupt:
        return 130


def read_pipeline(file: str) -> str:
    """Return the pipeline text in ``file``; ``-`` is standard input.

    Raises:
        PipelineError: it cannot be read.
    """
    try:
        if file == "-":
            return sys.stdin.read() if sys.stdin else ""
        return Path(file).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise PipelineError(f"cannot read the pipeline from {file!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PipelineError(f"cannot read the pipeline from {file!r}: not UTF-8 text") from error


def _run(options: Options, console: Console) -> int:
    if options.help:
        _print(options.help)
        return Exit.FINE
    if options.version:
        from pythia.cli.versions import versions

        _print("\n".join(versions()) + "\n")
        return Exit.FINE
    text = options.template.render(options.params)
    if options.dry_run:
        _print(text.rstrip("\n") + "\n")
    if options.dry_run and not options.check:
        return Exit.FINE
    events_on_terminal = keep_stdout_for_events() and bool(options.probes)
    show_progress = sys.stderr.isatty() and not options.quiet and not events_on_terminal
    from pythia.cli.interrupt import dying_of_ctrl_c

    with dying_of_ctrl_c():
        application = _build(text, options, console)
    if options.check:
        console.say("the pipeline and its probes are fine")
        return Exit.FINE
    return _play(application, options, console, show_progress)


def _print(text: str) -> None:
    try:
        print(text, end="", flush=True)
    except OSError as error:
        # What is left to be written would fail again at the end of the program.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise StreamError(f"cannot write to standard output: {error.strerror}") from error


def _build(text: str, options: Options, console: Console) -> Launch:
    from pythia.cli import gst_options
    from pythia.cli.launch import Launch

    try:
        gst_options.apply(options.gst)
    except GstError as error:
        raise PipelineError(str(error)) from None
    application = Launch(
        text,
        console.say,
        verbose=options.verbose,
        messages=options.messages,
        tags=options.tags,
        exclude=options.exclude,
    )
    for probe in options.probes:
        application.attach(probe)
    for recording in options.recordings:
        application.record(recording)
    if options.check:
        application.check()
    return application


def _play(application: Launch, options: Options, console: Console, show_progress: bool) -> int:
    from pythia.cli.interrupt import Interrupt
    from pythia.cli.progress import Progress

    progress = Progress(application, console.progress if show_progress else None)
    with Interrupt(application, console.say) as interrupt, progress:
        application()
    if not options.quiet:
        console.say(progress.summary())
    if interrupt.asked and not application.ended:
        console.say("error: stopped before the end of the stream; files may be incomplete")
        return Exit.RUN_ERROR
    return Exit.FINE


if __name__ == "__main__":
    sys.exit(main())
