"""Counts what a program's nvstreammux and nvinfer give on, without the program's help."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from pythia.compat import starting
from pythia.gst import Gst
from pythia.gst.probe_info import buffer_address
from pythia.meta import carrier

_COUNTED = ("nvstreammux", "nvinfer", "nvinferserver")
_EVERY_S = 0.5

_OK = Gst.PadProbeReturn.OK


class Report:
    """A file that is kept up to date, so that it is there however the program ends.

    It is JSON: ``{"pgie": {"factory": "nvinfer", "frames": 840, "objects": 3312}, ...}``, for each
    element by name the frames that have left it, and the objects on them.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        self._file = Path(file).absolute()
        self._rows: dict[str, dict[str, str]] = {}
        self._counts: dict[str, list[int]] = {}
        self._writing = threading.Lock()
        self._written_s = 0.0

    def watch(self, element: Gst.Element) -> None:
        """Count what leaves an element, if it is one of those that are counted."""
        name, factory = str(element.get_name()), element.get_factory()
        pad = element.get_static_pad("src")
        if factory is None or factory.get_name() not in _COUNTED or pad is None:
            return
        if name not in self._counts:
            self._rows[name] = {"factory": str(factory.get_name())}
            self._counts[name] = [0, 0]
            pad.add_probe(Gst.PadProbeType.BUFFER, self._count, self._counts[name])
            pad.add_probe(Gst.PadProbeType.EVENT_DOWNSTREAM, self._look_for_end)

    def _count(
        self, _pad: Gst.Pad, info: Gst.PadProbeInfo, counts: list[int]
    ) -> Gst.PadProbeReturn:
        batch = carrier.fetch(buffer_address(info))
        if batch is not None:
            counts[0] += len(batch.frame_meta_list)
            counts[1] += sum(len(frame.obj_meta_list) for frame in batch.frame_meta_list)
        if time.monotonic() > self._written_s + _EVERY_S:
            self._write()
        return _OK

    def _look_for_end(self, _pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        event = info.get_event()
        if event is not None and event.type == Gst.EventType.EOS:
            self._write()
        return _OK

    def _write(self) -> None:
        with self._writing:
            self._written_s = time.monotonic()
            rows = {
                name: {**row, "frames": self._counts[name][0], "objects": self._counts[name][1]}
                for name, row in list(self._rows.items())
            }
            unfinished = self._file.with_name(f".{self._file.name}.{os.getpid()}")
            unfinished.write_text(json.dumps(rows), encoding="utf-8")
            unfinished.replace(self._file)


def write_report(file: str | os.PathLike[str]) -> None:
    """Count from now on, in this process and those it forks, and keep ``file`` up to date."""
    starting.before_start(Report(file).watch)
