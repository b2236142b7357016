"""Metadata written the pythonic way, on both runtimes: ``with pythia.writing(batch_meta)``."""

from pythia.writing.writer import MetaWriter, writing

__all__ = ["MetaWriter", "writing"]
