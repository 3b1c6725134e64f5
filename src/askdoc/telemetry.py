"""Keeps the libraries askdoc stands on from reporting to their makers.

They read these variables when they are first imported or started, so `askdoc/__init__.py` sets
them before any room is. Processes that askdoc starts inherit them.
"""

import os

_TURNED_OFF = {
    # ONNX Runtime from 1.29 on: look-ups, a device id and an event store in the user's cache.
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
}


def turn_off_telemetry() -> None:
    """Sets what turns reports off, whatever was set: askdoc promises that nothing leaves."""
    os.environ.update(_TURNED_OFF)
