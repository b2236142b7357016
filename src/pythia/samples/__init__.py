"""The bundled video, models and configuration files.

They lie as in DeepStream's own ``samples`` folder: ``streams/``, ``models/`` and
``configs/deepstream-app/``.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pythia.exceptions import SampleError

__all__ = ["install", "names", "path"]

_DATA = Path(__file__).with_name("data")


def names() -> list[str]:
    """Return what :func:`path` takes: the file's name, or its path where the name is not unique."""
    files = _files()
    file_names = [file.name for file in files]
    return sorted(
        file.name if file_names.count(file.name) == 1 else file.as_posix() for file in files
    )


def path(name: str) -> Path:
    """Return the absolute path of a sample.

    Args:
        name: its file name (``sample_720p.mp4``), or its path below the data folder
            (``models/Primary_Detector/labels.txt``).

    Raises:
        SampleError: there is no such sample, or several; lists those that there are.
    """
    wanted = Path(name)
    found = [file for file in _files() if wanted in (file, Path(file.name))]
    if len(found) == 1:
        return _DATA / found[0]
    if found:
        choices = ", ".join(file.as_posix() for file in found)
        raise SampleError(f"several samples are called {name!r}; give the path: {choices}")
    raise SampleError(f"no sample {name!r}{_did_you_mean(name)}; available: {_list(names())}")


def install(
    prefix: str | os.PathLike[str] = "/opt/nvidia/deepstream/deepstream", *, overwrite: bool = False
) -> list[Path]:
    """Copy the samples to ``<prefix>/samples``, where existing pipelines look for them.

    A file that is there already and differs is never touched unless ``overwrite`` is given; in
    that case, and where writing is not permitted, nothing is copied.

    Returns:
        The files, those that were there already included.

    Raises:
        SampleError: a different file is in the way, or the folder cannot be written.
    """
    root = Path(prefix).expanduser().absolute() / "samples"
    pairs = [(_DATA / file, root / file) for file in _files()]
    todo = [(source, target) for source, target in pairs if not _is_same(source, target)]
    in_the_way = [target for _, target in todo if target.exists()]
    if in_the_way and not overwrite:
        raise SampleError(
            f"different files are there already: {_list(in_the_way)}; nothing was copied; choose "
            "another prefix, or overwrite them (--overwrite, overwrite=True)"
        )
    try:
        for source, target in todo:
            _copy(source, target)
    except OSError as error:
        raise SampleError(
            f"cannot write {error.filename or root}: {error.strerror}; choose a prefix that you "
            "may write to, or run this with sudo"
        ) from error
    return [target for _, target in pairs]


def _files() -> list[Path]:
    """Return the samples, relative to the data folder; what lies beside its folders is none."""
    files = (file.relative_to(_DATA) for file in sorted(_DATA.rglob("*/*")) if file.is_file())
    return [file for file in files if not any(p[0] in "._" for p in file.parts)]


def _is_same(source: Path, target: Path) -> bool:
    try:
        return filecmp.cmp(source, target, shallow=False)
    except OSError:
        return False


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.copyfile(source, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _did_you_mean(name: str) -> str:
    from difflib import get_close_matches

    by_path = {file.as_posix(): file.as_posix() for file in _files()}
    known = {**by_path, **{known: known for known in names()}}
    close = get_close_matches(name, known, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _list(items: Sequence[object]) -> str:
    return ", ".join(str(item) for item in items) or "none"
