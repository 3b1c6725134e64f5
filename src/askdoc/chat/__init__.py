"""The chat page: questions in, answers out, nothing decided here.

This room owns the Gradio page and one visitor's conversation, which lives in the session and
nowhere else. What an answer says is answering's, how it looks is rendering's, who may reach the
page is the server's.
"""

import os

# Gradio looks up outside hosts when it is imported, unless this is set before.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from askdoc.chat.conversation import About, AnswerQuestion, Turn, as_question, question_about
from askdoc.chat.page import Event, build_chat, events_of, mount_chat
from askdoc.chat.sessions import forget_unfetched

__all__ = [
    "About",
    "AnswerQuestion",
    "Event",
    "Turn",
    "as_question",
    "build_chat",
    "events_of",
    "forget_unfetched",
    "mount_chat",
    "question_about",
]
