"""Two annotators on the same pairs, and what was taken for what."""

import pytest

from finetune.measures.comparison import compare, mcnemar
from finetune.measures.confusion import confusion
from finetune.measures.intervals import SceneBootstrap


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    [
        (9, 1, 2 * (1 + 10) / 2**10),
        (1, 9, 2 * (1 + 10) / 2**10),
        (5, 0, 2 / 2**5),
        (3, 3, 1.0),
    ],
)
def test_mcnemar_is_the_binomial_tail_worked_out_by_hand(
    gained: int, lost: int, p_value: float
) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p_value)


def test_annotators_that_never_differ_are_not_tested() -> None:
    assert mcnemar(0, 0) is None


def test_a_comparison_counts_where_they_differ() -> None:
    one = [True] * 12 + [False] * 4 + [True] * 4
    other = [False] * 12 + [True] * 4 + [True] * 4
    found = compare(one, other, SceneBootstrap([str(row) for row in range(20)], 2_000, 0))

    assert (found.gained, found.lost) == (12, 4)
    assert found.difference is not None
    assert found.difference.value == pytest.approx((12 - 4) / 20)
    assert found.difference.low is not None
    assert found.difference.low > 0
    assert found.p_value == pytest.approx(0.0768, abs=1e-4)


def test_differences_of_one_scene_count_as_one() -> None:
    one, other = [True] * 10 + [False] * 10, [False] * 10 + [False] * 10
    apart = compare(one, other, SceneBootstrap([str(row) for row in range(20)], 2_000, 0))
    together = compare(one, other, SceneBootstrap([str(row // 10) for row in range(20)], 2_000, 0))

    assert apart.difference is not None
    assert together.difference is not None
    assert apart.difference.low is not None
    assert apart.difference.low > 0.2
    assert together.difference.low == 0


def test_confusion_counts_every_row_once_and_keeps_labels_that_nobody_expected() -> None:
    found = confusion(["add", "add", "none", "move"], ["add", "move", "no reply", "add"])

    assert found.expected == ["add", "move", "none"]
    assert found.said == ["add", "move", "none", "no reply"]
    assert found.counts == [[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
