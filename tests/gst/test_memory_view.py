from __future__ import annotations

import gc
from typing import Any

import numpy as np

from pythia.gst import Gst
from pythia.gst.mapping import mapped
from pythia.gst.memory_view import memory_view


def test_a_view_sees_and_changes_the_memory_while_others_map_it_for_writing() -> None:
    buffer: Any = Gst.Buffer.new_allocate(None, 4, None)
    buffer.fill(0, b"0123")
    address = hash(buffer)
    view = np.frombuffer(memory_view(address, 0), np.uint8)

    with mapped(address, write=True) as memory:
        memory[0] = ord("x")

    assert view.tobytes() == b"x123"
    view[1] = ord("y")
    assert buffer.extract_dup(0, 4) == b"xy23"


def test_a_view_outlives_its_buffer() -> None:
    buffer: Any = Gst.Buffer.new_allocate(None, 4, None)
    buffer.fill(0, b"kept")
    view = memory_view(hash(buffer), 0)

    del buffer
    gc.collect()

    assert bytes(view) == b"kept"
