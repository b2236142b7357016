"""Reads a Dockerfile, as far as ours goes: stages, and instructions with their words."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Instruction:
    """One instruction: ``RUN``, and what follows it in one line."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words; those of the JSON form where it has that form."""
        return list(json.loads(self.text)) if self.is_json else self.text.split()

    @property
    def is_json(self) -> bool:
        return self.text.startswith("[")


@dataclass
class Stage:
    """One stage: its base, an image or another stage, and its instructions."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, *names: str) -> list[Instruction]:
        return [each for each in self.instructions if each.name in names]


@dataclass
class Dockerfile:
    """All stages in their order, and the arguments before the first."""

    arguments: dict[str, str]
    stages: list[Stage]

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def lineage(self, stage: Stage) -> list[Stage]:
        """The stage and those it is built on, the first one last."""
        bases = [each for each in self.stages if each.name == stage.base]
        return [stage, *(self.lineage(bases[0]) if bases else [])]

    def last(self, stage: Stage, name: str) -> Instruction:
        """The instruction of that name that counts in the end."""
        return next(found for each in self.lineage(stage) for found in reversed(each.of(name)))


def read(path: Path) -> Dockerfile:
    """Read the file."""
    arguments: dict[str, str] = {}
    stages: list[Stage] = []
    for line in _lines(path.read_text()):
        name, _, text = line.partition(" ")
        if name == "FROM":
            base, *alias = text.split()
            stages.append(Stage(_expand(base, arguments), alias[1] if alias else ""))
        elif not stages:
            argument, _, default = text.partition("=")
            arguments[argument] = default
        else:
            stages[-1].instructions.append(Instruction(name, text.strip()))
    return Dockerfile(arguments, stages)


def _lines(text: str) -> list[str]:
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = re.sub(r"\\\n\s*", " ", kept)
    return [line for line in joined.splitlines() if line.strip()]


def _expand(text: str, values: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text)
