"""Paths and URIs as a person types them."""

from __future__ import annotations

import re
from pathlib import Path

from pythia.exceptions import TemplateError

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def absolute_path(text: str, parameter: str) -> str:
    """Return ``text`` as an absolute path, ``~`` expanded, against the working directory.

    Raises:
        TemplateError: the text is empty, or names a user without a home directory.
    """
    if not text:
        raise TemplateError(f"parameter {parameter!r} should be a path, but is empty")
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise TemplateError(f"parameter {parameter!r}: {text!r}: {error}") from error


def file_uri(text: str, parameter: str) -> str:
    """Return the ``file://`` URI of a path, absolute and percent-encoded (RFC 8089)."""
    return Path(absolute_path(text, parameter)).as_uri()


def uri(text: str, parameter: str) -> str:
    """Return ``text`` itself where it is a URI, otherwise the ``file://`` URI of the path."""
    return text if _URI.match(text) else file_uri(text, parameter)
