"""Connects to an event stream, as a program would."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pythia.exceptions import MissingDependencyError, PythiaError, StreamError

if TYPE_CHECKING:
    from pythia.event_stream import StreamUri


def main() -> None:
    """Answer ``{"uri": ..., "timeout_s": ...}`` with the URI to show, and what went wrong."""
    question = json.load(sys.stdin)
    try:
        from pythia.event_stream import StreamUri

        uri = StreamUri.parse(question["uri"])
        # Of the options only this one: a misspelt one may be a secret.
        _tell(uri=str(uri.only({"stream"})))
        _connect(uri, question["timeout_s"])
    except MissingDependencyError as error:
        _tell(error=str(error), is_library=True)
    except (PythiaError, ImportError) as error:
        _tell(error=str(error))
    else:
        _tell(connected=True)


def _tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def _connect(uri: StreamUri, timeout_s: float) -> None:
    from pythia.event_stream import open_stream

    stream = open_stream(uri)
    if uri.scheme == "file":
        _look_at_file(Path(uri.file_path))
        return
    if "timeout_s" in stream.OPTIONS and "timeout_s" not in uri.options:
        stream = open_stream(replace(uri, options={**uri.options, "timeout_s": f"{timeout_s:g}"}))
    _tell(tried=True)
    try:
        stream.connect()
    except PythiaError as error:
        raise StreamError(str(error).removeprefix(f"{stream.uri}: ")) from error
    finally:
        stream.close()


def _look_at_file(path: Path) -> None:
    # Opening it would make it, or empty it.
    target = path if path.exists() else path.absolute().parent
    if not os.access(target, os.W_OK):
        why = "no permission to write" if target.exists() else "does not exist"
        raise StreamError(f"{path} cannot be written: {target}: {why}")
