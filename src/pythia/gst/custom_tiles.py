"""Reads the value of nvmultistreamtiler's ``custom-tile-config``, a C structure of the program."""

from __future__ import annotations

from ctypes import POINTER, Structure, c_float, c_uint32


class _CustomTile(Structure):
    """``CustomTile`` of DeepStream's nvdstilerconfig.h."""

    _fields_ = (
        ("source_id", c_uint32),
        ("x", c_float),
        ("y", c_float),
        ("width", c_float),
        ("height", c_float),
    )


class _CustomTileConfig(Structure):
    """``CustomTileConfig`` of DeepStream's nvdstilerconfig.h."""

    _fields_ = (("tiles", POINTER(_CustomTile)), ("length", c_uint32))


def read_custom_tiles(address: int) -> list[tuple[int, float, float, float, float]]:
    """The tiles of the structure at ``address``: source, left, top, width and height of each.

    All but the source are parts of the canvas, from 0 to 1. A null pointer, or a structure whose
    ``tiles`` is one, has no tiles. The structure still belongs to the program.
    """
    if not address:
        return []
    config = _CustomTileConfig.from_address(address)
    if not config.tiles:
        return []
    tiles = (config.tiles[i] for i in range(config.length))
    return [(tile.source_id, tile.x, tile.y, tile.width, tile.height) for tile in tiles]
