"""What review reveals as weak is seen more often. Pure."""

from collections import Counter
from collections.abc import Sequence

from pairset.records import Example


def repeats_by_edit_type(examples: Sequence[Example], most: int) -> dict[str, int]:
    """How often an example of each edit type is seen in one epoch, 1 to ``most``.

    Rises with the share of the type's examples that reviewers had to correct.
    """
    seen = Counter(str(each.edit_type) for each in examples)
    corrected = Counter(str(each.edit_type) for each in examples if each.is_corrected)
    return {kind: 1 + round((most - 1) * corrected[kind] / seen[kind]) for kind in seen}


def oversampled(examples: Sequence[Example], most: int) -> list[Example]:
    """The examples of one epoch, those of weak edit types repeated."""
    repeats = repeats_by_edit_type(examples, most)
    return [each for each in examples for _ in range(repeats[str(each.edit_type)])]
