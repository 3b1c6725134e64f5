"""The reader: question and passage read together, to tell which sentences answer.

This room owns the reader's weights, how they are run, and what they say of a passage. Whether the
article answers and what is quoted is decided by `answering`. The weights and their model card lie
beside this file; `python -m training.reader` makes them again.
"""

from askdoc.reading.load import load_reader
from askdoc.reading.protocol import Reader, Reading, Text

__all__ = ["Reader", "Reading", "Text", "load_reader"]
