"""Streams that flows go on with, and names of the nodes that flows make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from pythia.compat.pyservicemaker.errors import UnavailableError

__all__ = ["MediaType", "Stream", "check_video", "node_name", "with_dashes"]

_counts: dict[str, int] = {}


class MediaType(str, Enum):
    """What a stream is; the portable runtime has video."""

    VIDEO = "video"
    AUDIO = "audio"


class Stream(NamedTuple):
    """An output of a node: its name, and the pad or template."""

    originator: str
    template: str = ""
    media_type: str = "video"


def node_name(method: str, kind: str) -> str:
    """A name as NVIDIA's flows give it: ``infer-infer-0``, numbered in the whole process."""
    number = _counts.get(method, 0)
    _counts[method] = number + 1
    return f"{method}-{kind}-{number}"


def with_dashes(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties given as keywords under the names that elements have."""
    return {name.replace("_", "-"): value for name, value in properties.items()}


def check_video(media_types: str | MediaType | Iterable[str | MediaType] | None) -> None:
    """Make sure that video is asked for.

    Raises:
        UnavailableError: audio is.
    """
    if isinstance(media_types, str) or media_types is None:
        media_types = [media_types or "video"]
    kinds = {str(getattr(kind, "value", kind)).lower() for kind in media_types}
    if kinds - {"video"}:
        raise UnavailableError(
            f"media_types={sorted(kinds)}: the portable runtime has no inference on audio and "
            "batches video only; use media_types='video'"
        )
