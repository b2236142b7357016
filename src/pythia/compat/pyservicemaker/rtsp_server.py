"""An RTSP server for H.264 that comes as RTP over UDP."""

from __future__ import annotations

import socket
import threading
from typing import Any

from pythia.compat.pyservicemaker.errors import UnavailableError
from pythia.exceptions import GstError
from pythia.gst import GLib

_CAPS = "application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96"

_servers: dict[int, Any] = {}
_lock = threading.Lock()


def serve(rtsp_port: int, udp_port: int, buffer_size: int, mount_point: str) -> int:
    """Serve what comes to a UDP port, until the process ends.

    Args:
        rtsp_port: Of the server; 0 takes a free one.
        udp_port: Where RTP packets of H.264 come to.
        buffer_size: Of the socket in bytes; 0 is the system's.
        mount_point: Path of the address, as in ``/ds-test``.

    Returns:
        The port of the server, which is also its number.

    Raises:
        UnavailableError: GStreamer's RTSP server is not installed.
        GstError: the port is in use.
    """
    server = _library().RTSPServer.new()
    server.set_service(str(rtsp_port))
    factory = _library().RTSPMediaFactory.new()
    factory.set_launch(
        f"( udpsrc name=pay0 port={udp_port} buffer-size={buffer_size} caps={_CAPS} )"
    )
    factory.set_shared(True)
    server.get_mount_points().add_factory(mount_point, factory)
    context = GLib.MainContext.new()
    if not server.attach(context):
        raise GstError(f"rtsp://localhost:{rtsp_port}{mount_point}: the port is in use")
    port = int(server.get_bound_port())
    with _lock:
        _servers[port] = server
    threading.Thread(target=GLib.MainLoop.new(context, False).run, daemon=True).start()
    return port


def free_udp_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _library() -> Any:
    try:
        import gi

        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import GstRtspServer
    except (ImportError, ValueError):
        raise UnavailableError(
            "an RTSP server needs GStreamer's library for it; on Debian or Ubuntu: "
            "'apt-get install gir1.2-gst-rtsp-server-1.0'"
        ) from None
    return GstRtspServer
