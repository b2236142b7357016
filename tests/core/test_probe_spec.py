from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pythia.core.probe_spec import ProbeSpec, load_module
from pythia.exceptions import ProbeError


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("probe.py:gen@pgie.src", ProbeSpec("probe.py", "gen", "pgie", "src")),
        ("a/b c.py:gen@mux.sink_0", ProbeSpec("a/b c.py", "gen", "mux", "sink_0")),
        ("pkg.mod:Class.method@pgie.sink", ProbeSpec("pkg.mod", "Class.method", "pgie", "sink")),
        ("probe.py:gen@pgie", ProbeSpec("probe.py", "gen", "pgie", "src")),
        ("me@home/c:d.py:gen@a.b.src", ProbeSpec("me@home/c:d.py", "gen", "a.b", "src")),
    ],
)
def test_a_spec_is_taken_apart(text: str, spec: ProbeSpec) -> None:
    assert ProbeSpec.parse(text) == spec


@pytest.mark.parametrize(
    "text", ["", "probe.py", "probe.py:gen", "gen@pgie.src", "p.py:@a.b", ":g@a"]
)
def test_a_malformed_spec_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ProbeError, match=r"MODULE_OR_FILE:FUNCTION@ELEMENT.PAD"):
        ProbeSpec.parse(text)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def write_file(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write_file


Write = Callable[[str, str], Path]


def test_a_file_may_import_its_siblings_in_either_way(write: Write) -> None:
    write("sibling_of_probe.py", "answer = 42\n")
    path = write(
        "probe.py",
        "import sibling_of_probe\n"
        "from .sibling_of_probe import answer\n"
        "from . import sibling_of_probe as relative\n"
        "def gen(batch_meta):\n"
        "    return sibling_of_probe.answer + answer + relative.answer\n",
    )

    gen = ProbeSpec(str(path), "gen", "e").load()

    assert gen(None) == 126


def test_a_function_may_import_a_sibling_when_it_runs(write: Write) -> None:
    write("late_sibling.py", "answer = 42\n")
    path = write(
        "probe.py", "def gen(batch_meta):\n    import late_sibling as l; return l.answer\n"
    )

    gen = ProbeSpec(str(path), "gen", "e").load()

    assert gen(None) == 42


def test_files_of_equal_name_do_not_meet(write: Write) -> None:
    one = write("a/probe.py", "name = 'a'\n")
    other = write("b/probe.py", "name = 'b'\n")

    assert [load_module(str(one)).name, load_module(str(other)).name] == ["a", "b"]


def test_a_file_is_loaded_once(write: Write) -> None:
    path = write("probe.py", "")

    assert load_module(str(path)) is load_module(str(path))


def test_a_module_is_found_in_the_working_directory(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("module_right_here.py", "def gen(batch_meta): ...\n")
    monkeypatch.chdir(tmp_path)

    assert ProbeSpec("module_right_here", "gen", "e").load().__name__ == "gen"


def test_a_method_is_found_by_its_dotted_name(write: Write) -> None:
    path = write("probe.py", "class A:\n    @staticmethod\n    def gen(batch_meta): return 1\n")

    assert ProbeSpec(str(path), "A.gen", "e").load()(None) == 1


def test_a_wrong_function_lists_those_of_the_file(write: Write) -> None:
    path = write(
        "probe.py", "from os.path import join\ndef detections(b): ...\ndef _private(): ...\n"
    )

    with pytest.raises(ProbeError, match=r"did you mean 'detections'.; available: det") as e:
        ProbeSpec(str(path), "detection", "e").load()

    assert "detection'" in str(e.value)


def test_a_wrong_file_lists_those_of_its_folder(write: Write) -> None:
    path = write("probe.py", "")

    with pytest.raises(ProbeError, match=r"did you mean 'probe\.py'.*: probe\.py$"):
        load_module(str(path.with_name("prob.py")))


def test_a_wrong_module_says_how_to_name_a_file() -> None:
    with pytest.raises(ProbeError, match="no module 'no_such_module'; a file is given with"):
        load_module("no_such_module")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\ndef gen(:\n", r"SyntaxError: .* at line 2$"),
        ("a = 1\nb = a / 0\n", r"ZeroDivisionError: .* at line 2$"),
        ("\n\nimport no_such_library\n", r"ModuleNotFoundError: .*no_such_library.* at line 3$"),
    ],
)
def test_a_file_that_fails_to_load_says_where(write: Write, text: str, message: str) -> None:
    path = write("probe.py", text)

    with pytest.raises(ProbeError, match=message) as caught:
        load_module(str(path))

    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("source", ["probe.py", "probe"])
def test_a_working_directory_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(ProbeError, match="working directory: No such file"):
        load_module(source)
