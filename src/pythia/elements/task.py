"""Base of elements that take buffers on one thread and push them on another."""

from __future__ import annotations

from typing import Any

from pythia.elements.base import Portable
from pythia.gst import Gst


class TaskElement(Portable):
    """Mixin of an element whose source pad ``src`` pushes from a thread of its own.

    Subclasses implement the four methods below; :meth:`push_next` is called again and again from
    READY to PAUSED on until :meth:`release` made it pause the task.
    """

    src: Gst.Pad

    def new_pad(self, name: str) -> Gst.Pad:
        """A pad of the always-template of this name, not added yet."""
        assert isinstance(self, Gst.Element)
        template = self.get_pad_template(name)
        assert template is not None, name
        return Gst.Pad.new_from_template(template, name)

    def do_change_state(self, transition: Any) -> Gst.StateChangeReturn:
        """GstElement's virtual method."""
        starts = transition == Gst.StateChange.READY_TO_PAUSED
        stops = transition == Gst.StateChange.PAUSED_TO_READY
        if starts:
            try:
                self.start()
            except Exception as error:
                self.fail(error)
                return Gst.StateChangeReturn.FAILURE
        if stops:
            self.release()
        assert isinstance(self, Gst.Element)
        result = Gst.Element.do_change_state(self, transition)
        if starts:
            self.src.start_task(self.push_next)
        if stops:
            self.src.stop_task()
            self.stop()
        return result

    def start(self) -> None:
        """Get ready for buffers; what it raises is posted on the bus and ends the start."""

    def release(self) -> None:
        """Let no thread wait any longer, and let go of what waits."""

    def stop(self) -> None:
        """Throw state away; no thread is in the element any more."""

    def push_next(self) -> None:
        """Wait for the next thing to push, and push it; or pause the task."""
        raise NotImplementedError
