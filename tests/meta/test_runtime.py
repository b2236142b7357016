import pytest

from pythia.exceptions import ConfigError, MissingDependencyError
from pythia.meta.runtime import VARIABLE, runtime


def test_an_unknown_runtime_is_refused_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "portabel")

    with pytest.raises(ConfigError, match="auto, deepstream or portable"):
        runtime.__wrapped__()


def test_deepstream_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "deepstream")

    with pytest.raises(MissingDependencyError, match="nvinfer"):
        runtime.__wrapped__()


@pytest.mark.parametrize("wish", ["", "auto", "portable"])
def test_without_nvidias_software_the_runtime_is_portable(
    monkeypatch: pytest.MonkeyPatch, wish: str
) -> None:
    monkeypatch.setenv(VARIABLE, wish)

    assert runtime.__wrapped__() == "portable"
