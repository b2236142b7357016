from __future__ import annotations

import pytest

from pythia.doctor import examination

NVIDIAS = {"nvinfer": ["nvdsgst_infer", "7.1.0"]}
PYTHIAS = {"nvinfer": ["python", "1.22"]}


@pytest.mark.parametrize(
    ("wish", "plugins", "runtime", "state", "words"),
    [
        ("", {}, "portable", "ok", "nvinfer is not here"),
        ("auto", PYTHIAS, "portable", "ok", "nvinfer is not here"),
        ("auto", NVIDIAS, "deepstream", "ok", "nvinfer is installed"),
        ("portable", NVIDIAS, "portable", "ok", "PYTHIA_RUNTIME=portable"),
        ("deepstream", {}, "deepstream", "missing", "not installed"),
        ("jetson", NVIDIAS, "portable", "missing", "expected auto, deepstream or portable"),
        ("", None, "portable", "warning", "cannot be told"),
    ],
)
def test_the_runtime_is_that_of_programs_with_its_reason(
    wish: str,
    plugins: dict[str, list[str]] | None,
    runtime: str,
    state: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHIA_RUNTIME", wish)

    found, check = examination._runtime(plugins)

    assert (found, check.state) == (runtime, state)
    assert words in check.found
