"""Trains the detector and the classifiers of cars on drawn frames and exports them."""

from __future__ import annotations

import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from .augment import move, recolour, roughen
from .cars import COLOURS, VEHICLE_TYPES
from .export import export_classifier, export_detector, take_raw_blue_first
from .network import Classifier, ColourNet, Detector, TypeNet
from .sample_files import COLOUR, DETECTOR, MAKE, TYPE
from .targets import detector_loss, make_targets

SEED = 20
NETWORKS = ("colours", "types", "detector")


class Average:
    """A slow copy of a network: the mean of its recent weights."""

    def __init__(self, network: nn.Module, keep: float = 0.998) -> None:
        self.slow = copy.deepcopy(network).eval()
        self.keep = keep
        self.steps = 0

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Move a little towards the network."""
        self.steps += 1
        keep = min(self.keep, self.steps / (self.steps + 10))
        pairs = zip(self.slow.state_dict().values(), network.state_dict().values(), strict=True)
        for slow, fresh in pairs:
            if slow.is_floating_point():
                slow.lerp_(fresh, 1 - keep)
            else:
                slow.copy_(fresh)


def load(folder: Path, name: str, device: torch.device) -> Tensor:
    """One array of a set on the device."""
    held = np.load(folder / f"{name}.npy", mmap_mode="r")
    made = torch.empty(held.shape, dtype=torch.from_numpy(np.array(held[:1])).dtype, device=device)
    for start in range(0, len(held), 256):
        made[start : start + 256] = torch.from_numpy(np.array(held[start : start + 256])).to(device)
    return made


def as_input(pictures: Tensor) -> Tensor:
    """Blue-green-red bytes (n, rows, columns, 3) as red-green-blue planes from 0 to 1."""
    return pictures.flip(-1).permute(0, 3, 1, 2).float() / 255


def schedule(optimiser: torch.optim.Optimizer, steps: int, peak: float) -> OneCycleLR:
    """Rise quickly, fall slowly."""
    return OneCycleLR(optimiser, peak, steps, pct_start=0.08)


def train_detector(folder: Path, steps: int, batch: int, device: torch.device) -> Detector:
    """Train the detector."""
    torch.manual_seed(SEED)
    pictures = load(folder / "training", "pictures", device)
    labels = load(folder / "training", "labels", device)
    network = Detector().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = Average(network)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=5e-4)
    rates = schedule(optimiser, steps, 5e-3)
    run = torch.compile(network.logits) if device.type == "cuda" else network.logits
    prepare = torch.compile(make_targets) if device.type == "cuda" else make_targets
    began = time.monotonic()
    for step in range(steps):
        chosen = torch.randint(len(pictures), (batch,), device=device)
        shown, truth = move(as_input(pictures[chosen]), labels[chosen])
        shown = roughen(recolour(shown)).contiguous(memory_format=torch.channels_last)
        targets = prepare(truth)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits, box = run(shown)
        cover_loss, box_loss = detector_loss(logits, box, targets)
        optimiser.zero_grad(set_to_none=True)
        (cover_loss + box_loss).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        rates.step()
        average.follow(network)
        if step % 200 == 0 or step == steps - 1:
            spent = time.monotonic() - began
            print(f"{step} {spent:.0f}s cover {cover_loss:.4f} box {box_loss:.4f}", flush=True)
    slow = average.slow
    assert isinstance(slow, Detector)
    report_detector(slow, folder / "validation", device)
    return slow


@torch.no_grad()
def report_detector(network: Detector, folder: Path, device: torch.device) -> None:
    """Print the losses on streets never trained on."""
    pictures = load(folder, "pictures", device)
    labels = load(folder, "labels", device)
    losses = []
    for start in range(0, len(pictures), 32):
        logits, box = network.logits(as_input(pictures[start : start + 32]))
        losses.append(detector_loss(logits, box, make_targets(labels[start : start + 32])))
    cover, box_wrong = (float(torch.stack(part).mean()) for part in zip(*losses, strict=True))
    print(f"validation cover {cover:.4f} box {box_wrong:.4f}", flush=True)


def crop_samples(folder: Path, name: str, device: torch.device) -> tuple[Tensor, Tensor]:
    """Every stored crop with its paint or its type, as ``name`` says."""
    crops = load(folder, "crops", device).flatten(0, 1)
    names = load(folder, name, device).flatten()
    return crops[names >= 0], names[names >= 0]


def train_classifier(
    folder: Path, network: Classifier, name: str, change: float, steps: int, device: torch.device
) -> Classifier:
    """Train a classifier of cars.

    Args:
        folder: Of the data.
        network: The classifier.
        name: The array that holds what is to be learned.
        change: How much colours are changed at random.
        steps: Batches of 256 crops.
        device: Where to train.
    """
    crops, truth = crop_samples(folder / "training", name, device)
    share = torch.bincount(truth).clamp(min=1).float()
    network = network.to(device)
    average = Average(network)
    optimiser = torch.optim.AdamW(network.parameters(), 1e-3, weight_decay=1e-3)
    rates = schedule(optimiser, steps, 4e-3)
    for _ in range(steps):
        chosen = torch.multinomial(1 / share[truth], 256, replacement=True)
        shown = as_input(crops[chosen])
        if torch.rand(()) < 0.5:
            shown = shown.flip(-1)
        logits = network.logits(roughen(recolour(shown, change)))
        loss = functional.cross_entropy(logits, truth[chosen], label_smoothing=0.03)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        rates.step()
        average.follow(network)
    slow = average.slow
    assert isinstance(slow, Classifier)
    report_classifier(slow, folder / "validation", name, device)
    return slow


@torch.no_grad()
def report_classifier(network: Classifier, folder: Path, name: str, device: torch.device) -> None:
    """Print the accuracy on streets never trained on, and per name."""
    seen, truth = crop_samples(folder, name, device)
    given = torch.cat([network.logits(as_input(part)).argmax(1) for part in seen.split(512)])
    right = (given == truth).float()
    each = {int(one): round(float(right[truth == one].mean()), 4) for one in truth.unique()}
    print(f"{name}: validation accuracy {float(right.mean()):.4f}, by name {each}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder made by dataset.py")
    parser.add_argument("out", type=Path, help="folder for the ONNX files")
    parser.add_argument("--steps", type=int, default=11_500)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--classifier-steps", type=int, default=3_000)
    parser.add_argument(
        "--only", nargs="+", choices=NETWORKS, default=NETWORKS, help="networks to train"
    )
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    steps = options.classifier_steps
    if "colours" in options.only:
        torch.manual_seed(SEED)
        colour_net = ColourNet(len(COLOURS))
        colours = train_classifier(options.data, colour_net, "paints", 0.45, steps, device)
        export_classifier(colours, options.out / COLOUR)
        take_raw_blue_first(options.out / COLOUR, options.out / MAKE)
    if "types" in options.only:
        torch.manual_seed(SEED)
        type_net = TypeNet(len(VEHICLE_TYPES))
        types = train_classifier(options.data, type_net, "types", 1.0, 2 * steps, device)
        export_classifier(types, options.out / TYPE)
        take_raw_blue_first(options.out / TYPE, options.out / TYPE)
    if "detector" in options.only:
        detector = train_detector(options.data, options.steps, options.batch, device)
        export_detector(detector, options.out / DETECTOR)


if __name__ == "__main__":
    main()
