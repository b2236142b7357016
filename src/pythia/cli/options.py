"""The command line of ``gst-pylaunch``, from words to :class:`Options`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

from pythia.core.suggestion import did_you_mean
from pythia.core.template import Parameter, Template

ReadPipeline = Callable[[str], str]
"""Takes the argument of ``-p`` and returns the text; ``-`` is standard input."""

_EPILOG = """\
What a generator function yields for each buffer goes to standard output, one JSON line each
(PYTHIA_STREAM_URI names another stream); everything else is on standard error.

{name} in the pipeline text is a parameter, given as --name VALUE or --name=VALUE and quoted for
GStreamer. {name:raw} inserts pipeline text as it is, {name:path} an absolute path, {name:uri} a
URI made of a path. Lines that start with # are comments. With jinja2 installed, {{ }} and {% %}
are jinja's, and repeated options become lists.

Ctrl-C and SIGTERM end the stream in order, so that files are finished; a second one stops at once.
--gst-debug, --gst-debug-level, --gst-plugin-path and the like go to GStreamer.

exit codes: 0 fine, 1 error while running, 2 bad usage or invalid pipeline, 3 invalid probe,
4 element or pad of a probe missing, 5 pipeline cannot play, 6 probe failed

examples:
  gst-pylaunch "videotestsrc num-buffers=30 ! fakesink"
  gst-pylaunch -p pipeline.txt --input=video.mp4 -x probe.py:gen_detections@pgie.src
"""

_PARAMETER = re.compile(r"--([A-Za-z_][A-Za-z0-9_-]*)(?:=(.*))?", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_%:-]*=")
_BLANK_OUTSIDE_QUOTES = re.compile(r'("(?:\\"|[^"])*"|\\.)|([ \t])')


@dataclass(frozen=True)
class Options:
    """What the person asked for.

    Attributes:
        params: values by name; a list where an option was repeated.
        probes: ``FILE:FUNCTION@ELEMENT.PAD`` each.
        recordings: ``FILE@ELEMENT.PAD`` each.
        exclude: properties that ``verbose`` leaves out.
        gst: GStreamer's own options, without ``--gst-``, with their values.
        help: the text to print instead of running.
    """

    template: Template
    params: dict[str, str | list[str]]
    probes: tuple[str, ...] = ()
    recordings: tuple[str, ...] = ()
    dry_run: bool = False
    check: bool = False
    verbose: bool = False
    messages: bool = False
    tags: bool = False
    quiet: bool = False
    exclude: tuple[str, ...] = ()
    gst: tuple[tuple[str, str | None], ...] = ()
    version: bool = False
    help: str = ""


def parse(argv: Sequence[str], read_pipeline: ReadPipeline) -> Options:
    """Read the command line.

    Args:
        argv: the words after the program's name.
        read_pipeline: called at most once, with the argument of ``-p``.

    Raises:
        SystemExit: bad usage; one line was written on standard error, the code is 2.
        TemplateError: the pipeline text is wrong as a template, or has no such parameter.
        PipelineError: whatever ``read_pipeline`` raises.
    """
    parser = _parser()
    words = _split(parser, argv)
    found = parser.parse_intermixed_args(words.own)
    found.words += words.rest
    if found.version:
        return Options(Template(""), {}, version=True)
    text = _pipeline_text(parser, found, read_pipeline)
    if text is None:
        return Options(Template(""), {}, help=parser.format_help())
    template = Template(text)
    _refuse_clashes(parser, template.parameters)
    if found.help:
        return Options(template, {}, help=parser.format_help() + _parameter_help(template))
    params = _params(words.given)
    _refuse_unknown(parser, params, template)
    return Options(
        template=template,
        params=params,
        probes=tuple(found.probe),
        recordings=tuple(found.metarecord),
        dry_run=found.dry_run,
        check=found.check,
        verbose=found.verbose,
        messages=found.messages,
        tags=found.tags,
        quiet=found.quiet,
        exclude=tuple(found.exclude),
        gst=tuple(words.gst),
    )


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}\n")

    def long_options(self) -> list[str]:
        return [name for name in self._option_string_actions if name.startswith("--")]

    def takes_value(self, name: str) -> bool:
        action = self._option_string_actions.get(name)
        return action is not None and action.nargs is None


def _parser() -> _Parser:
    parser = _Parser(
        prog="gst-pylaunch",
        usage="gst-pylaunch [OPTION...] PIPELINE... | -p FILE [--PARAMETER=VALUE...]",
        description="Run a GStreamer or DeepStream pipeline with Python functions on its pads.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    add = parser.add_argument
    add("words", nargs="*", metavar="PIPELINE", help="the pipeline, in gst-launch's language")
    add("-p", "--pipeline-file", metavar="FILE", help="read it from a file; - is standard input")
    add(
        "-x",
        "--probe",
        metavar="SPEC",
        action="append",
        default=[],
        help="MODULE_OR_FILE:FUNCTION@ELEMENT.PAD: call the function for each buffer; repeatable",
    )
    add(
        "--metarecord",
        metavar="SPEC",
        action="append",
        default=[],
        help="FILE@ELEMENT.PAD: record the metadata of each buffer, for metareplay; repeatable",
    )
    flags = [
        ("--dry-run", "print the pipeline with its parameters filled in, and exit"),
        (
            "--check",
            "build the pipeline, try its probes, start all elements but sinks, and exit",
        ),
        ("-v --verbose", "show property changes, caps among them"),
        ("-m --messages", "show messages on the bus"),
        ("-t --tags", "show tags (metadata of the media)"),
        ("-q --quiet", "show no progress"),
        ("-e --eos-on-shutdown", "end the stream before stopping; gst-pylaunch always does"),
        ("--version", "show the versions of pythia, GStreamer and the runtime, and exit"),
        ("-h --help", "show this help and the parameters of the given pipeline, and exit"),
    ]
    for names, text in flags:
        add(*names.split(), action="store_true", help=text)
    add(
        "-X",
        "--exclude",
        metavar="PROPERTY",
        action="append",
        default=[],
        help="leave this property out of what -v shows; repeatable",
    )
    return parser


class _Words(NamedTuple):
    """The command line: for argparse, behind ``--``, of the pipeline, of GStreamer."""

    own: list[str]
    rest: list[str]
    given: list[tuple[str, str]]
    gst: list[tuple[str, str | None]]


def _split(parser: _Parser, argv: Sequence[str]) -> _Words:
    own: list[str] = []
    given: list[tuple[str, str]] = []
    gst: list[tuple[str, str | None]] = []
    own_names = parser.long_options()
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        match = _PARAMETER.fullmatch(word)
        if word == "--":
            break
        if match is None or f"--{match[1]}" in own_names:
            own.append(word)
            if parser.takes_value(word) and rest:
                own[-1] = f"{word}{'=' if match else ''}{rest.pop(0)}"
        elif match[1].startswith("gst-"):
            gst.append((match[1].removeprefix("gst-"), match[2]))
        else:
            given.append((match[1], _value(parser, match, rest)))
    return _Words(own, rest, given, gst)


def _value(parser: _Parser, option: re.Match[str], rest: list[str]) -> str:
    if option[2] is not None:
        return option[2]
    if not rest or rest[0].startswith("--"):
        name = f"--{option[1]}"
        hint = did_you_mean(name, parser.long_options())
        parser.error(f"{name} needs a value: {name}=VALUE{hint}")
    return rest.pop(0)


def _pipeline_text(
    parser: _Parser, found: argparse.Namespace, read_pipeline: ReadPipeline
) -> str | None:
    """Return the text; None where there is none and help was asked for."""
    if found.words and found.pipeline_file is not None:
        words = " ".join(found.words)
        parser.error(
            f"the pipeline comes from -p {found.pipeline_file} and from the words {words!r}; "
            "give it in one way"
        )
    if found.pipeline_file is not None:
        return read_pipeline(found.pipeline_file)
    if not found.words:
        if found.help:
            return None
        parser.error("no pipeline; give it as words or with -p FILE (see --help)")
    return pipeline_of(found.words)


def pipeline_of(words: Sequence[str]) -> str:
    """Join words that the shell has parted and freed of quotes, as gst-launch does.

    A blank in ``location=a b`` is part of the value; in any other word it parts.
    """
    if len(words) == 1:
        return words[0]
    return " ".join(_protected(word) for word in words)


def _protected(word: str) -> str:
    if not _ASSIGNMENT.match(word) or "{{" in word or "{%" in word:
        return word
    return _BLANK_OUTSIDE_QUOTES.sub(lambda m: m[1] or f"\\{m[2]}", word)


def _refuse_clashes(parser: _Parser, parameters: Iterable[Parameter]) -> None:
    for parameter in parameters:
        if f"--{parameter.name}" in parser.long_options() or parameter.name.startswith("gst-"):
            parser.error(
                f"the pipeline's parameter {{{parameter.name}}} has the name of the option "
                f"--{parameter.name}; rename it in the pipeline"
            )


def _params(given: Sequence[tuple[str, str]]) -> dict[str, str | list[str]]:
    names = {_canonical(name): name for name, _ in reversed(given)}
    found: dict[str, list[str]] = {}
    for name, value in given:
        found.setdefault(names[_canonical(name)], []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _refuse_unknown(parser: _Parser, params: Iterable[str], template: Template) -> None:
    known = {_canonical(parameter.name) for parameter in template.parameters}
    for name in params:
        hint = did_you_mean(f"--{name}", parser.long_options())
        if _canonical(name) not in known and hint:
            parser.error(f"unknown option --{name}{hint}")
    template.refuse_unknown(params)


def _canonical(name: str) -> str:
    return name.replace("_", "-")


def _parameter_help(template: Template) -> str:
    if not template.parameters:
        return "\nparameters of this pipeline: none\n"
    lines = [f"  --{p.name} VALUE".ljust(30) + _meaning(p) for p in template.parameters]
    return "\nparameters of this pipeline:\n" + "\n".join(line.rstrip() for line in lines) + "\n"


def _meaning(parameter: Parameter) -> str:
    meanings = {"raw": "pipeline text", "path": "a path", "uri": "a URI or a path"}
    return ", ".join(meanings[modifier] for modifier in parameter.modifiers)
