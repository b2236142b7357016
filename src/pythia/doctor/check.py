"""One thing that was looked at."""

from __future__ import annotations

import os
import shutil
from typing import Literal, NamedTuple

State = Literal["ok", "warning", "missing"]
Purpose = Literal["portable", "deepstream", "all"]


class Check(NamedTuple):
    """What was found of one thing.

    Attributes:
        section: The heading it stands under.
        name: What was looked at.
        state: ``ok``; ``warning``, works but not well; ``missing``, absent or unusable.
        found: What there is, in one line.
        remedy: The command, or words in brackets, that mend it; empty where nothing is to be done.
        needed: Whether the program cannot do its work without it.
    """

    section: str
    name: str
    state: State
    found: str
    remedy: str = ""
    needed: bool = False

    @property
    def is_fatal(self) -> bool:
        """Something needed is missing."""
        return self.needed and self.state == "missing"


def apt(*packages: str) -> str:
    """The command that installs Debian packages, for this user."""
    return as_root(f"apt-get install {' '.join(packages)}")


def as_root(command: str) -> str:
    """The command as this user gives it to root."""
    if os.geteuid() == 0:
        return command
    return f"sudo {command}" if shutil.which("sudo") else f"su -c '{command}'"
