"""Every error that pythia raises, as one tree.

PythiaError
├── MissingDependencyError     a library or a system package is not installed
├── GstError                   GStreamer itself refused something
├── ConfigError                a configuration file (nvinfer, tracker, ...) is wrong
├── ModelError                 a model file cannot be used
├── TemplateError              pipeline text and its parameters do not fit
├── PipelineError              pipeline text is not a valid pipeline
│   └── PlayError              a valid pipeline could not be started
├── ProbeError                 a probe function cannot be used
│   ├── ProbeTargetError       the element or pad to probe does not exist
│   └── ProbeFailedError       a probe raised while the pipeline was running
├── HandlerError               a method for bus messages cannot be used
├── RunError                   an error message on the bus of a running pipeline
├── MessageError               metadata cannot be made into a message
├── MetadataError              metadata cannot be written so
├── SampleError                a bundled sample is unknown or cannot be laid out
├── RecordingError             a file of recorded metadata cannot be read
├── DatasetError               frames or annotations cannot be written
│   └── DatasetExistsError     the folder has some already
└── StreamError                an event stream cannot be opened or has failed
    ├── RefusedError           the other end refuses events for good
    └── UndeliveredError       events were left when the time to drain was over

A message says what was asked, what was found, and what to do about it.
"""

from __future__ import annotations


class PythiaError(Exception):
    """Root of all errors of pythia; its text is meant for the person who ran the program."""


class MissingDependencyError(PythiaError, ImportError):
    """A library or a system package that this feature needs is not installed."""


class GstError(PythiaError):
    """GStreamer refused something that pythia asked of it."""


class ConfigError(PythiaError, ValueError):
    """A configuration file is unreadable or says something impossible."""


class ModelError(PythiaError):
    """A model file is missing, of a kind that cannot be run here, or broken."""


class TemplateError(PythiaError, ValueError):
    """Pipeline text and the parameters given for it do not fit together."""


class PipelineError(PythiaError, ValueError):
    """Pipeline text is not a valid pipeline."""


class PlayError(PipelineError):
    """The pipeline is valid, but could not be brought to PLAYING."""


class ProbeError(PythiaError):
    """A probe function was not found, or its signature is not one of the accepted forms."""


class ProbeTargetError(ProbeError):
    """The element or the pad that a probe asks for does not exist."""


class ProbeFailedError(ProbeError):
    """A probe raised while the pipeline was running; the user's error is the ``__cause__``."""


class HandlerError(PythiaError, AttributeError):
    """A method ``on_message_<type>`` names no bus message, or is ``async``."""


class RunError(PythiaError):
    """An element posted an error while the pipeline was running."""


class MessageError(PythiaError):
    """Metadata cannot be made into a message; says which and why."""


class MetadataError(PythiaError, ValueError):
    """Metadata cannot be written so: a value makes no sense, or it belongs somewhere else."""


class SampleError(PythiaError):
    """A bundled sample is not known, or could not be laid out on disk."""


class DatasetError(PythiaError):
    """A folder of frames and annotations cannot be written; what was written before stays."""


class DatasetExistsError(DatasetError, FileExistsError):
    """A folder has frames or annotations already."""


class RecordingError(PythiaError, ValueError):
    """A file of recorded metadata is missing, broken, or none; says which line."""


class StreamError(PythiaError):
    """An event stream cannot be opened, or its other end failed."""


class RefusedError(StreamError):
    """The other end refuses events for good; posting them again is no use."""


class UndeliveredError(StreamError):
    """Events were still unsent when the time to drain was over."""
