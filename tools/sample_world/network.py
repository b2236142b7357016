"""The small networks: a detector with DetectNet_v2's outputs, and a classifier of cars."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = ("car", "bicycle", "person", "roadsign")
NET_WIDTH, NET_HEIGHT = 960, 544
STRIDE = 16
BOX_UNIT = 35.0
CROP_SIDE = 64


def plain(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution, its normalisation (folded away at export) and a ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Separable(nn.Module):
    """A depthwise and a pointwise convolution, with a shortcut where the shapes allow one."""

    def __init__(self, inputs: int, outputs: int, size: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.spread = nn.Sequential(
            nn.Conv2d(inputs, inputs, size, stride, size // 2, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU(inplace=True),
        )
        self.mix = nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.short = inputs == outputs and stride == 1

    def forward(self, values: Tensor) -> Tensor:
        """Run the block."""
        mixed = self.mix(self.spread(values))
        return functional.relu(mixed + values if self.short else mixed)


class Detector(nn.Module):
    """Stride-16 detector; a stride-32 branch sees far around for the near, large cars."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(plain(3, 8, 3, 2), plain(8, 24, 3, 2))
        self.eighth = nn.Sequential(Separable(24, 48, 3, 2), Separable(48, 48))
        self.sixteenth = nn.Sequential(
            Separable(48, 96, 5, 2), Separable(96, 96, 5), Separable(96, 96, 5)
        )
        self.coarse = nn.Sequential(
            Separable(96, 160, 5, 2), *(Separable(160, 160, 5) for _ in range(4))
        )
        self.lateral = nn.Sequential(nn.Conv2d(160, 96, 1, bias=False), nn.BatchNorm2d(96))
        self.joined = nn.Sequential(Separable(96, 96, 3), Separable(96, 96, 3))
        self.cover = nn.Conv2d(96, len(CLASSES), 1)
        self.box = nn.Conv2d(96, 4 * len(CLASSES), 1)
        nn.init.constant_(self.cover.bias, -4.0)  # type: ignore[arg-type]
        nn.init.constant_(self.box.bias, 1.0)  # type: ignore[arg-type]

    def features(self, pictures: Tensor) -> Tensor:
        """The shared map that both outputs read."""
        fine = self.sixteenth(self.eighth(self.stem(pictures)))
        around = self.lateral(self.coarse(fine))
        wide = functional.interpolate(around, scale_factor=2.0, mode="nearest")
        joined: Tensor = self.joined(functional.relu(fine + wide))
        return joined

    def logits(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Coverage before its sigmoid, and boxes."""
        shared = self.features(pictures)
        return self.cover(shared), self.box(shared)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Coverage and boxes as DetectNet_v2 gives them."""
        cover, box = self.logits(pictures)
        return torch.sigmoid(cover), box


class Classifier(nn.Module):
    """Names what a small crop shows."""

    def logits(self, crops: Tensor) -> Tensor:
        """Scores before the softmax."""
        raise NotImplementedError

    def forward(self, crops: Tensor) -> Tensor:
        """One probability per name."""
        return torch.softmax(self.logits(crops), dim=1)


class ColourNet(Classifier):
    """Names a car's paint; where it is in the crop does not matter."""

    def __init__(self, colours: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            plain(3, 16, 3, 2), Separable(16, 32, 3, 2), Separable(32, 48, 3, 2), Separable(48, 48)
        )
        self.name = nn.Linear(48 * 2, colours)

    def logits(self, crops: Tensor) -> Tensor:
        """Scores before the softmax."""
        seen = self.body(crops)
        mean = functional.adaptive_avg_pool2d(seen, 1).flatten(1)
        peak = functional.adaptive_max_pool2d(seen, 1).flatten(1)
        named: Tensor = self.name(torch.cat([mean, peak], dim=1))
        return named


class TypeNet(Classifier):
    """Names a car's type by its shape: what is seen where."""

    def __init__(self, types: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            plain(3, 24, 3, 2),
            Separable(24, 48, 3, 2),
            Separable(48, 48),
            Separable(48, 64, 3, 2),
            Separable(64, 64),
            Separable(64, 96, 3, 2),
            Separable(96, 96),
            nn.Conv2d(96, 32, 1),
        )
        self.name = nn.Sequential(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 4 * 4, types))

    def logits(self, crops: Tensor) -> Tensor:
        """Scores before the softmax."""
        named: Tensor = self.name(functional.relu(self.body(crops)))
        return named
