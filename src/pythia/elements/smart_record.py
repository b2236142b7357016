"""Records parts of a stream as they were sent, also of the time before the recording was asked for.

The stream is cached in groups of pictures, so that a recording begins with a key frame. Each
recording is written by a pipeline of its own, which the source's pipeline never waits for.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pythia.elements.chain import caps_of
from pythia.elements.stand_in import make
from pythia.exceptions import ConfigError, GstError
from pythia.gst import Gst
from pythia.gst.pads import weakly

_PARSERS = {
    "video/x-h264": "h264parse",
    "video/x-h265": "h265parse",
    "video/mpeg": "mpeg4videoparse",
    "image/jpeg": "jpegparse",
}
_CONTAINERS = (("mp4mux", ".mp4"), ("matroskamux", ".mkv"))
_WRITE_OUT_S = 5
_ALL = (
    Gst.BufferCopyFlags.FLAGS
    | Gst.BufferCopyFlags.TIMESTAMPS
    | Gst.BufferCopyFlags.META
    | Gst.BufferCopyFlags.MEMORY
)
_AUDIO_AND_VIDEO, _AUDIO_ONLY = 0, 2


@dataclass(frozen=True)
class RecordingInfo:
    """A finished recording, told by ``sr-done`` [NvDsSRRecordingInfo]; ``duration`` is in ms."""

    sessionId: int  # noqa: N815
    filename: str
    dirpath: str
    duration: int
    containerType: int  # noqa: N815
    width: int
    height: int
    containsVideo: bool = True  # noqa: N815
    channels: int = 0
    samplingRate: int = 0  # noqa: N815
    containsAudio: bool = False  # noqa: N815


class _Writer:
    """The pipeline that writes one recording, on a thread of its own from :meth:`end` on."""

    def __init__(self, caps: Gst.Caps, container: int, file: Path) -> None:
        self.caps = caps
        self.file = file
        self.first_ns: int | None = None
        self.last_ns = 0
        muxer, _suffix = _CONTAINERS[container]
        self._source = make("appsrc", format="time", max_bytes=0)
        self._source.set_property("caps", caps)
        sink = make("filesink")
        sink.set_property("location", str(file))
        parser = make(_PARSERS[caps.get_structure(0).get_name()], "plugins-bad")
        self._pipeline = Gst.Pipeline.new(None)
        elements = (self._source, parser, make(muxer, "plugins-good"), sink)
        for element in elements:
            self._pipeline.add(element)
        self._source.link(parser)
        parser.link(elements[2])
        elements[2].link(sink)
        self._pipeline.set_state(Gst.State.PLAYING)

    def write(self, buffer: Gst.Buffer) -> None:
        """Add a frame; times are counted from the first one."""
        if self.first_ns is None:
            self.first_ns = min(buffer.pts, buffer.dts)
        self.last_ns = max(self.last_ns, buffer.pts)
        # Not copy(), which PyGObject takes for one more reference to the same buffer.
        copy: Any = buffer.copy_region(_ALL, 0, buffer.get_size())
        copy.pts = max(0, buffer.pts - self.first_ns)
        if buffer.dts != Gst.CLOCK_TIME_NONE:
            copy.dts = max(0, buffer.dts - self.first_ns)
        self._source.emit("push-buffer", copy)

    def end(self) -> str | None:
        """Finish the file; gives back what went wrong."""
        self._source.emit("end-of-stream")
        bus = self._pipeline.get_bus()
        assert bus is not None
        ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
        message = bus.timed_pop_filtered(_WRITE_OUT_S * Gst.SECOND, ends)
        self._pipeline.set_state(Gst.State.NULL)
        if message is None:
            return "writing it takes too long"
        is_error: Any = message.type == Gst.MessageType.ERROR
        return str(message.parse_error()[0].message) if is_error else None


@dataclass(eq=False)
class _Session:
    """A recording under way; ``until_ns`` is the time of its last frame."""

    number: int
    writer: _Writer
    until_ns: int
    user_data: Any


Done = Callable[[RecordingInfo, Any], None]


class SmartRecorder:
    """Caches one stream and records it on request.

    ``done`` gets each finished recording and the user data it was started with, ``failed`` the
    reason why there is none; both are called on a thread of the recording.

    Raises:
        ConfigError: the settings are impossible.
    """

    def __init__(
        self, settings: Mapping[str, Any], done: Done, failed: Callable[[Exception], None]
    ) -> None:
        _check(settings)
        self._settings = settings
        self._done = done
        self._failed = failed
        self._lock = threading.Lock()
        self._groups: deque[list[Gst.Buffer]] = deque()
        self._caps: Gst.Caps | None = None
        self._session: _Session | None = None
        self._sessions = 0
        self._threads: list[threading.Thread] = []

    @property
    def recording(self) -> bool:
        """Whether a recording is under way."""
        return self._session is not None

    def watch(self, pad: Gst.Pad) -> None:
        """Cache what leaves a parser's source pad."""
        pad.add_probe(Gst.PadProbeType.BUFFER, weakly(self._look))

    def _look(self, pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        buffer = info.get_buffer()
        if buffer is not None and buffer.pts != Gst.CLOCK_TIME_NONE:
            with self._lock:
                self._take(buffer, caps_of(pad))
        return Gst.PadProbeReturn.OK

    def _take(self, buffer: Gst.Buffer, caps: Gst.Caps) -> None:
        if self._caps is None or not caps.is_equal(self._caps):
            self._finish()
            self._groups.clear()
            self._caps = caps
        if not buffer.has_flags(Gst.BufferFlags.DELTA_UNIT):
            self._groups.append([])
            self._forget_before(buffer.pts - self._settings["smart-rec-cache"] * Gst.SECOND)
        if not self._groups:
            return
        self._groups[-1].append(buffer)
        session = self._session
        if session is not None:
            session.writer.write(buffer)
            if buffer.pts >= session.until_ns:
                self._finish()

    def _forget_before(self, oldest_ns: int) -> None:
        while len(self._groups) > 2 and self._groups[1][0].pts <= oldest_ns:
            self._groups.popleft()

    def start(self, back_s: int, duration_s: int, user_data: Any) -> int:
        """Record from ``back_s`` ago until ``duration_s`` (0: the default) from now.

        Gives the number of the session.

        Raises:
            GstError: nothing came yet, or a recording is under way.
        """
        with self._lock:
            if self._session is not None:
                raise GstError(f"start-sr: session {self._session.number} is being recorded")
            if self._caps is None or not self._groups:
                raise GstError("start-sr: no frame has come that a recording could begin with")
            number, self._sessions = self._sessions, self._sessions + 1
            writer = _Writer(self._caps, self._settings["smart-rec-container"], self._file(number))
            now_ns = self._groups[-1][-1].pts
            for buffer in self._since(now_ns - back_s * Gst.SECOND):
                writer.write(buffer)
            duration_s = duration_s or self._settings["smart-rec-default-duration"]
            until_ns = now_ns + duration_s * Gst.SECOND
            self._session = _Session(number, writer, until_ns, user_data)
            return number

    def _since(self, begin_ns: int) -> list[Gst.Buffer]:
        """The cached frames from the last key frame before a time on, or all."""
        groups = list(self._groups)
        while len(groups) > 1 and groups[1][0].pts <= begin_ns:
            groups.pop(0)
        return [buffer for group in groups for buffer in group]

    def _file(self, number: int) -> Path:
        settings = self._settings
        prefix, source = settings["smart-rec-file-prefix"] or "", settings["source-id"]
        suffix = _CONTAINERS[settings["smart-rec-container"]][1]
        now = time.strftime("%Y%m%d-%H%M%S")
        name = f"{prefix}_{source}_{number:05}_{now}_{os.getpid()}{suffix}"
        return Path(settings["smart-rec-dir-path"]) / name

    def stop(self, number: int) -> None:
        """End a recording before its time.

        Raises:
            GstError: it is not under way.
        """
        with self._lock:
            if self._session is None or self._session.number != number:
                raise GstError(f"stop-sr: session {number} is not being recorded")
            self._finish()

    def close(self) -> None:
        """End the recording, and wait until all files are written."""
        with self._lock:
            self._finish()
            threads = list(self._threads)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(2 * _WRITE_OUT_S)

    def _finish(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        thread = threading.Thread(target=self._write_out, args=(session,), name="smart-record")
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _write_out(self, session: _Session) -> None:
        writer = session.writer
        problem = writer.end()
        if problem is not None:
            self._failed(GstError(f"the recording {writer.file} has failed: {problem}"))
            return
        structure = writer.caps.get_structure(0)
        info = RecordingInfo(
            sessionId=session.number,
            filename=writer.file.name,
            dirpath=str(writer.file.parent),
            duration=(writer.last_ns - (writer.first_ns or 0)) // Gst.MSECOND,
            containerType=self._settings["smart-rec-container"],
            width=structure.get_int("width")[1],
            height=structure.get_int("height")[1],
        )
        self._done(info, session.user_data)


def _check(settings: Mapping[str, Any]) -> None:
    folder = settings["smart-rec-dir-path"]
    if not folder or not Path(folder).is_dir():
        raise ConfigError(
            f"smart-rec-dir-path has to be a folder that exists; found: {folder or 'nothing'}"
        )
    mode, sound = settings["smart-rec-mode"], not settings["disable-audio"]
    if mode == _AUDIO_ONLY or (mode == _AUDIO_AND_VIDEO and sound):
        raise ConfigError(
            "the portable runtime records video only: set smart-rec-mode=smart-rec-mode-video"
        )
