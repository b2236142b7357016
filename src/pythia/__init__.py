"""Pythonic DeepStream."""
