"""Films a scene: frames to H.264 through GStreamer, ground truth beside it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2

from .camera import FPS, HEIGHT, WIDTH
from .render import Renderer
from .scene import Scene
from .truth import listed, make_truth, write_truth

NAME = "sample_720p"
# With pass=qual the quantizer sets the quality and this only caps the rate.
KILOBITS = 1100


def encoder(path: Path) -> list[str]:
    """The command that reads raw frames and writes the film."""
    raw = f"format=bgr,width={WIDTH},height={HEIGHT},framerate={FPS}/1"
    pipeline = (
        f"fdsrc fd=0 blocksize={WIDTH * HEIGHT * 3} ! rawvideoparse {raw.replace(',', ' ')} ! "
        "videoconvert ! video/x-raw,format=I420 ! "
        f"x264enc bitrate={KILOBITS} pass=qual quantizer=25 key-int-max={FPS} bframes=2 "
        "speed-preset=slow threads=1 ! video/x-h264,profile=high ! h264parse ! "
        f"mp4mux faststart=true ! filesink location={path}"
    )
    return ["gst-launch-1.0", "-q", *pipeline.split()]


def shoot(scene: Scene, folder: Path, still: int) -> None:
    """Write the film, one still picture and the ground truth into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(scene)
    video = folder / f"{NAME}.mp4"
    rows = []
    with subprocess.Popen(encoder(video), stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        for index in range(scene.frames):
            picture, seen = renderer.frame(index)
            process.stdin.write(picture.tobytes())
            rows.append(listed(seen))
        process.stdin.close()
    if process.returncode != 0:
        raise RuntimeError(f"the encoder ended with status {process.returncode}")
    write_truth(make_truth(scene, rows, video.name), folder / f"{NAME}.gt.json")
    _save_still(video, still, folder / f"{NAME}.jpg")


def _save_still(video: Path, index: int, path: Path) -> None:
    """Save one frame of the finished film."""
    film = cv2.VideoCapture(str(video))
    film.set(cv2.CAP_PROP_POS_FRAMES, index)
    read, picture = film.read()
    film.release()
    if not read:
        raise RuntimeError(f"{video} has no frame {index}")
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, 90])
