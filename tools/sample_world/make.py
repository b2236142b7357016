"""Rebuilds the shipped sample: film, ground truth, labels, configurations and both networks."""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import sys
from pathlib import Path

from .dataset import SAMPLE_SEED, SCENE_FRAMES
from .film import shoot
from .sample_files import copy_models, write_files
from .scene import build_scene

DATA = Path(__file__).resolve().parents[2] / "src" / "pythia" / "samples" / "data"
STILL = 400


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", f"tools.sample_world.{module}", *arguments], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path, help="folder for 13 GB of training frames")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the shipped sample")
    parser.add_argument("--skip-training", action="store_true", help="only film and text files")
    parser.add_argument("--workers", type=int, default=multiprocessing.cpu_count())
    options = parser.parse_args()
    write_files(options.data)
    shoot(build_scene(SAMPLE_SEED, SCENE_FRAMES), options.data / "streams", STILL)
    if not options.skip_training:
        frames, trained = options.work / "frames", options.work / "trained"
        _run("dataset", str(frames), "--workers", str(options.workers))
        _run("train", str(frames), str(trained))
        copy_models(trained, options.data)
    _run("evaluate", str(options.data))


if __name__ == "__main__":
    main()
