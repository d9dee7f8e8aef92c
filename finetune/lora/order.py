"""The order of examples in an epoch: shuffled, with those of like length side by side."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torch.utils.data import Sampler

_BATCHES_SORTED_TOGETHER = 4


@dataclass(frozen=True, slots=True)
class QueryDropout:
    """Now and then an item comes without its exemplars."""

    probability: float
    bare_lengths: Sequence[int]
    """Tokens of each item without them; empty where none are shown anyway."""


NO_DROPOUT = QueryDropout(0.0, ())


class ByLength(Sampler[int]):
    """A pure function of seed and epoch, so that a run that was killed goes on in the same order.

    Shuffled examples are cut into stretches of some batches; within one they are sorted by length,
    and the batches of it come in random order. An item without its exemplars goes by its number
    plus the number of items.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        batch_size: int,
        seed: int,
        dropout: QueryDropout = NO_DROPOUT,
    ) -> None:
        self._items = len(lengths)
        self._lengths = [*lengths, *dropout.bare_lengths]
        self._dropout = dropout
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    def __len__(self) -> int:
        return self._items

    def set_epoch(self, epoch: int) -> None:
        """The trainer says so before each epoch."""
        self._epoch = epoch

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"{self._seed} {self._epoch}")
        order = self._dropped_out(rng.sample(range(self._items), self._items))
        stretch = self._batch_size * _BATCHES_SORTED_TOGETHER
        for start in range(0, len(order), stretch):
            yield from self._batched(order[start : start + stretch], rng)

    def _dropped_out(self, order: Sequence[int]) -> list[int]:
        if not self._dropout.bare_lengths:
            return list(order)
        rng = random.Random(f"{self._seed} {self._epoch} query dropout")
        return [
            number + self._items if rng.random() < self._dropout.probability else number
            for number in order
        ]

    def _batched(self, numbers: list[int], rng: random.Random) -> Iterator[int]:
        numbers.sort(key=lambda number: self._lengths[number])
        batches = [
            numbers[start : start + self._batch_size]
            for start in range(0, len(numbers), self._batch_size)
        ]
        last = batches.pop() if len(batches[-1]) < self._batch_size else []
        rng.shuffle(batches)
        for batch in (*batches, last):
            yield from batch
