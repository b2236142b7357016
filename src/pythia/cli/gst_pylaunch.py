"""The command ``gst-pylaunch``: gst-launch with Python functions on the pads."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pythia.cli.console import Console, keep_stdout_for_events
from pythia.cli.exit_code import Exit
from pythia.cli.options import Options, parse
from pythia.cli.user_traceback import user_traceback
from pythia.exceptions import GstError, PipelineError, ProbeError, PythiaError

if TYPE_CHECKING:
    from pythia.cli.launch import Launch


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code, one of :class:`Exit`."""
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
            return sys.stdin.read()
        return Path(file).expanduser().read_text(encoding="utf-8")
    except OSError as error:
        raise PipelineError(f"cannot read the pipeline from {file!r}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PipelineError(f"cannot read the pipeline from {file!r}: not UTF-8 text") from error


def _run(options: Options, console: Console) -> int:
    if options.help:
        print(options.help, end="")
        return Exit.FINE
    if options.version:
        from pythia.cli.versions import versions

        print("\n".join(versions()))
        return Exit.FINE
    text = options.template.render(options.params)
    if options.dry_run:
        print(text.rstrip("\n"), flush=True)
    if options.dry_run and not options.check:
        return Exit.FINE
    keep_stdout_for_events()
    return _launch(text, options, console)


def _launch(text: str, options: Options, console: Console) -> int:
    from pythia.cli import gst_options
    from pythia.cli.launch import Launch

    try:
        gst_options.apply(options.gst)
    except GstError as error:
        console.say(f"error: {error}")
        return Exit.INVALID_PIPELINE
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
    if options.check:
        application.check()
        console.say("the pipeline and its probes are fine")
        return Exit.FINE
    return _play(application, options, console)


def _play(application: Launch, options: Options, console: Console) -> int:
    from pythia.cli.interrupt import Interrupt
    from pythia.cli.progress import Progress

    shown = sys.stderr.isatty() and not options.quiet
    on_events = bool(options.probes) and sys.stdout.isatty()
    progress = Progress(application, console.progress if shown and not on_events else None)
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
