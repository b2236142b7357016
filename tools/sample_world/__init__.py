"""Draws a street, films it, knows the truth about it and trains two small networks on it."""
