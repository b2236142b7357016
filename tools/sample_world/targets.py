"""What the detector should say, and how wrong it is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .network import BOX_UNIT, CLASSES, NET_HEIGHT, NET_WIDTH, STRIDE

COLUMNS, ROWS = NET_WIDTH // STRIDE, NET_HEIGHT // STRIDE
CORE, RIM = 0.35, 0.75
LEAST_SIZE = 7.0
LEAST_VISIBILITY = 0.3


@dataclass
class Targets:
    """Per class and cell: covered or not, whether that counts, and the box to give."""

    covered: Tensor
    counts: Tensor
    box: Tensor
    box_weight: Tensor


def cell_corners(device: torch.device) -> tuple[Tensor, Tensor]:
    """The reference point of every cell: DetectNet_v2's half a pixel off its corner."""
    x = torch.arange(COLUMNS, device=device) * STRIDE + 0.5
    y = torch.arange(ROWS, device=device) * STRIDE + 0.5
    return x.repeat(ROWS), y.repeat_interleave(COLUMNS)


def decode(box: Tensor) -> Tensor:
    """Box outputs (n, 4 * classes, rows, columns) as (n, classes, cells, 4) corners."""
    offsets = box.flatten(2).reshape(box.shape[0], len(CLASSES), 4, -1).transpose(2, 3)
    x, y = cell_corners(box.device)
    low = torch.stack([x, y], dim=1) - BOX_UNIT * offsets[..., :2]
    high = torch.stack([x, y], dim=1) + BOX_UNIT * offsets[..., 2:]
    return torch.cat([low, high], dim=-1)


def make_targets(labels: Tensor) -> Targets:
    """Targets of a batch of label tables; in a shared cell the nearer thing wins."""
    x, y = cell_corners(labels.device)
    middle_x, middle_y = x + STRIDE / 2 - 0.5, y + STRIDE / 2 - 0.5
    left, top, right, bottom, kind, visibility = labels.unbind(-1)
    wide, tall = (right - left).clamp(min=1e-3), (bottom - top).clamp(min=1e-3)
    away_x = middle_x - ((left + right) / 2)[..., None]
    away_y = middle_y - ((top + bottom) / 2)[..., None]
    away = torch.sqrt((away_x / wide[..., None]) ** 2 + (away_y / tall[..., None]) ** 2) * 2
    holds = (away_x.abs() <= STRIDE / 2) & (away_y.abs() <= STRIDE / 2)
    core = (away <= CORE) | holds
    rim = (away <= RIM) | core
    clear = (visibility >= LEAST_VISIBILITY) & (wide >= LEAST_SIZE) & (tall >= LEAST_SIZE)
    nearness = bottom[..., None] + 1e4 * core
    parts: list[list[Tensor]] = [[], [], [], []]
    for class_id in range(len(CLASSES)):
        mine = (kind == class_id)[..., None]
        wanted = mine & clear[..., None]
        score = torch.where(wanted & rim, nearness, torch.full_like(nearness, -1.0))
        best, owner = score.max(dim=1)
        covered = best >= 1e4
        doubtful = (mine & rim).any(dim=1) & ~covered
        box = labels[..., :4].gather(1, owner[..., None].expand(-1, -1, 4))
        weight = torch.where(covered, 1.0, torch.where(best > 0, 0.3, 0.0))
        made = (covered.float(), (~doubtful).float(), box, weight)
        for part, value in zip(parts, made, strict=True):
            part.append(value)
    return Targets(*(torch.stack(part, dim=1) for part in parts))


def overlap_loss(given: Tensor, wanted: Tensor) -> Tensor:
    """One minus the generalised overlap of boxes."""
    low = torch.maximum(given[..., :2], wanted[..., :2])
    high = torch.minimum(given[..., 2:], wanted[..., 2:])
    shared = (high - low).clamp(min=0).prod(-1)
    area = (given[..., 2:] - given[..., :2]).clamp(min=0).prod(-1)
    total = area + (wanted[..., 2:] - wanted[..., :2]).clamp(min=0).prod(-1) - shared
    around_low = torch.minimum(given[..., :2], wanted[..., :2])
    around_high = torch.maximum(given[..., 2:], wanted[..., 2:])
    around = (around_high - around_low).clamp(min=0).prod(-1)
    return 1 - shared / (total + 1e-6) + (around - total) / (around + 1e-6)


def detector_loss(logits: Tensor, box: Tensor, targets: Targets) -> tuple[Tensor, Tensor]:
    """The coverage loss (focal) and the box loss of a batch."""
    scores = logits.float().flatten(2)
    plain = functional.binary_cross_entropy_with_logits(scores, targets.covered, reduction="none")
    doubt = torch.abs(targets.covered - torch.sigmoid(scores))
    weight = torch.where(targets.covered > 0, 1.0, 0.6) * targets.counts
    cells = targets.covered.sum().clamp(min=1)
    cover_loss = (weight * doubt**1.5 * plain).sum() / cells
    corners = decode(box.float())
    apart = functional.smooth_l1_loss(corners, targets.box, reduction="none", beta=2.0).mean(-1)
    size = (targets.box[..., 2:] - targets.box[..., :2]).clamp(min=8).mean(-1)
    wrong = overlap_loss(corners, targets.box) + 2.0 * apart / size
    box_loss = (wrong * targets.box_weight).sum() / targets.box_weight.sum().clamp(min=1)
    return cover_loss, box_loss
