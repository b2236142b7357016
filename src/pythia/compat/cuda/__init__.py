"""The part of cuda-python that asks which device there is: none."""
