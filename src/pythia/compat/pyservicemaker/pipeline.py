"""Pipelines, built node by node or from a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from pythia import elements
from pythia.compat.pyservicemaker import plugins, recording
from pythia.compat.pyservicemaker.bins import register_bins
from pythia.compat.pyservicemaker.custom_object import Object
from pythia.compat.pyservicemaker.errors import NodeError, UnavailableError
from pythia.compat.pyservicemaker.feeding import Feeder, Receiver
from pythia.compat.pyservicemaker.messages import RecordingInfo
from pythia.compat.pyservicemaker.node import Node
from pythia.compat.pyservicemaker.playing import OnMessage, Playing
from pythia.compat.pyservicemaker.probe import Probe
from pythia.core.suggestion import did_you_mean
from pythia.gst import Gst
from pythia.meta import runtime

__all__ = ["Pipeline"]


class Pipeline:
    """A pipeline of nodes.

    Args:
        name: Its name.
        config_file: A YAML or JSON file with nodes and edges.

    Raises:
        PythiaError: the file is wrong, as :func:`pipeline_file.build` says.
        UnavailableError: NVIDIA's DeepStream is installed here, which this is no match for.
    """

    def __init__(self, name: str, config_file: str | None = None) -> None:
        _check_runtime()
        self._pipeline = Gst.Pipeline.new(name)
        self._nodes: dict[str, Node] = {}
        self._on_message: OnMessage | None = None
        self._playing: Playing | None = None
        self._sessions = recording.Sessions()
        if config_file:
            from pythia.compat.pyservicemaker.pipeline_file import build

            build(self, config_file)

    # Building

    def __getitem__(self, name: str) -> Any:
        """The node of a name, or the object of that name that hangs on one.

        Raises:
            NodeError: there is none; lists the nodes.
        """
        if name in self._nodes:
            return self._nodes[name]
        for node in self._nodes.values():
            found = node.find(name)
            if found is not None:
                return found
        raise NodeError(
            f"no node {name!r} in the pipeline{did_you_mean(name, self._nodes)}; "
            f"available: {', '.join(self._nodes) or 'none'}"
        )

    def add(
        self, type_name: str, name: str, properties: Mapping[str, Any] | None = None
    ) -> Pipeline:
        """Add an element of a type under a name, and set its properties.

        Raises:
            NodeError: there is no such type or property, or the name is in use.
        """
        if name in self._nodes:
            raise NodeError(f"there is a node {name!r} in the pipeline already")
        element = _make(type_name, name)
        self._pipeline.add(element)
        self._nodes[name] = Node(element, self._fail)
        if properties:
            self._nodes[name].set(properties)
        return self

    def link(self, *nodes: Any) -> Pipeline:
        """Link nodes one after the other, or two of them by certain pads.

        ``link("a", "b", "c")``, or ``link(("a", "b"), ("src_%u", "sink_%u"))`` with names of pads
        or of their templates; empty is any.

        Raises:
            NodeError: there are no such nodes or pads, or they do not fit.
        """
        if len(nodes) == 2 and all(isinstance(node, tuple) for node in nodes):
            (source, target), tips = nodes
            self._node(source).link(self._node(target), tips)
            return self
        if len(nodes) < 2 or not all(isinstance(node, str) for node in nodes):
            raise NodeError(
                "link() takes two names or more, or two tuples as in "
                f'(("decoder", "mux"), ("", "sink_%u")); given: {nodes!r}'
            )
        for source, target in pairwise(nodes):
            self._node(source).link(self._node(target))
        return self

    def attach(
        self,
        target: str,
        what: Probe | Feeder | Receiver | str,
        name: str = "",
        tips: str = "",
        properties: Mapping[str, Any] | None = None,
    ) -> Pipeline:
        """Attach an object to a node.

        Args:
            target: The node.
            what: The object, or the name of a plugin that makes one.
            name: For a plugin, what the object is called.
            tips: The pad of a probe, or signals.
            properties: For a plugin, properties of the object.

        Raises:
            NodeError: there is no such node or plugin, or the object does not fit.
        """
        node = self._node(target)
        if not isinstance(what, str | Object):
            raise NodeError(
                f"attach({target!r}): a Probe, Feeder, Receiver or the name of a plugin is "
                f"needed, not {what!r}"
            )
        made = plugins.create(what, name or what) if isinstance(what, str) else what
        if isinstance(what, str) and properties:
            made.set(properties)
        node.attach(made, tips)
        return self

    def _node(self, name: str) -> Node:
        node = self[name]
        if not isinstance(node, Node):
            raise NodeError(f"{name!r} is a {type(node).__name__}, not a node")
        return node

    # Playing

    def start(self, on_message: OnMessage | None = None) -> Pipeline:
        """Play, in the background; what goes wrong comes out of :meth:`wait`.

        Args:
            on_message: Called with each message, on a thread of the pipeline's.
        """
        return self.prepare(on_message).activate()

    def prepare(self, on_message: OnMessage | None = None) -> Pipeline:
        """Take the callback; :meth:`activate` plays."""
        if on_message is not None and not callable(on_message):
            raise NodeError(f"the message callback must be callable, not {on_message!r}")
        self._on_message = on_message
        return self

    def activate(self) -> Pipeline:
        """Play, in the background, after :meth:`prepare`."""
        if self._playing is not None and not self._playing.is_over:
            raise NodeError("the pipeline is playing already; stop() it and wait() for it")
        for node in self._nodes.values():
            node.reset()
        self._playing = Playing(self._pipeline, self._on_message, self._missing_pads)
        self._playing.start()
        return self

    def wait(self) -> Pipeline:
        """Wait until the pipeline has ended.

        Raises:
            PythiaError: what ended it, an exception of an operator included, with its line.
                DeepStream prints errors of elements and returns, and an exception in an operator
                ends the process there.
        """
        if self._playing is not None:
            self._playing.wait()
        return self

    def stop(self) -> Pipeline:
        """End the stream in order; returns at once, from any thread."""
        if self._playing is not None:
            self._playing.stop()
        return self

    def deactivate(self) -> Pipeline:
        """As :meth:`stop`."""
        return self.stop()

    def seek(self, time_in_seconds: float) -> Pipeline:
        """Go on from another time of the sources.

        Raises:
            NodeError: the sources cannot do it.
        """
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT
        target = int(time_in_seconds * Gst.SECOND)
        if not self._pipeline.seek_simple(Gst.Format.TIME, flags, target):
            raise NodeError(f"seek({time_in_seconds:g}): the sources cannot go there now")
        return self

    def _fail(self, error: BaseException) -> None:
        if self._playing is not None:
            self._playing.fail(error)

    def _missing_pads(self) -> list[str]:
        return [text for node in self._nodes.values() for text in node.missing()]

    # More than playing

    def start_rtsp_server(self, rtsp_port: int, udp_port: int, buffer_size: int = 0) -> int:
        """Serve H.264 that a udpsink sends to a port as ``rtsp://host:rtsp_port/ds-test``.

        Returns:
            The number of the server.

        Raises:
            MissingDependencyError: GStreamer's RTSP server is not installed.
            GstError: the port is in use.
        """
        from pythia.compat.pyservicemaker.rtsp_server import serve

        return serve(rtsp_port, udp_port, buffer_size, "/ds-test")

    def start_recording(
        self,
        source_name: str,
        start_time: int,
        duration: int,
        callback: Callable[[RecordingInfo], object] | None = None,
    ) -> int:
        """Record a source that has ``smart-record`` set.

        Args:
            source_name: The node, an nvurisrcbin.
            start_time: Seconds before now to begin with, as far as the cache goes back.
            duration: Seconds; 0 goes on until it is stopped.
            callback: Called when the recording is finished; without one, a line is printed.

        Returns:
            The number of the session.

        Raises:
            NodeError: the node cannot record.
        """
        node = self._node(source_name)
        return self._sessions.start(node, start_time, duration, callback, self._fail)

    def stop_recording(self, source_name: str) -> bool:
        """End the recording of a source; False if there is none."""
        return self._sessions.stop_source(self._node(source_name))

    def stop_recording_by_session_id(self, session_id: int) -> bool:
        """End a recording; False if there is none of this number."""
        return self._sessions.stop(session_id)


def _check_runtime() -> None:
    if runtime() == "deepstream":
        raise UnavailableError(
            "this pyservicemaker is pythia's, for machines without DeepStream, and DeepStream is "
            "installed here: install NVIDIA's wheel below "
            "/opt/nvidia/deepstream/deepstream/service-maker/python, or set PYTHIA_RUNTIME=portable"
        )


def _make(type_name: str, name: str) -> Gst.Element:
    elements.register(type_name)
    register_bins()
    element = Gst.ElementFactory.make(type_name, name)
    if element is not None:
        return element
    elements.register()
    features: Any = Gst.Registry.get().get_feature_list(Gst.ElementFactory)
    known = [str(feature.get_name()) for feature in features]
    meant = did_you_mean(type_name, known)
    raise NodeError(f"no element {type_name!r}{meant or _advice(type_name)}")


def _advice(type_name: str) -> str:
    if type_name.startswith("nv"):
        return "; the portable runtime does not have this element of DeepStream"
    return "; if the name is right, the GStreamer plugin that has it is not installed"
