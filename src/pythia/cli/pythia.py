"""The command ``pythia``: samples, and the environment for plain GStreamer programs."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

from pythia.cli import recipes
from pythia.exceptions import PythiaError

DEEPSTREAM = "/opt/nvidia/deepstream/deepstream"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["run"]:
        from pythia.cli.run import run

        return run(words[1:])
    if words[:1] == ["doctor"]:
        from pythia.cli.doctor import doctor

        return doctor(words[1:])
    if words[:2] == ["samples", "install"]:
        arguments = _install_parser().parse_args(words[2:])
    else:
        arguments = _parser().parse_args(words)
    try:
        for line in arguments.command(arguments):
            print(line)
    except PythiaError as error:
        print(f"pythia: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        sys.stdout = None
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _parser() -> _Parser:
    parser = _Parser(prog="pythia", description="Pythonic DeepStream; see also gst-pylaunch.")
    parser.set_defaults(command=lambda arguments: [parser.format_help().rstrip()])
    parser.add_argument(
        "--version",
        action="store_const",
        dest="command",
        const=_version,
        help="show the versions of pythia, GStreamer and the runtime, and exit",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    _add_samples(commands)
    _add_env(commands)
    recipes.add_commands(commands)
    _add_metareplay(commands)
    commands.add_parser("run", help="run a program written for DeepStream, unmodified")
    commands.add_parser("doctor", help="say what is installed, what is missing and what mends it")
    return parser


def _add_samples(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "samples",
        help="list the bundled samples, print the path of one, or install them",
        description="Without NAME: list the samples. With NAME: print its path. With install: "
        "copy them to where DeepStream's own pipelines look for them.",
        usage="pythia samples [NAME | install [PREFIX] [--overwrite]]",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="name of a sample")
    parser.set_defaults(command=_samples)


def _add_metareplay(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "metareplay",
        help="say what is in a recording of metadata, or give it to a probe function",
        description="Without --probe: say what is in FILE, which gst-pylaunch --metarecord made. "
        "With it: call the function for each batch, and print what it yields as JSON lines.",
    )
    parser.add_argument("file", metavar="FILE", help="the recording")
    parser.add_argument(
        "-x", "--probe", metavar="SPEC", help="MODULE_OR_FILE:FUNCTION, or a probe of gst-pylaunch"
    )
    parser.set_defaults(command=_metareplay)


def _install_parser() -> _Parser:
    parser = _Parser(
        prog="pythia samples install",
        description="Copy the samples to PREFIX/samples, as DeepStream lays out its own.",
    )
    parser.add_argument(
        "prefix", nargs="?", metavar="PREFIX", default=DEEPSTREAM, help=f"{DEEPSTREAM} by default"
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace different files that are there already"
    )
    parser.set_defaults(command=_install)
    return parser


def _add_env(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "env",
        help="print the environment in which gst-launch-1.0 finds pythia's elements",
        description='Use it as: eval "$(pythia env)", or in fish: pythia env --shell fish | source',
    )
    parser.add_argument("--shell", choices=["sh", "fish"], default="sh", help="sh by default")
    parser.set_defaults(command=_env)


def _samples(arguments: argparse.Namespace) -> list[str]:
    from pythia.samples import names, path

    return [str(path(arguments.name))] if arguments.name else names()


def _install(arguments: argparse.Namespace) -> list[str]:
    from pythia.samples import install

    return [str(file) for file in install(arguments.prefix, overwrite=arguments.overwrite)]


def _metareplay(arguments: argparse.Namespace) -> Iterable[str]:
    from pythia.cli import metareplay

    if arguments.probe is None:
        return metareplay.contents(arguments.file)
    return metareplay.events(arguments.file, arguments.probe)


def _env(arguments: argparse.Namespace) -> list[str]:
    from pythia.core import environment

    try:
        environment.check_plugin_loader()
    except PythiaError as error:
        print(f"pythia: {error}", file=sys.stderr)
    form = {"sh": "export {}={}", "fish": "set -gx {} {}"}[arguments.shell]
    return [form.format(k, shlex.quote(v)) for k, v in environment.variables().items()]


def _version(_: argparse.Namespace) -> list[str]:
    from pythia.cli.versions import versions

    return versions()
