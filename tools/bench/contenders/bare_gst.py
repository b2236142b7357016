"""The least that PyGObject needs to run a pipeline to its end: the first argument."""

from __future__ import annotations

import sys
from typing import Any

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402


def main(text: str) -> None:
    Gst.init(None)
    pipeline = Gst.parse_launch(text)
    loop: Any = GLib.MainLoop()
    bus: Any = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message::eos", lambda *_: loop.quit())
    bus.connect("message::error", lambda *_: sys.exit(1))
    pipeline.set_state(Gst.State.PLAYING)
    loop.run()
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main(sys.argv[1])
