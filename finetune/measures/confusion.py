"""What was taken for what."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confusion:
    """A table of counts: a row for each label expected, a column for each one said."""

    expected: list[str]
    said: list[str]
    counts: list[list[int]]


def confusion(expected: Sequence[str], said: Sequence[str]) -> Confusion:
    """Count what was said where something was expected.

    Expected labels come most frequent first; said ones in the same order, then those that nobody
    expected by name.
    """
    frequent = sorted(Counter(expected).items(), key=lambda entry: (-entry[1], entry[0]))
    rows = [label for label, _ in frequent]
    columns = [*rows, *sorted(set(said) - set(rows))]
    counts = Counter(zip(expected, said, strict=True))
    return Confusion(rows, columns, [[counts[row, column] for column in columns] for row in rows])
