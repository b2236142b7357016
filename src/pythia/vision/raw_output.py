"""Writes a network's raw outputs to files, one a layer and batch, as nvinfer names them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from pythia.vision.network import Tensors


class RawOutput:
    """Files ``gstnvdsinfer_uid-02_layer-NAME_batch-0000000007_batchsize-01.bin`` in ``folder``.

    Each holds the bytes of one output for all pictures of a batch, one after the other. Any
    number of threads may write; batches are numbered in the order in which they were done.
    """

    def __init__(self, unique_id: int, folder: Path) -> None:
        self._unique_id = unique_id
        self._folder = folder
        self._numbers = itertools.count()

    def write(self, outputs: Sequence[Tensors]) -> None:
        """Write the outputs of one batch, given for each of its pictures.

        Raises:
            OSError: a file cannot be written.
        """
        number = next(self._numbers)
        for name in outputs[0] if outputs else ():
            file = (
                f"gstnvdsinfer_uid-{self._unique_id:02}_layer-{name.replace('/', '_')}"
                f"_batch-{number:010}_batchsize-{len(outputs):02}.bin"
            )
            with (self._folder / file).open("wb") as out:
                for tensors in outputs:
                    tensors[name].tofile(out)
