"""The names of `training.asked` for the modules that still import them from this folder."""

from training.asked import everyday_questions, kratom, readers
from training.asked import is_held_out as half

__all__ = ["everyday_questions", "half", "kratom", "readers"]
