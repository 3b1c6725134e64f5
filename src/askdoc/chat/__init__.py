"""The chat page: questions in, answers out, nothing decided here.

This room owns the Gradio page and what the server says to it: the reply to one question. The
conversation lives in the reader's browser and nowhere else. What an answer says is answering's, how
it looks is rendering's, who may reach the page is the server's.
"""

import os

# Gradio looks up outside hosts when it is imported, unless this is set before.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

from askdoc.chat.conversation import (
    About,
    Turn,
    as_question,
    failed,
    question_about,
    shown,
    suggestions,
    take,
)
from askdoc.chat.html import (
    banner_html,
    own_welcome_html,
    reply_html,
    sources_html,
    welcome_html,
)
from askdoc.chat.page import build_chat, mount_chat

__all__ = [
    "About",
    "Turn",
    "as_question",
    "banner_html",
    "build_chat",
    "failed",
    "mount_chat",
    "own_welcome_html",
    "question_about",
    "reply_html",
    "shown",
    "sources_html",
    "suggestions",
    "take",
    "welcome_html",
]
