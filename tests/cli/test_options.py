from __future__ import annotations

import re

import pytest

from pythia.cli.options import Options, parse, pipeline_of
from pythia.exceptions import PipelineError, TemplateError


def no_file(name: str) -> str:
    raise AssertionError(f"{name} was read")


def options_of(*argv: str, text: str = "") -> Options:
    return parse(argv, (lambda _: text) if text else no_file)


def usage_error(capsys: pytest.CaptureFixture[str], *argv: str, text: str = "") -> str:
    with pytest.raises(SystemExit) as caught:
        options_of(*argv, text=text)
    out, error = capsys.readouterr()
    assert caught.value.code == 2
    assert out == ""
    assert error.count("\n") == 1
    return error


def test_words_are_the_pipeline() -> None:
    options = options_of("videotestsrc", "!", "fakesink")

    assert options.template.text == "videotestsrc ! fakesink"
    assert options == Options(options.template, {})


def test_p_names_the_file_to_read() -> None:
    read: list[str] = []

    def read_pipeline(name: str) -> str:
        read.append(name)
        return "videotestsrc ! fakesink"

    options = parse(["-p", "-"], read_pipeline)

    assert read == ["-"]
    assert options.template.text == "videotestsrc ! fakesink"


@pytest.mark.parametrize(
    "argv",
    [
        ["--in=a=b", "--out-put", "-c", "-x", "p.py:f@e.src", "-v", "--probe=q:g@e.sink"],
        ["-vx", "p.py:f@e.src", "--out-put=-c", "--probe", "q:g@e.sink", "--in", "a=b"],
        ["--out_put=-c", "-xp.py:f@e.src", "--verbose", "-x", "q:g@e.sink", "--in", "a=b"],
    ],
)
@pytest.mark.parametrize("text_first", [True, False])
def test_options_and_parameters_come_in_any_order(argv: list[str], text_first: bool) -> None:
    words = ["src", "location={in}", "!", "sink", "location={out-put}"]

    options = options_of(*words, *argv) if text_first else options_of(*argv, *words)

    assert {k.replace("_", "-"): v for k, v in options.params.items()} == {
        "in": "a=b",
        "out-put": "-c",
    }
    assert options.probes == ("p.py:f@e.src", "q:g@e.sink")
    assert options.verbose
    assert options.template.text == "src location={in} ! sink location={out-put}"


def test_a_repeated_parameter_is_a_list() -> None:
    options = options_of("a {{ in_put }}", "--in-put=1", "--in_put", "2", "--in-put", "")

    assert options.params == {"in-put": ["1", "2", ""]}


def test_flags_of_gst_launch_are_understood() -> None:
    options = options_of("-vmtqe", "-X", "caps", "--exclude=x", "a", "--gst-debug=3", "--gst-b")

    assert options.verbose
    assert options.messages
    assert options.tags
    assert options.quiet
    assert options.exclude == ("caps", "x")
    assert options.gst == (("debug", "3"), ("b", None))


def test_behind_two_dashes_all_words_are_pipeline() -> None:
    assert options_of("-q", "--", "a", "-v").template.text == "a -v"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ([], "no pipeline.*-p FILE"),
        (["-v"], "no pipeline"),
        (["-p", "f", "a", "!", "b"], "from -p f and from the words 'a ! b'"),
        (["a {x}", "--x"], "--x needs a value: --x=VALUE"),
        (["a {x}", "--x", "--y=1"], "--x needs a value"),
        (["a", "--dryrun"], "did you mean '--dry-run'"),
        (["a", "--prob=x:y@z.src"], "unknown option --prob, did you mean '--probe'"),
        (["a", "-z"], "unrecognized arguments: -z"),
        (["a", "-x"], "-x/--probe: expected one argument"),
        (["a={check}"], r"\{check\} has the name of the option --check; rename"),
        (["a={gst-x}"], r"\{gst-x\} has the name"),
    ],
)
def test_bad_usage_is_told_in_one_line(
    capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    error = usage_error(capsys, *argv, text="a" if "-p" in argv else "")

    assert re.search(message, error), error


def test_an_unknown_parameter_is_told_with_those_there_are() -> None:
    with pytest.raises(TemplateError, match="'imput', did you mean 'input'"):
        options_of("a={input}", "--imput=1")


def test_what_the_reader_raises_comes_through() -> None:
    def unreadable(name: str) -> str:
        raise PipelineError(f"no {name}")

    with pytest.raises(PipelineError, match="no gone"):
        parse(["-p", "gone"], unreadable)


def test_help_lists_the_parameters_of_the_pipeline() -> None:
    text = "a={in-put:uri} b={steps:raw} c={in-put} d={{ loops }}"

    general = options_of("--help").help
    own = options_of("-p", "f", "--help", text=text).help

    assert own.startswith(general)
    listed = own.removeprefix(general)
    assert "--in-put VALUE" in listed
    assert "a URI or a path" in listed
    assert "--steps VALUE" in listed
    assert "--loops VALUE" in listed
    assert "--pipeline-file" in general


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["videotestsrc ! fakesink"], "videotestsrc ! fakesink"),
        (["filesrc", "location=a b", "!"], r"filesrc location=a\ b !"),
        (["filesrc", 'location="a b"', "!"], 'filesrc location="a b" !'),
        (["filesrc", r"location=a\ b", "!"], r"filesrc location=a\ b !"),
        (["!", "video/x-raw, width=3", "!"], "! video/x-raw, width=3 !"),
        (["a", "location={{ x }}"], "a location={{ x }}"),
        (["a", "!", "b ! c"], "a ! b ! c"),
    ],
)
def test_words_that_the_shell_unquoted_are_joined_as_gst_launch_does(
    words: list[str], text: str
) -> None:
    assert pipeline_of(words) == text
