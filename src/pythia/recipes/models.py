"""Models: nvinfer or nvinferserver by its configuration file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from pythia.core.suggestion import did_you_mean
from pythia.exceptions import ConfigError
from pythia.recipes.launch import element
from pythia.vision.config_file import read_groups
from pythia.vision.labels import read_labels

CONFIG_SUFFIXES = (".txt", ".conf", ".ini", ".yml", ".yaml", ".pbtxt")


@dataclass(frozen=True)
class InferenceEngine:
    """A model, as a configuration file of nvinfer or nvinferserver describes it.

    Attributes:
        config_file: Absolute path.
        labels: Names of its classes in order, as far as the configuration tells.
        unique_id: The ``unique_component_id`` of what it finds, as far as the configuration says.
        factory: ``nvinfer`` or ``nvinferserver``.
        gives_masks: Objects carry instance masks, as far as the configuration says.
    """

    config_file: Path
    labels: tuple[str, ...] = ()
    unique_id: int | None = None
    factory: str = "nvinfer"
    gives_masks: bool = False

    @classmethod
    def of(cls, model: str | PathLike[str] | InferenceEngine) -> InferenceEngine:
        """Make an engine of a configuration file, or of a folder that has one."""
        if isinstance(model, InferenceEngine):
            return model
        if not os.fspath(model):
            raise ConfigError("the model is empty; give its configuration file")
        path = Path(model).expanduser()
        return cls.from_folder(path) if path.is_dir() else cls.from_file(path)

    @classmethod
    def from_file(cls, file: str | PathLike[str]) -> InferenceEngine:
        """Make an engine of its configuration file.

        Raises:
            ConfigError: The file is missing, or is no configuration of a model.
        """
        path = Path(file).expanduser().absolute()
        if path.suffix.lower() not in CONFIG_SUFFIXES:
            raise ConfigError(
                f"{path}: a model is given by its nvinfer configuration "
                f"({', '.join(CONFIG_SUFFIXES)}) or a folder that has one, not by {path.suffix!r}"
            )
        if not path.is_file():
            raise ConfigError(f"no model configuration {str(path)!r}{_neighbours(path)}")
        if _is_triton(path):
            return cls(path, (), _triton_id(path), "nvinferserver", gives_masks=True)
        groups = read_groups(path, loose_keys=True)
        if "property" not in groups:
            found = ", ".join(groups) or "none"
            raise ConfigError(f"{path}: no group [property], so no nvinfer model; groups: {found}")
        properties = groups["property"]
        unique_id = properties.get("gie-unique-id", "")
        number = int(unique_id) if unique_id.isdecimal() else None
        masks = (properties.get("network-type"), properties.get("output-instance-mask"))
        gives_masks = masks[0] == "3" and masks[1] in ("1", "true")
        return cls(path, _labels(properties, path), number, gives_masks=gives_masks)

    @classmethod
    def from_folder(cls, folder: str | PathLike[str]) -> InferenceEngine:
        """Make an engine of the one configuration file in a folder.

        Raises:
            ConfigError: There is none, or there are several.
        """
        path = Path(folder).expanduser().absolute()
        if not path.is_dir():
            raise ConfigError(f"no folder {str(path)!r} with a model")
        candidates = [f for f in sorted(path.iterdir()) if f.suffix.lower() in CONFIG_SUFFIXES]
        found = [file for file in candidates if _is_config(file)]
        if len(found) == 1:
            return cls.from_file(found[0])
        names = ", ".join(file.name for file in found or sorted(path.iterdir())) or "nothing"
        what = "several model configurations" if found else "no model configuration ([property])"
        raise ConfigError(f"{what} in {path}; give the file itself; found: {names}")

    def gst(self, name: str) -> str:
        """Return launch text."""
        return element(self.factory, name=name, config_file_path=self.config_file)


def _labels(properties: dict[str, str], config: Path) -> tuple[str, ...]:
    """Of a detector each line is a class; those without a name are called by their number."""
    if properties.get("network-type") == "1":
        return ()
    named = properties.get("labelfile-path")
    labels = [line[0] for line in read_labels(config.parent / named)] if named else []
    count = properties.get("num-detected-classes", "")
    rest = range(len(labels), int(count) if count.isdecimal() else 0)
    return (*labels, *map(class_name, rest))


def class_name(class_id: int) -> str:
    """Return what a class without a label is called."""
    return f"class_{class_id}"


def _is_config(file: Path) -> bool:
    if _is_triton(file):
        return True
    try:
        return "property" in read_groups(file, loose_keys=True)
    except ConfigError:
        return False


def _is_triton(file: Path) -> bool:
    try:
        return "infer_config" in file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _triton_id(file: Path) -> int | None:
    found = re.search(r"unique_id\s*:\s*(\d+)", file.read_text(encoding="utf-8", errors="replace"))
    return int(found[1]) if found else None


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"; there is no folder {str(path.parent)!r} either"
    return did_you_mean(path.name, [file.name for file in path.parent.iterdir()])
