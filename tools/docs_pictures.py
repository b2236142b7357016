"""Makes the pictures of the documentation: frames that pythia's own elements drew.

``scripts/docs-pictures`` writes them into ``docs/pictures``. They are the same on every run of the
same machine; decoders, OpenCV and fonts of other versions may change some pixels.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pythia import Application, Gst, frames, samples

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDTH = 960
JPEG_QUALITY = 76

_SOURCE = "uridecodebin uri={video:uri} ! nvvideoconvert ! muxer.sink_%u "
_MUXER = "nvstreammux name=muxer width=1280 height=720 batch-size=1 "
_DETECTOR = "! nvinfer config-file-path={model} "
_TRACKER = "! nvtracker ll-config-file={tracker} ll-lib-file=libnvds_nvmultiobjecttracker.so "
_ANALYTICS = "! nvdsanalytics config-file={analytics} "
_DRAWN = (
    "! nvvideoconvert ! video/x-raw(memory:NVMM),format=RGBA ! nvdsosd"
    " ! identity name=drawn ! fakesink sync=false"
)
_TILED = (
    "nvstreammux name=muxer width=1280 height=720 batch-size=4 batched-push-timeout=1000000 "
    + _DETECTOR
    + "! nvmultistreamtiler rows=2 columns=2 width=1280 height=720 "
)

TEXTS: dict[str, tuple[str, int]] = {
    "detector": (_SOURCE + _MUXER + _DETECTOR + _DRAWN, 140),
    "tracker": (_SOURCE + _MUXER + _DETECTOR + _TRACKER + _DRAWN, 140),
    "analytics": (_SOURCE + _MUXER + _DETECTOR + _TRACKER + _ANALYTICS + _DRAWN, 300),
    "tiler": (_SOURCE * 4 + _TILED + _DRAWN, 60),
}
"""Name of a picture: the pipeline that draws it, and the frame to keep."""


def main() -> None:
    """Write all pictures."""
    PICTURES.mkdir(exist_ok=True)
    for name, (text, number) in TEXTS.items():
        path = PICTURES / f"{name}.jpg"
        path.write_bytes(_jpeg(_frame(text, number)))
        print(path.name, path.stat().st_size, "bytes")
    cv2.imwrite(str(PICTURES / "favicon.png"), _favicon())


def _frame(text: str, number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The frame of this number, H x W x 4 RGBA, as it leaves the element ``drawn``."""
    params = {
        "video": samples.path("sample_720p.mp4"),
        "model": samples.path("config_infer_primary.txt"),
        "tracker": samples.path("config_tracker_NvDCF_perf.yml"),
        "analytics": samples.path("config_nvdsanalytics.txt"),
    }
    text = _numbered(text)
    used = {name: value for name, value in params.items() if f"{{{name}" in text}
    app = Application.from_pipeline_string(text, used)
    kept: list[np.ndarray[Any, Any]] = []
    passed = 0

    @app.probe("drawn")
    def keep(pad: Gst.Pad, info: Gst.PadProbeInfo) -> None:
        nonlocal passed
        passed += 1
        if passed == number:
            with frames(pad, info) as pictures:
                kept.append(pictures[0].array.copy())
            app.stop()

    app()
    return kept[0]


def _numbered(text: str) -> str:
    """Each source gets a pad of its own."""
    parts = text.split("sink_%u")
    return "".join(f"{part}sink_{number}" for number, part in enumerate(parts[:-1])) + parts[-1]


def _jpeg(rgba: np.ndarray[Any, Any]) -> bytes:
    height = round(rgba.shape[0] * WIDTH / rgba.shape[1])
    small = cv2.resize(rgba, (WIDTH, height), interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(small, cv2.COLOR_RGBA2BGR)
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1])


def _favicon() -> np.ndarray[Any, Any]:
    """A box on a ground, as a detector would draw it."""
    picture = np.full((64, 64, 3), (136, 150, 0), np.uint8)
    cv2.rectangle(picture, (14, 18), (50, 46), (255, 255, 255), 5)
    cv2.rectangle(picture, (14, 10), (30, 18), (255, 255, 255), -1)
    return picture


if __name__ == "__main__":
    main()
