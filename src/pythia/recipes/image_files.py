"""Images that are played as if they were a video: a pattern such as ``%05d.jpg``, or a folder."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pythia.exceptions import PipelineError
from pythia.recipes.launch import element
from pythia.recipes.stream_facts import StreamFacts, facts_of

FPS = 30
"""Frames a second that images are played at."""

_NUMBER = re.compile(r"%0?(\d*)[diu]")
_RUN = re.compile(r"(.*?)(\d+)(\.\w+)")
_JPEG = ("image/jpeg", "jpegparse", "jpegdec")
_PNG = ("image/png", "pngparse", "pngdec")
_KINDS = {".jpg": _JPEG, ".jpeg": _JPEG, ".png": _PNG}


@dataclass(frozen=True)
class ImageFiles:
    """Image files in the order in which they are played."""

    files: tuple[Path, ...]
    facts: StreamFacts
    elements: tuple[str, ...]


def images_of_pattern(pattern: Path) -> ImageFiles:
    """The files that ``folder/%05d.jpg`` means, from the lowest number that there is.

    Raises:
        PipelineError: There are none, one in between is missing, or they are no images.
    """
    found = _numbered(pattern)
    if not found:
        raise PipelineError(f"no file is called like {pattern}; {_what_is_in(pattern.parent)}")
    numbers = sorted(found)
    missing = next((n for n in range(numbers[0], numbers[-1]) if n not in found), None)
    if missing is not None:
        raise PipelineError(
            f"{pattern}: image {missing} is missing, {numbers[-1]} is there; give the folder "
            f"{pattern.parent} to take all that are there"
        )
    return _numbered_images(pattern, [found[n] for n in numbers], numbers[0])


def images_of_folder(folder: Path) -> ImageFiles:
    """All images of a folder, sorted by name.

    Raises:
        PipelineError: There are none, or of several kinds.
    """
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in _KINDS)
    suffixes = Counter(file.suffix for file in files)
    if not files:
        raise PipelineError(f"no .jpg or .png in {folder}; {_what_is_in(folder)}")
    if len(suffixes) > 1:
        found = ", ".join(f"{count} {suffix}" for suffix, count in suffixes.items())
        raise PipelineError(f"{folder} has images of several kinds ({found}); leave one kind there")
    pattern = _pattern_of(files)
    if pattern is not None:
        return images_of_pattern(pattern)
    return _named_images(folder / f"*{files[0].suffix}", files)


def _numbered_images(pattern: Path, files: list[Path], first: int) -> ImageFiles:
    kind, _, decoder = _kind(pattern)
    source = element(
        "multifilesrc",
        location=pattern,
        start_index=first,
        stop_index=first + len(files) - 1,
        caps=f"{kind},framerate={FPS}/1",
    )
    return ImageFiles(tuple(files), _facts(files), (source, decoder))


def _named_images(pattern: Path, files: list[Path]) -> ImageFiles:
    _, parser, decoder = _kind(pattern)
    facts = _facts(files)
    elements = (
        element("splitfilesrc", location=pattern),
        parser,
        decoder,
        "videoconvert",
        "videoscale",
        f"video/x-raw,format=RGBA,width={facts.width},height={facts.height}",
        # Only frames of one size can be given their times: so many bytes a second.
        element("identity", datarate=facts.width * facts.height * 4 * FPS),
    )
    return ImageFiles(tuple(files), facts, elements)


def _facts(files: list[Path]) -> StreamFacts:
    first = facts_of(files[0].as_uri())
    return StreamFacts(first.width, first.height, FPS, len(files) / FPS, len(files))


def _kind(pattern: Path) -> tuple[str, str, str]:
    kind = _KINDS.get(pattern.suffix.lower())
    if kind is None:
        raise PipelineError(f"{pattern}: images are {', '.join(_KINDS)}, not {pattern.suffix!r}")
    return kind


def _numbered(pattern: Path) -> dict[int, Path]:
    """The files of a printf pattern by their numbers."""
    mark = _NUMBER.search(pattern.name)
    if mark is None:
        raise PipelineError(f"{pattern}: the pattern needs a number such as %05d in its last part")
    before, after = pattern.name[: mark.start()], pattern.name[mark.end() :]
    name = re.compile(f"{re.escape(before)}(\\d+){re.escape(after)}")
    if not pattern.parent.is_dir():
        raise PipelineError(f"no folder {pattern.parent}")
    found = {}
    for file in pattern.parent.iterdir():
        match = name.fullmatch(file.name)
        if match and file.name == pattern.name % int(match[1]):
            found[int(match[1])] = file
    return found


def _pattern_of(files: list[Path]) -> Path | None:
    """The printf pattern that means just these files, if there is one."""
    matches = [_RUN.fullmatch(file.name) for file in files]
    first, last = matches[0], matches[-1]
    if first is None or last is None or "%" in first[1]:
        return None
    start, width = int(first[2]), len(first[2])
    pattern = files[0].with_name(f"{first[1]}%0{width}d{first[3]}")
    wanted = [pattern.name % number for number in range(start, start + len(files))]
    return pattern if wanted == [file.name for file in files] else None


def _what_is_in(folder: Path) -> str:
    if not folder.is_dir():
        return f"no folder {folder}"
    names = sorted(file.name for file in folder.iterdir())
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    return f"found there: {shown or 'nothing'}"
