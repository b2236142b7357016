"""Models in a repository of Triton's layout: ``root/model/version/file`` and ``config.pbtxt``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pythia.exceptions import ConfigError, ModelError
from pythia.vision.text_proto import Fields, parse

_ONNX = "model.onnx"
_KINDS = {
    "onnxruntime_onnx": _ONNX,
    "onnxruntime": _ONNX,
    "": _ONNX,
    "tensorrt_plan": "model.plan",
    "tensorrt": "model.plan",
}
"""Platform or backend to the file that Triton takes where none is named."""


class TritonModel(NamedTuple):
    """An ONNX file, and what the repository says of it.

    ``dims`` are the sizes of the first input, without a batch, 0 or less where they are open.
    """

    file: Path
    dims: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


def find_model(config: Path, roots: Sequence[str], name: str, version: int) -> TritonModel:
    """The model ``name`` in the first root that has it; -1 is its latest version.

    Roots start at the directory of ``config``, the file that asks. A TensorRT plan stands for the
    ONNX model beside it.

    Raises:
        ConfigError: a root is no folder.
        ModelError: there is no such model, or no ONNX file of it.
    """
    folders = [_root(config, root) / name for root in roots]
    folder = next((one for one in folders if one.is_dir()), None)
    if folder is None:
        found = sorted(
            one.name for root in folders for one in root.parent.iterdir() if one.is_dir()
        )
        raise ModelError(
            f"{config}: there is no model {name!r} in {', '.join(roots)}; "
            f"available: {', '.join(found) or 'none'}"
        )
    file = folder / "config.pbtxt"
    said: Fields = parse(file) if file.is_file() else {}
    versions = _version(config, folder, version)
    return TritonModel(_onnx(config, versions, said), _dims(said), _labels(folder, said))


def _root(config: Path, root: str) -> Path:
    folder = Path(config.parent, root)
    if "://" in root or not folder.is_dir():
        raise ConfigError(
            f"{config}: model_repo.root {root!r} is no folder on this machine ({folder.resolve()})"
        )
    return folder.resolve()


def _version(config: Path, folder: Path, version: int) -> Path:
    found = sorted(int(one.name) for one in folder.iterdir() if one.name.isdecimal())
    if not found or (version >= 0 and version not in found):
        raise ModelError(
            f"{config}: {folder} has no version {'at all' if version < 0 else version}; "
            f"available: {', '.join(map(str, found)) or 'none'}"
        )
    return folder / str(found[-1] if version < 0 else version)


def _onnx(config: Path, folder: Path, said: Fields) -> Path:
    kind = _first(said, "platform") or _first(said, "backend")
    if kind not in _KINDS:
        raise ModelError(
            f"{config}: {folder.parent} is a model of {kind!r}; the portable runtime runs ONNX "
            "models (platform onnxruntime_onnx), or the ONNX model beside a TensorRT plan"
        )
    named = _first(said, "default_model_filename") or _KINDS[kind]
    stem = named.split(".onnx")[0] if ".onnx" in named else Path(named).stem
    candidates = [folder / f"{stem}.onnx", folder / _ONNX]
    if named.endswith(".onnx"):
        candidates = [folder / named]
    file = next((one for one in candidates if one.is_file()), None)
    if file is None:
        expected = " or ".join(str(one) for one in dict.fromkeys(candidates))
        raise ModelError(f"{config}: the ONNX model {expected} does not exist")
    return file


def _dims(said: Fields) -> tuple[int, ...]:
    inputs: list[Any] = said.get("input", [])
    if not inputs or not isinstance(inputs[0], dict):
        return ()
    dims = inputs[0].get("dims", [])
    return tuple(int(size) for size in dims if str(size).lstrip("-").isdecimal())


def _labels(folder: Path, said: Fields) -> tuple[str, ...]:
    """Labels of the first output, one a line."""
    outputs: list[Any] = said.get("output", [])
    name = _first(outputs[0], "label_filename") if outputs else ""
    file = folder / name
    if not name or not file.is_file():
        return ()
    return tuple(file.read_text(encoding="utf-8").splitlines())


def _first(fields: Fields, name: str) -> str:
    values = fields.get(name, [""])
    return str(values[0]) if values else ""
