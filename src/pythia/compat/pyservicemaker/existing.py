"""Files that a program names, or the samples that stand in for them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pythia.compat.pyservicemaker.errors import MissingFileError
from pythia.vision.missing_file import present


def existing_file(name: str | os.PathLike[str], what: str) -> Path:
    """The file, or a bundled sample in its place.

    Raises:
        MissingFileError: there is neither.
    """
    file = Path(name)
    found = present(file)
    if not found.exists():
        raise MissingFileError(
            f"{what}: there is no file {os.fspath(name)!r}"
            + ("" if file.is_absolute() else f" in {Path.cwd()}")
        )
    return found


def existing_uri(uri: str) -> str:
    """A URI for what may be a path; that of a file is made sure to exist.

    Raises:
        MissingFileError: the file does not exist, and no sample stands in for it.
    """
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return existing_file(unquote(parts.path), "input").absolute().as_uri()
    return uri if parts.scheme else existing_file(uri, "input").absolute().as_uri()
