"""Which version of pyds, NVIDIA's Python bindings, belongs to which DeepStream.

The table follows the releases of github.com/NVIDIA-AI-IOT/deepstream_python_apps. It needs nothing
but Python, so that it can be read where everything else is missing.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from typing import NamedTuple

HOME = "https://github.com/NVIDIA-AI-IOT/deepstream_python_apps"


class Bindings(NamedTuple):
    """One release of pyds: its version, the Python it is built for, the tags of its wheel."""

    pyds: str
    python: str
    tags: str

    def wheel(self, machine: str) -> str:
        """The address of the wheel for ``x86_64`` or ``aarch64``."""
        name = f"pyds-{self.pyds}-{self.tags}-linux_{machine}.whl"
        return f"{HOME}/releases/download/v{self.pyds}/{name}"


BINDINGS = {
    "6.2": Bindings("1.1.6", "3.8", "py3-none"),
    "6.3": Bindings("1.1.8", "3.8", "py3-none"),
    "6.4": Bindings("1.1.10", "3.10", "py3-none"),
    "7.0": Bindings("1.1.11", "3.10", "py3-none"),
    "7.1": Bindings("1.2.0", "3.10", "cp310-cp310"),
    "8.0": Bindings("1.2.2", "3.12", "cp312-cp312"),
}
"""By the first two numbers of DeepStream's version. From 9.0 on NVIDIA releases no wheels."""


def bindings_of(deepstream: str) -> Bindings | None:
    """The release for a version of DeepStream such as ``7.1.0``; None where there is none."""
    return BINDINGS.get(".".join(deepstream.split(".")[:2]))


def main(words: Sequence[str]) -> int:
    """Print the address of the wheel for the DeepStream version in the first word."""
    bindings = bindings_of(words[0])
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    if bindings is None:
        print(f"no wheel of pyds for DeepStream {words[0]}: see {HOME}", file=sys.stderr)
    elif bindings.python != here:
        print(f"pyds {bindings.pyds} is for Python {bindings.python}, not {here}", file=sys.stderr)
    else:
        print(bindings.wheel(platform.machine()))
        return 0
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
