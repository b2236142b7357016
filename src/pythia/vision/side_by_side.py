"""How OpenCV shares the processor with ONNX Runtime and the decoder."""

from __future__ import annotations

import cv2


def one_thread_a_call() -> None:
    """Have OpenCV use one thread a call, in the whole process, from now on.

    Pictures are worked on side by side already; OpenCV's own threads would only wait, spinning,
    for cores that inference needs (about 5 % of all processor time on two cores).
    """
    cv2.setNumThreads(1)
