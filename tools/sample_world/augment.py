"""Changes training pictures on the accelerator: mirror, zoom, colour, blur, noise."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def uniform(count: int, low: float, high: float, device: torch.device) -> Tensor:
    """Random numbers, one per picture."""
    return torch.rand(count, device=device) * (high - low) + low


def recolour(pictures: Tensor, strength: float = 1.0) -> Tensor:
    """Change brightness, contrast, saturation, colour balance and gamma, picture by picture."""
    count, device = pictures.shape[0], pictures.device

    def each(spread: float) -> Tensor:
        return uniform(count, -spread * strength, spread * strength, device)[:, None, None, None]

    balance = 1 + (torch.rand(count, 3, 1, 1, device=device) - 0.5) * 0.14 * strength
    changed = pictures * balance * (1 + each(0.22)) + each(0.06)
    grey = changed.mean(dim=1, keepdim=True)
    changed = grey + (changed - grey) * (1 + each(0.25))
    middle = changed.mean(dim=(1, 2, 3), keepdim=True)
    changed = middle + (changed - middle) * (1 + each(0.2))
    return changed.clamp(1e-4, 1) ** (1 + each(0.15))


def roughen(pictures: Tensor) -> Tensor:
    """Blur some pictures a little and put noise on all of them."""
    count, device = pictures.shape[0], pictures.device
    soft = functional.avg_pool2d(pictures, 3, 1, 1, count_include_pad=False)
    share = (uniform(count, -1.0, 0.8, device).clamp(min=0))[:, None, None, None]
    level = uniform(count, 0.0, 0.02, device)[:, None, None, None]
    noisy = pictures + (soft - pictures) * share + torch.randn_like(pictures) * level
    return noisy.clamp(0, 1)


def move(pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Mirror and zoom pictures with their labels; cut boxes lose visibility."""
    count, _, rows, columns = pictures.shape
    device = pictures.device
    wild = torch.rand(count, device=device) < 0.6
    zoom = torch.where(wild, torch.exp(uniform(count, -0.25, 0.4, device)), 1.0)
    aspect = torch.where(wild, torch.exp(uniform(count, -0.06, 0.06, device)), 1.0)
    scale = torch.stack([zoom * aspect, zoom / aspect], dim=1)
    room = (1 - 1 / scale).clamp(min=0) + 0.08 * wild[:, None]
    shift = (torch.rand(count, 2, device=device) * 2 - 1) * room
    mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0] = mirror / scale[:, 0]
    theta[:, 1, 1] = 1 / scale[:, 1]
    theta[:, :, 2] = shift
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(
        pictures, grid.to(pictures.dtype), padding_mode="border", align_corners=False
    )
    size = torch.tensor([columns, rows], device=device, dtype=torch.float32)
    return moved, _move_labels(labels, theta, size)


def _move_labels(labels: Tensor, theta: Tensor, size: Tensor) -> Tensor:
    """Boxes follow the picture: the grid says where each output point comes from."""
    steps = torch.stack([theta[:, 0, 0], theta[:, 1, 1]], dim=1)[:, None]
    shift = theta[:, None, :, 2]
    one = ((labels[..., :2] / size * 2 - 1 - shift) / steps + 1) / 2 * size
    other = ((labels[..., 2:4] / size * 2 - 1 - shift) / steps + 1) / 2 * size
    low, high = torch.minimum(one, other), torch.maximum(one, other)
    whole = (high - low).clamp(min=1e-3).prod(-1)
    low = torch.minimum(low.clamp(min=0), size)
    high = torch.minimum(high.clamp(min=0), size)
    share = (high - low).clamp(min=0).prod(-1) / whole
    there = (labels[..., 4] >= 0) & (share > 0)
    kind = torch.where(there, labels[..., 4], -1.0)
    visibility = labels[..., 5] * share
    return torch.cat([low, high, kind[..., None], visibility[..., None]], dim=-1)
