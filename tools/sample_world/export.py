"""Writes the trained networks as ONNX files with NVIDIA's tensor names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from .network import CROP_SIDE, NET_HEIGHT, NET_WIDTH, Classifier, Detector

OPSET = 17


def _write(
    network: nn.Module, sample: torch.Tensor, path: Path, inputs: list[str], outputs: list[str]
) -> None:
    """Export with plain names, then rename: ``:`` and ``/`` are not for every exporter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    given = [f"input{index}" for index in range(len(inputs))]
    made = [f"output{index}" for index in range(len(outputs))]
    torch.onnx.export(
        network.eval().cpu(),
        (sample,),
        str(path),
        input_names=given,
        output_names=made,
        dynamic_axes={name: {0: "batch"} for name in (*given, *made)},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(str(path))
    _rename(model, dict(zip((*given, *made), (*inputs, *outputs), strict=True)))
    model.producer_name, model.producer_version, model.doc_string = "pythia sample world", "1", ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _rename(model: onnx.ModelProto, names: dict[str, str]) -> None:
    for value in (*model.graph.input, *model.graph.output):
        value.name = names.get(value.name, value.name)
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            node.input[index] = names.get(name, name)
        for index, name in enumerate(node.output):
            node.output[index] = names.get(name, name)


def export_detector(network: Detector, path: Path) -> None:
    """Write the detector."""
    sample = torch.rand(1, 3, NET_HEIGHT, NET_WIDTH)
    _write(network, sample, path, ["input_1:0"], ["output_cov/Sigmoid:0", "output_bbox/BiasAdd:0"])


def export_classifier(network: Classifier, path: Path) -> None:
    """Write a classifier of cars that wants red, green and blue from 0 to 1."""
    sample = torch.rand(1, 3, CROP_SIDE, CROP_SIDE)
    _write(network, sample, path, ["input_1"], ["predictions/Softmax"])


def take_raw_blue_first(source: Path, target: Path) -> None:
    """Write a classifier anew for the input of NVIDIA's: blue, green and red from 0 to 255.

    The first convolution's weights are turned round and scaled; the answers stay the same.
    """
    model = onnx.load(str(source))
    first = next(node for node in model.graph.node if node.op_type == "Conv")
    weights = next(one for one in model.graph.initializer if one.name == first.input[1])
    changed = numpy_helper.to_array(weights)[:, ::-1] / np.float32(255)
    weights.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(changed), weights.name))
    onnx.checker.check_model(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(target))
