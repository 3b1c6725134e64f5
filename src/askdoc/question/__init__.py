"""A question: what may come in, what it leans on, its form and its language.

This room owns what is known of a question before any article is searched. It finds nothing and
answers nothing, but for small talk.
"""

from askdoc.question.followups import AFTER, in_context, resolve
from askdoc.question.forms import Form, is_put_as_a_question
from askdoc.question.question import Encoding, Question, bounded, clean_question
from askdoc.question.small_talk import small_talk_reply

__all__ = [
    "AFTER",
    "Encoding",
    "Form",
    "Question",
    "bounded",
    "clean_question",
    "in_context",
    "is_put_as_a_question",
    "resolve",
    "small_talk_reply",
]
