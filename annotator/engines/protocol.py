"""What an engine is given, what it hands back, and what every engine is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from annotator.confidence import TokenLogprob
from annotator.prompting.prompt import Exemplar, Picture, Prompt
from annotator.prompting.reply import ReplyError
from annotator.settings import AskSettings
from annotator.weights.lora_adapters import AdapterChoice
from annotator.weights.models import ModelChoice


@dataclass(frozen=True, slots=True)
class Question:
    """The two images of one pair."""

    source: Picture
    target: Picture
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


Tokens: TypeAlias = tuple[TokenLogprob, ...]
T = TypeVar("T")
Numbered: TypeAlias = tuple[int, T | ReplyError]
"""Number of a question, and what came of it or why nothing did."""


@dataclass(frozen=True, slots=True)
class Draws:
    """So many replies at random to one question."""

    question: Question
    count: int
    temperature: float
    stop: str
    """The reply is cut before this text."""
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A reply that somebody wrote, whose probability is asked for."""

    question: Question
    reply: str
    end: int
    """Tokens that begin here or later, in characters of the reply, may be left out."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A question with words of its own, answered by one of two words that begin differently."""

    prompt: Prompt
    question: Question
    words: tuple[str, str]


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Everything an engine is opened with."""

    settings: AskSettings
    model: ModelChoice
    adapter: AdapterChoice | None
    seed: int = 0
    """Of replies at random."""


class Engine(Protocol):
    """Asks one model. Opened by ``open_engine``, which also closes it."""

    def ask(self, prompt: Prompt, questions: Sequence[Question]) -> Iterator[Numbered[Answer]]:
        """Ask about every pair greedily; answers come in any order, as they are ready.

        Raises EngineDownError when the engine can answer no more; what has come by then stands,
        the rest is unasked.
        """
        ...

    def sample(self, prompt: Prompt, draws: Sequence[Draws]) -> Iterator[Numbered[Answer]]:
        """Answer every question so many times at random; each number comes as often as that.

        Log-probabilities are those at temperature 1. Raises EngineDownError as ``ask`` does.
        """
        ...

    def score(self, prompt: Prompt, statements: Sequence[Statement]) -> Iterator[Numbered[Tokens]]:
        """The tokens of given replies with their log-probabilities, without a grammar's mask.

        Raises EngineDownError as ``ask`` does.
        """
        ...

    def choose(self, choices: Sequence[Choice]) -> Iterator[Numbered[float]]:
        """Probability of the first word, 0 to 1, where nothing but the two can be said.

        That is the two words' first tokens renormalised. Raises EngineDownError as ``ask`` does.
        """
        ...
