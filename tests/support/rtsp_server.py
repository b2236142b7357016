"""A real RTSP server in a process of its own, which tests stop and start again.

Run as a program it serves ``rtsp://127.0.0.1:PORT/video`` (H.264), ``/jpeg``, ``/av`` (with
sound), ``/sound`` (without video) and ``/vp8``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

FPS = 25
_VIDEO = (
    f"videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=64,height=48,"
    f"framerate={FPS}/1"
)
_H264 = f"{_VIDEO} ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5 threads=1"
_SOUND = "audiotestsrc is-live=true ! alawenc ! rtppcmapay"
_STREAMS = {
    "/video": f"{_H264} ! rtph264pay name=pay0 config-interval=1",
    "/jpeg": f"{_VIDEO} ! jpegenc ! rtpjpegpay name=pay0",
    "/vp8": f"{_VIDEO} ! vp8enc deadline=1 ! rtpvp8pay name=pay0",
    "/sound": f"{_SOUND} name=pay0",
    "/av": f"{_H264} ! rtph264pay name=pay0 config-interval=1 {_SOUND} name=pay1",
}


class RtspServer:
    """Starts and ends the server; its port stays the same."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[str] | None = None

    def uri(self, path: str = "/video") -> str:
        """The address of a stream."""
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def start(self) -> None:
        """Start, and wait until it listens."""
        # The server dies with the tests, whatever ends them.
        command = ["setpriv", "--pdeathsig", "KILL", sys.executable, __file__, str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "listening\n"

    def stop(self) -> None:
        """End it at once; does nothing when it has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate(timeout=20)

    def pause(self) -> None:
        """Let it fall silent: connections stay, nothing comes."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._process.pid, number)


def main(port: str) -> None:
    """Serve until killed."""
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    for path, text in _STREAMS.items():
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(f"( {text} )")
        factory.set_shared(True)
        mounts = server.get_mount_points()
        assert mounts is not None
        mounts.add_factory(path, factory)
    if not server.attach(None):
        sys.exit(f"cannot listen on port {port}")
    print("listening", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(sys.argv[1])
