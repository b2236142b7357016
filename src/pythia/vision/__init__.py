"""Arithmetic without GStreamer: pictures, pre-processing, inference, output parsers, drawing.

Nothing in this room imports ``gi`` or another room of pythia (``exceptions`` apart), so all of
it can be tried and tested on plain NumPy arrays. OpenCV and ONNX Runtime are imported by the
modules that use them; import those modules, not this package, to keep start-up light.
"""
