"""Writes the shipped sample: its labels and DeepStream configurations beside film and models."""

from __future__ import annotations

import shutil
from pathlib import Path

from .cars import COLOURS
from .scene import CLASSES

DETECTOR = "resnet18_trafficcamnet_pruned.onnx"
COLOUR = "carcolor.onnx"

PRIMARY = """\
# Primary detector of the sample street: cars, bicycles, persons, road signs.
[property]
gpu-id=0
net-scale-factor=0.00392156862745098
onnx-file=../../models/Primary_Detector/resnet18_trafficcamnet_pruned.onnx
labelfile-path=../../models/Primary_Detector/labels.txt
batch-size=1
process-mode=1
network-type=0
model-color-format=0
# 0=FP32, 1=INT8, 2=FP16
network-mode=0
num-detected-classes=4
interval=0
gie-unique-id=1
output-blob-names=output_bbox/BiasAdd:0;output_cov/Sigmoid:0
# 0=groupRectangles, 1=DBSCAN, 2=NMS, 4=none
cluster-mode=2

[class-attrs-all]
pre-cluster-threshold=0.4
nms-iou-threshold=0.5
topk=100
"""

SECONDARY = """\
# Secondary classifier of the sample street: the paint of the cars found by the detector.
[property]
gpu-id=0
net-scale-factor=0.00392156862745098
onnx-file=../../models/Secondary_CarColor/carcolor.onnx
labelfile-path=../../models/Secondary_CarColor/labels.txt
batch-size=16
process-mode=2
network-type=1
model-color-format=0
network-mode=0
gie-unique-id=4
operate-on-gie-id=1
operate-on-class-ids=0
input-object-min-width=16
input-object-min-height=16
output-blob-names=predictions/Softmax
classifier-async-mode=0
classifier-threshold=0.51
classifier-type=carcolor
"""


def write_files(data: Path) -> None:
    """Write labels and configurations into the sample's folder."""
    texts = {
        "models/Primary_Detector/labels.txt": "\n".join(CLASSES) + "\n",
        "models/Secondary_CarColor/labels.txt": ";".join(COLOURS) + "\n",
        "configs/deepstream-app/config_infer_primary.txt": PRIMARY,
        "configs/deepstream-app/config_infer_secondary_carcolor.txt": SECONDARY,
    }
    for name, text in texts.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def copy_models(trained: Path, data: Path) -> None:
    """Copy the trained networks to where the configurations look for them."""
    for name, folder in ((DETECTOR, "Primary_Detector"), (COLOUR, "Secondary_CarColor")):
        target = data / "models" / folder
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(trained / name, target / name)
