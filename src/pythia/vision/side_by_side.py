"""How OpenCV shares the processor with the other elements and the decoder."""

from __future__ import annotations

import cv2


def one_thread_a_call() -> None:
    """Have OpenCV use one thread a call, in the whole process, from now on.

    Pictures are worked on side by side already; OpenCV's own threads would only wait, spinning, for
    cores that others need: a scaled frame takes a third more processor time with two threads.
    """
    cv2.setNumThreads(1)
