"""The bundled video as a bare H.264 stream, which old-style programs read with filesrc."""

from __future__ import annotations

import os
from pathlib import Path

from pythia import samples
from pythia.exceptions import SampleError
from pythia.gst import Gst

_TIMEOUT_S = 60


def elementary_stream() -> Path:
    """Return ``sample_720p.h264``, made from the bundled video when it is first asked for.

    It is kept in the user's cache folder.

    Raises:
        SampleError: it cannot be made; the message says why.
    """
    video = samples.path("sample_720p.mp4")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pythia"
    target = cache / f"{video.stat().st_mtime_ns}" / "sample_720p.h264"
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        _extract(video, unfinished)
        unfinished.replace(target)
    return target


def _extract(video: Path, target: Path) -> None:
    caps = "video/x-h264,stream-format=byte-stream,alignment=au"
    pipeline = Gst.parse_launch(
        f'filesrc location="{video}" ! qtdemux ! h264parse config-interval=-1 ! {caps} '
        f'! filesink location="{target}"'
    )
    assert isinstance(pipeline, Gst.Pipeline)
    pipeline.set_state(Gst.State.PLAYING)
    wanted = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(_TIMEOUT_S * Gst.SECOND, wanted)
    pipeline.set_state(Gst.State.NULL)
    if message is None or message.type == Gst.MessageType.ERROR:
        reason = message.parse_error()[0].message if message else f"not done in {_TIMEOUT_S} s"
        raise SampleError(f"cannot make {target.name} from {video}: {reason}")
