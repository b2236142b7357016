from __future__ import annotations

from pathlib import Path

import pytest

from pythia.exceptions import ConfigError
from pythia.vision.config_file import read_groups, split_list


def _groups(folder: Path, text: str, name: str = "config.txt") -> dict[str, dict[str, str]]:
    file = folder / name
    file.write_text(text)
    return read_groups(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]\nk=1\nk=2\n", {"a": {"k": "2"}}),
        ("[a]\nk=1\n[b]\nx=1\n[a]\nl=2\n", {"a": {"k": "1", "l": "2"}, "b": {"x": "1"}}),
        ("# note\n\n  # note\n[a]\n#k=0\nk = 1 \n", {"a": {"k": "1"}}),
        ("[a]\nk=1 # not a comment\n", {"a": {"k": "1 # not a comment"}}),
        ("[a]\nk=a=b;c=d\n", {"a": {"k": "a=b;c=d"}}),
        ("[a]\nk=\n", {"a": {"k": ""}}),
        ("[a]\r\nk=1\r\n", {"a": {"k": "1"}}),
        ("\ufeff[a]\nk=1\n", {"a": {"k": "1"}}),
        (r"[a]" + "\n" + r"k=\sx\ty\n\\", {"a": {"k": " x\ty\n\\"}}),
        ("", {}),
    ],
)
def test_a_key_file_is_read_as_glib_reads_it(
    tmp_path: Path, text: str, expected: dict[str, dict[str, str]]
) -> None:
    assert _groups(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("k=1\n", 1, "before the first"),
        ("[a]\nnonsense\n", 2, "nonsense"),
        ("[a]\n=1\n", 2, "key=value"),
        ("[a\nk=1\n", 1, r"\[name\]"),
        ("[a]\n\nk=\\x\n", 3, "unknown escape"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(ConfigError, match=rf"config\.txt:{line}: .*{words}"):
        _groups(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.txt cannot be read: No such file"):
        read_groups(tmp_path / "absent.txt")


@pytest.mark.parametrize("name", ["config.yml", "config.YAML"])
@pytest.mark.parametrize("header", ["", "%YAML:1.0\n", "%YAML:1.0\n---\n"])
def test_yaml_becomes_the_same_text_as_a_key_file(tmp_path: Path, name: str, header: str) -> None:
    text = (
        "property:\n  net-scale-factor: 0.00392156862745098\n  infer-dims: 3;544;960\n"
        "  offsets: [1, 2.5]\n  maintain-aspect-ratio: true\n  symmetric-padding: No\n  key:\n"
        "class-attrs-all:\n"
    )

    assert _groups(tmp_path, header + text, name) == {
        "property": {
            "net-scale-factor": "0.00392156862745098",
            "infer-dims": "3;544;960",
            "offsets": "1;2.5",
            "maintain-aspect-ratio": "1",
            "symmetric-padding": "0",
            "key": "",
        },
        "class-attrs-all": {},
    }


def test_loose_keys_of_yaml_are_ignored_with_one_warning_where_allowed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = (
        "property:\n  k: 1\n\nclass-attrs-all:\ntopk: 20\neps: [1, 2]\nclass-attrs-0:\n  topk: 3\n"
    )

    file = tmp_path / "config.yml"
    file.write_text(text)

    groups = read_groups(file, loose_keys=True)

    assert groups == {"property": {"k": "1"}, "class-attrs-all": {}, "class-attrs-0": {"topk": "3"}}
    (record,) = caplog.records
    assert f"{tmp_path / 'config.yml'}:5: keys outside" in record.getMessage()
    assert "topk (line 5), eps (line 6)" in record.getMessage()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("property:\n  a: [1\n  b: 2\n", r"config\.yml:3: not YAML"),
        ("- a\n", "a map of groups"),
        ("property: 3\n", "group 'property' has to be a map"),
        ("property:\n  a:\n    b: 1\n", r"property\.a has to be a value"),
    ],
)
def test_yaml_of_another_form_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        _groups(tmp_path, text, "config.yml")


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("1;2", ["1", "2"]),
        ("1;2;", ["1", "2"]),
        (" a ; b ", ["a", "b"]),
        (r"a\;b;c", ["a;b", "c"]),
        ("", []),
        (";", [""]),
    ],
)
def test_a_list_may_end_with_its_separator(text: str, items: list[str]) -> None:
    assert split_list(text) == items


def test_a_file_of_anything_is_not_shown_at_length(tmp_path: Path) -> None:
    file = tmp_path / "config.txt"
    file.write_text("x" * 10_000)

    with pytest.raises(ConfigError) as caught:
        read_groups(file)

    assert len(str(caught.value)) < len(str(file)) + 120
