"""Multi-object tracking: what DeepStream's NvMultiObjectTracker library does, on NumPy.

The modules import OpenCV and SciPy where they need them; import them when a tracker starts.
"""
