"""The readers: question and passage read together, and a long message read as a whole.

The one tells which sentences of a passage answer, the other which part of a message says that
somebody is in danger. This room owns their weights, how they are run, and what they say. Whether
the article answers, what is quoted, and which crisis blocks are raised is decided by `answering`
and `caveats`. The weights and their model card lie beside this file; `python -m training.reader`
and `python -m training.message_reader` make them again.
"""

from askdoc.reading.load import load_message_reader, load_reader
from askdoc.reading.protocol import Reader, Reading, Text

__all__ = ["Reader", "Reading", "Text", "load_message_reader", "load_reader"]
