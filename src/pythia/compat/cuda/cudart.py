"""The runtime's interface of cuda-python, as far as programs ask it for the platform."""

from __future__ import annotations

import enum

__all__ = ["cudaDeviceProp", "cudaError_t", "cudaGetDeviceCount", "cudaGetDeviceProperties"]


class cudaError_t(enum.IntEnum):
    """Results of the CUDA runtime."""

    cudaSuccess = 0
    cudaErrorNoDevice = 100


class cudaDeviceProp:
    """Properties of a device, all empty: there is none."""

    def __init__(self) -> None:
        self.name = b""
        self.integrated = 0


def cudaGetDeviceCount() -> tuple[cudaError_t, int]:
    """Count the devices."""
    return cudaError_t.cudaErrorNoDevice, 0


def cudaGetDeviceProperties(device: int) -> tuple[cudaError_t, cudaDeviceProp]:
    """Describe a device, of which there is none."""
    return cudaError_t.cudaErrorNoDevice, cudaDeviceProp()
