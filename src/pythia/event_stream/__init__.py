"""Where events go: streams, and the worker that delivers to them in the background."""

from pythia.event_stream.base import Stream
from pythia.event_stream.schemes import SCHEMES, open_stream
from pythia.event_stream.uri import StreamUri
from pythia.event_stream.worker import Worker, WorkerStats

__all__ = ["SCHEMES", "Stream", "StreamUri", "Worker", "WorkerStats", "open_stream"]
