"""Who answers: one protocol, three engines, all given the same messages and the same schema."""

from annotator.engines.protocol import (
    Answer,
    Choice,
    Draws,
    Engine,
    EnginePlan,
    Question,
    Statement,
)
from annotator.engines.registry import engine_name, open_engine

__all__ = [
    "Answer",
    "Choice",
    "Draws",
    "Engine",
    "EnginePlan",
    "Question",
    "Statement",
    "engine_name",
    "open_engine",
]
