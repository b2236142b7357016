"""A public classifier in pipelines: on whole images, and on the objects of a video."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pythia import elements
from pythia.meta.portable import PortableFrame, PortableObject
from support.play import Player
from support.reference import iou

pytestmark = pytest.mark.real

_CONFIGS = Path(__file__).parent / "configs"
_LAST_FRAME = 240
_INTERVAL = 29  # all frames of the reference are multiples of 30


def _certain(top: list[dict[str, Any]]) -> bool:
    return bool(top[0]["prob"] >= 0.45 and top[0]["prob"] - top[1]["prob"] >= 0.2)


def _config(shared_data: Path, folder: Path, properties: str) -> Path:
    """The classifier's configuration with a label file of one attribute."""
    names = (shared_data / "labels" / "imagenet1000.txt").read_text().splitlines()
    (folder / "labels.txt").write_text(";".join(names) + "\n")
    text = (_CONFIGS / "config_infer_mobilenetv2.txt").read_text()
    text = text.replace("../../../../shared/data", str(shared_data))
    file = folder / "classifier.txt"
    file.write_text(f"{text}\nlabelfile-path=labels.txt\n{properties}\n")
    return file


def _labels(obj: PortableObject) -> list[str]:
    return [label.result_label for c in obj.classifier_meta_list for label in c.label_info_list]


def _box(obj: PortableObject) -> tuple[float, float, float, float]:
    rect = obj.rect_params
    return rect.left, rect.top, rect.left + rect.width, rect.top + rect.height


def test_a_primary_classifier_names_images_as_the_reference(
    shared_data: Path, tmp_path: Path
) -> None:
    elements.register()
    known = json.loads((shared_data / "reference" / "classifier.json").read_text())["images"]
    config = _config(shared_data, tmp_path, "process-mode=1")
    certain = {name: top for name, top in known.items() if _certain(top)}

    for name, top in certain.items():
        played = Player()(
            f"filesrc location={shared_data}/images/{name} ! jpegdec ! nvvideoconvert ! m.sink_0 "
            "nvstreammux name=m batch-size=1 width=640 height=480 "
            f"! nvinfer config-file-path={config} ! fakesink name=out"
        )

        assert played.error is None
        ((obj,),) = [frame.obj_meta_list for frame in played.frames]
        assert _labels(obj) == [top[0]["label"]]
        assert obj.text_params.display_text == f" {top[0]['label']}"
    assert len(certain) >= 2


def test_a_secondary_classifier_names_objects_as_the_reference(
    shared_data: Path, tmp_path: Path
) -> None:
    elements.register()
    known = json.loads((shared_data / "reference" / "classifier.json").read_text())["crops"]
    crops = {
        crop["frame"]: crop
        for crop in known
        if crop["video"] == "sam2_dog.mp4" and crop["frame"] <= _LAST_FRAME
    }
    dogs = "operate-on-gie-id=1\noperate-on-class-ids=16"
    config = _config(shared_data, tmp_path, dogs)

    played = Player()(
        f"filesrc location={shared_data}/videos/sam2_dog.mp4 ! qtdemux ! h264parse ! avdec_h264 "
        f"! identity eos-after={_LAST_FRAME + 2} ! m.sink_0 "
        "nvstreammux name=m batch-size=1 width=1280 height=720 "
        f"! nvinfer config-file-path={_CONFIGS / 'config_infer_yolox_nano.txt'} "
        f"interval={_INTERVAL} "
        f"! nvinfer config-file-path={config} ! fakesink name=out sync=false"
    )

    assert played.error is None
    frames: dict[int, PortableFrame] = {frame.frame_num: frame for frame in played.frames}
    compared = 0
    for number, crop in crops.items():
        (obj,) = [
            one
            for one in frames[number].obj_meta_list
            if one.obj_label == "dog" and iou(_box(one), tuple(crop["crop"])) >= 0.7
        ]
        if _certain(crop["top5"]):
            assert _labels(obj) == [crop["top5"][0]["label"]]
            compared += 1
    assert compared >= 4
    assert all(
        not _labels(obj) for f in played.frames for obj in f.obj_meta_list if obj.class_id == 0
    )
