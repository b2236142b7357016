"""The driver's interface of cuda-python, as far as programs ask it for the platform."""

from __future__ import annotations

import enum

__all__ = ["CUresult", "cuDeviceGetCount", "cuInit"]


class CUresult(enum.IntEnum):
    """Results of the CUDA driver."""

    CUDA_SUCCESS = 0
    CUDA_ERROR_NOT_INITIALIZED = 3
    CUDA_ERROR_NO_DEVICE = 100


def cuInit(Flags: int) -> tuple[CUresult]:
    """Start the driver; there is no device."""
    return (CUresult.CUDA_ERROR_NO_DEVICE,)


def cuDeviceGetCount() -> tuple[CUresult, int]:
    """Count the devices, which fails as it does before a driver has been started."""
    return CUresult.CUDA_ERROR_NOT_INITIALIZED, 0
