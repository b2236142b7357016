"""Monitors of pipelines, and what is known of media files."""

from __future__ import annotations

from pythia.compat.pyservicemaker.engine_file import EngineFileMonitor
from pythia.compat.pyservicemaker.media_extractor import MediaChunk, MediaExtractor, VideoFrame
from pythia.compat.pyservicemaker.media_info import AudioStreamInfo, MediaInfo, VideoStreamInfo
from pythia.compat.pyservicemaker.perf_monitor import PerfMonitor

__all__ = [
    "AudioStreamInfo",
    "EngineFileMonitor",
    "MediaChunk",
    "MediaExtractor",
    "MediaInfo",
    "PerfMonitor",
    "VideoFrame",
    "VideoStreamInfo",
]
