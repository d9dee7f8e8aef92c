"""The unit of work: one shard, one pure function, one file.

A stage is a function ``run_shard(spec) -> Counts`` at module level. It is idempotent, reads its
inputs by name, builds its model once per process, and writes exactly one shard. What a worker
needs crosses process borders as this small spec, never as objects.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import TypeAdapter

from pairset.store import PairSet, Stage

Inputs = TypeVar("Inputs")


@dataclass(frozen=True, slots=True)
class ShardSpec:
    """Everything one worker needs to know to make one shard."""

    set_url: str
    stage: str
    """Folder of the stage the shard belongs to."""
    key: str | None
    """Content-addressed run of the stage; None where the stage has only one."""
    shard: str
    """Name of the shard, and of its file."""
    settings: str
    """Settings of the verb as JSON, as its settings model dumps them."""
    inputs: str = "{}"
    """What else the shard is made from: a dataclass of its stage, as ``inputs_json`` writes it."""

    def output(self) -> Stage:
        """The folder the shard is written to."""
        return PairSet(self.set_url).stage(self.stage, self.key)

    def inputs_as(self, kind: type[Inputs]) -> Inputs:
        """What the shard is made from, as its stage knows it."""
        return TypeAdapter(kind).validate_json(self.inputs)


def inputs_json(inputs: object) -> str:
    """A dataclass as text that crosses process borders."""
    return TypeAdapter(type(inputs)).dump_json(inputs).decode()


@dataclass(frozen=True, slots=True)
class Counts:
    """What a finished shard holds."""

    rows: int = 0
    failures: int = 0
    seconds: float = 0.0
    """How long a worker was at it; 0 where the stage does not say."""
    waited_seconds: float = 0.0
    """Of them, how long its model waited for input."""
    passed_over: int = 0
    """Parts of containers that are no images by their name."""

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.rows + other.rows,
            self.failures + other.failures,
            self.seconds + other.seconds,
            self.waited_seconds + other.waited_seconds,
            self.passed_over + other.passed_over,
        )

    @property
    def pace(self) -> str:
        """Rate of one worker, and what it is bound by; empty where the stage does not say."""
        if not self.seconds:
            return ""
        waiting = self.waited_seconds / self.seconds
        bound = "model" if waiting < 0.5 else "reading"
        return f"{self.rows / self.seconds:.1f}/s a worker, {bound}-bound ({waiting:.0%} waiting)"


RunShard = Callable[[ShardSpec], Counts]


def unfinished(specs: Sequence[ShardSpec]) -> list[ShardSpec]:
    """Those shards whose file is not there yet."""
    finished: dict[tuple[str, str | None], set[str]] = {}
    for spec in specs:
        if (spec.stage, spec.key) not in finished:
            finished[spec.stage, spec.key] = set(spec.output().shards())
    return [spec for spec in specs if spec.shard not in finished[spec.stage, spec.key]]
