"""The readers that ship; that of question and passage may be switched off."""

import os
from pathlib import Path

from askdoc.embedding import default_model_folder
from askdoc.errors import ReaderError
from askdoc.reading.protocol import MessageReader, Reader
from askdoc.resources import loaded

FOLDER = Path(__file__).parent
SWITCH = "ASKDOC_READER"


def load_reader() -> Reader | None:
    """The shipped reader; None where ASKDOC_READER is "off".

    Raises:
        ReaderError: Its files or the packaged model's are missing or damaged, or ASKDOC_READER
            holds another word.
    """
    wanted = os.environ.get(SWITCH, "on").strip().lower()
    if wanted not in {"on", "off", ""}:
        raise ReaderError(f'{SWITCH} is "{wanted}". Set it to "on" or "off", or leave it out.')
    return None if wanted == "off" else loaded(_shipped)


def _shipped() -> Reader:
    from askdoc.reading.by_onnx import OnnxReader

    try:
        return OnnxReader(FOLDER / "reader.onnx", FOLDER / "reader.npz", default_model_folder())
    except Exception as error:  # ONNX Runtime and tokenizers have errors of their own
        raise ReaderError(
            f"The reader cannot be loaded ({type(error).__name__}). Reinstall askdoc, or set "
            f"{SWITCH}=off to answer without it."
        ) from error


def load_message_reader() -> MessageReader:
    """The shipped reader of long messages, which no setting switches off.

    Raises:
        ReaderError: Its files or the packaged model's are missing or damaged.
    """
    return loaded(_shipped_for_messages)


def _shipped_for_messages() -> MessageReader:
    from askdoc.reading.messages import OnnxMessageReader

    try:
        graph, head = FOLDER / "messages.onnx", FOLDER / "messages.npz"
        return OnnxMessageReader(graph, head, default_model_folder())
    except Exception as error:  # ONNX Runtime and tokenizers have errors of their own
        raise ReaderError(
            f"The reader of messages cannot be loaded ({type(error).__name__}). Reinstall askdoc."
        ) from error
