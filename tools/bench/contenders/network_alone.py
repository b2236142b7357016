"""The network alone, called as nvinfer calls it; prints the CPU milliseconds of one call.

As many threads as there are cores call side by side, each call on one thread, because a call costs
more while the other cores are at work. Arguments: video, nvinfer configuration, calls.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from tools.bench.contenders.model import Model

_PREPARED = 16


def main(video: str, config: str, calls: str) -> None:
    model = Model(config, threads=1)
    capture = cv2.VideoCapture(video)
    frames = [np.asarray(capture.read()[1], np.uint8) for _ in range(_PREPARED)]
    tensors = [model.tensor(frame)[0] for frame in frames]
    count = int(calls)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(model.run, tensors))
        start_s = time.process_time()
        for _ in pool.map(lambda i: model.run(tensors[i % len(tensors)]), range(count)):
            pass
        cpu_s = time.process_time() - start_s
    print(f"{1000 * cpu_s / count:.4f}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
