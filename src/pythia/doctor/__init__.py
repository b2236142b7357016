"""What is installed and what is missing, and the command that mends it.

This room runs where PyGObject, GStreamer or a library is missing or broken: whatever could crash
or hang is asked in another process (:mod:`pythia.doctor.asking`).
"""

from pythia.doctor.check import Check, State
from pythia.doctor.examination import Examination, examine

__all__ = ["Check", "Examination", "State", "examine"]
