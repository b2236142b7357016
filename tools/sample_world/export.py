"""Writes the trained networks as ONNX files with NVIDIA's tensor names."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import nn

from .network import COLOUR_SIDE, NET_HEIGHT, NET_WIDTH, ColourNet, Detector

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


def export_colour(network: ColourNet, path: Path) -> None:
    """Write the colour classifier."""
    sample = torch.rand(1, 3, COLOUR_SIDE, COLOUR_SIDE)
    _write(network, sample, path, ["input_1"], ["predictions/Softmax"])
