"""What an engine is given, what it hands back, and what every engine is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from annotator.adapters import AdapterChoice
from annotator.confidence import TokenLogprob
from annotator.models import ModelChoice
from annotator.prompt import Exemplar, Prompt
from annotator.reply import ReplyError
from annotator.settings import AnnotateSettings

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage


@dataclass(frozen=True, slots=True)
class Question:
    """The two images of one pair, upright RGB, already bounded in size."""

    source: "PillowImage"
    target: "PillowImage"
    exemplars: tuple[Exemplar, ...] = ()
    """Reviewed pairs shown before it, in this order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply as it came."""

    text: str
    finish_reason: str | None
    tokens: tuple[TokenLogprob, ...] = ()
    """The reply's tokens; empty where a server gives no log-probabilities."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    refusal: str | None = None
    """What the server said instead of a reply."""


Numbered = tuple[int, Answer | ReplyError]
"""Number of a question, and its answer or why this one has none."""


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Everything an engine is opened with."""

    settings: AnnotateSettings
    model: ModelChoice
    adapter: AdapterChoice | None


class Engine(Protocol):
    """Asks one model. Opened by ``open_engine``, which also closes it."""

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered]:
        """Ask about every pair greedily; answers come in any order, as they are ready.

        Raises EngineDownError when the engine can answer no more; what has come by then stands,
        the rest is unasked.
        """
        ...
