"""Writes the shipped sample: its labels and DeepStream configurations beside film and models."""

from __future__ import annotations

import shutil
from pathlib import Path

from .cars import COLOURS, VEHICLE_TYPES
from .scene import CLASSES

DETECTOR = "resnet18_trafficcamnet_pruned.onnx"
COLOUR = "carcolor.onnx"
MAKE = "resnet18_vehiclemakenet_pruned.onnx"
TYPE = "resnet18_vehicletypenet_pruned.onnx"

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

# As NVIDIA's own: blue, green and red from 0 to 255.
RAW_BLUE_FIRST = """\
# {what}
[property]
gpu-id=0
net-scale-factor=1
onnx-file=../../models/{folder}/{model}
labelfile-path=../../models/{folder}/labels.txt
batch-size=16
process-mode=2
network-type=1
model-color-format=1
network-mode=0
gie-unique-id={number}
operate-on-gie-id=1
operate-on-class-ids=0
input-object-min-width=16
input-object-min-height=16
output-blob-names=predictions/Softmax
classifier-async-mode=0
classifier-threshold=0.51
classifier-type={kind}
"""
MAKES = RAW_BLUE_FIRST.format(
    what="In place of NVIDIA's classifier of makes: the paint, for drawn cars have no make.",
    folder="Secondary_VehicleMake",
    model=MAKE,
    number=5,
    kind="vehiclemake",
)
TYPES = RAW_BLUE_FIRST.format(
    what="Secondary classifier of the sample street: the type of the cars found by the detector.",
    folder="Secondary_VehicleTypes",
    model=TYPE,
    number=6,
    kind="vehicletype",
)


SHIPPED = Path(__file__).resolve().parents[2] / "src" / "pythia" / "samples" / "data"

BY_HAND = (
    "README.md",
    "configs/deepstream-app/config_msgconv.txt",
    "configs/deepstream-app/config_nvdsanalytics.txt",
    *(
        f"configs/deepstream-app/config_tracker_{form}.yml"
        for form in (
            "IOU",
            "NvSORT",
            "NvDeepSORT",
            "NvDCF_max_perf",
            "NvDCF_perf",
            "NvDCF_accuracy",
        )
    ),
    "models/Tracker/resnet50_market1501_aicity156.onnx",
)
"""Files that nothing here makes: rules and trackers fit for the street were found by trying, and
the tracker's network is written by ``tools/reid_model.py``."""


def write_files(data: Path) -> list[str]:
    """Write labels and configurations into the sample's folder; gives their names."""
    texts = {
        "models/Primary_Detector/labels.txt": "\n".join(CLASSES) + "\n",
        "models/Secondary_CarColor/labels.txt": ";".join(COLOURS) + "\n",
        "models/Secondary_VehicleMake/labels.txt": ";".join(COLOURS) + "\n",
        "models/Secondary_VehicleTypes/labels.txt": ";".join(VEHICLE_TYPES) + "\n",
        "configs/deepstream-app/config_infer_primary.txt": PRIMARY,
        "configs/deepstream-app/config_infer_secondary_carcolor.txt": SECONDARY,
        "configs/deepstream-app/config_infer_secondary_vehiclemake.txt": MAKES,
        "configs/deepstream-app/config_infer_secondary_vehicletypes.txt": TYPES,
    }
    for name, text in texts.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name in BY_HAND:
        if data.resolve() != SHIPPED:
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SHIPPED / name, data / name)
    return [*texts, *BY_HAND]


def copy_models(trained: Path, data: Path) -> None:
    """Copy the trained networks to where the configurations look for them."""
    folders = {
        DETECTOR: "Primary_Detector",
        COLOUR: "Secondary_CarColor",
        MAKE: "Secondary_VehicleMake",
        TYPE: "Secondary_VehicleTypes",
    }
    for name, folder in folders.items():
        target = data / "models" / folder
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(trained / name, target / name)
