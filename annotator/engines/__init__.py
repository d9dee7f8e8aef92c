"""Who answers: one protocol, three engines, all given the same messages and the same schema."""

from annotator.engines.protocol import Answer, Engine, EnginePlan, Question
from annotator.engines.registry import engine_name, open_engine

__all__ = ["Answer", "Engine", "EnginePlan", "Question", "engine_name", "open_engine"]
