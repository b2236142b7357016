"""What is known of a media file before it is played."""

from __future__ import annotations

from dataclasses import dataclass, field

from pythia.compat.pyservicemaker.errors import UnavailableError
from pythia.compat.pyservicemaker.existing import existing_uri
from pythia.gst import GLib, Gst

_TIMEOUT_S = 10


@dataclass(frozen=True)
class AudioStreamInfo:
    """A stream of sound; ``sampling_rate`` in Hz."""

    codec: str
    channels: int
    sampling_rate: int


@dataclass(frozen=True)
class VideoStreamInfo:
    """A stream of pictures; ``framerate`` is a fraction, (30, 1)."""

    codec: str
    width: int
    height: int
    framerate: tuple[int, int]


@dataclass
class MediaInfo:
    """A file or address; false if it could not be read. ``duration`` is in ns."""

    duration: int = 0
    live: bool = False
    streams: list[AudioStreamInfo | VideoStreamInfo] = field(default_factory=list)
    error: bool = False

    def __bool__(self) -> bool:
        return not self.error

    @staticmethod
    def discover(uri: str) -> MediaInfo:
        """Look into a file or address.

        Raises:
            MissingFileError: there is no such file.
            UnavailableError: GStreamer's discoverer is not installed.
        """
        try:
            import gi

            gi.require_version("GstPbutils", "1.0")
            from gi.repository import GstPbutils
        except (ImportError, ValueError):
            raise UnavailableError(
                "MediaInfo needs GStreamer's discoverer; on Debian or Ubuntu: "
                "'apt-get install gir1.2-gst-plugins-base-1.0'"
            ) from None
        discoverer = GstPbutils.Discoverer.new(_TIMEOUT_S * Gst.SECOND)
        try:
            info = discoverer.discover_uri(existing_uri(uri))
        except GLib.Error:
            return MediaInfo(error=True)
        video = [
            VideoStreamInfo(
                _codec(stream.get_caps()),
                stream.get_width(),
                stream.get_height(),
                (stream.get_framerate_num(), stream.get_framerate_denom()),
            )
            for stream in info.get_video_streams()
        ]
        audio = [
            AudioStreamInfo(
                _codec(stream.get_caps()), stream.get_channels(), stream.get_sample_rate()
            )
            for stream in info.get_audio_streams()
        ]
        return MediaInfo(info.get_duration(), info.get_live(), [*video, *audio])


def _codec(caps: Gst.Caps | None) -> str:
    if caps is None:
        return ""
    return str(caps.get_structure(0).get_name()).rpartition("/")[2].removeprefix("x-")
