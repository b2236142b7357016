"""Recorded metadata: the form of the files, and the way from metadata to them and back.

A recording is a file of JSON lines, or of MessagePack maps one behind the other. The first record
says ``{"pythia": "metadata", "version": 1, ...}``. Each of the others has one of these keys:

``caps``
    ``width``, ``height``, ``format``, ``framerate`` of the frames from here on, and ``text``.
``batch``
    One buffer: its ``pts`` and ``duration`` in ns stand beside it. Names are DeepStream's own; a
    field that has the value that metadata starts with is left out.
``event``
    ``stream-eos``, ``pad-added``, ``pad-deleted`` or ``stream-reset`` of ``source``.
``end``
    The last record: how many ``batches`` there are, whether ``eos`` came, and which user metadata
    was ``left_out``.
"""
