"""Which pairs the page shows, and what of their words is marked."""

from finetune.evaluation.cards import Piece, compared_words, least_alike, most_different
from pairset.records import Evaluation

WORDS = ("Add a disc.", "添加圆盘。")


def row(edit_type: str, exact: bool, chrf: float) -> Evaluation:
    expected = (edit_type, True, *WORDS)
    right = (False, exact, exact, True, True, chrf, chrf, 0.5, 0.5)
    return Evaluation("a", "e", "p", "m", None, "prompt", "s", *expected, *expected, *right, 0.5)


def test_words_that_reviewers_do_not_have_are_marked() -> None:
    assert compared_words("Add a red disc.", "Add a green disc.") == (
        *(Piece("Add a ", False), Piece("red", True), Piece(" disc.", False)),
    )
    assert compared_words("添加红色圆盘。", "添加绿色圆盘。") == (
        *(Piece("添加", False), Piece("红", True), Piece("色圆盘。", False)),
    )
    assert compared_words(None, "Add a disc.") == ()


def test_exact_goes_before_closer_and_edit_types_take_turns() -> None:
    before = [row("add", False, 50)] * 3 + [row("move", False, 50)] * 2 + [row("add", True, 100)]
    after = [
        *(row("add", False, 60), row("add", True, 100), row("add", False, 90)),
        *(row("move", False, 70), row("move", False, 50), row("add", False, 20)),
    ]

    assert most_different(after, before, 6) == ([1, 3, 2, 0], [5])
    assert most_different(after, before, 2) == ([1, 3], [5])


def test_alone_the_words_farthest_from_the_reviewers_are_shown() -> None:
    rows = [row("add", True, 100), row("add", False, 60), row("add", False, 10)]

    assert least_alike(rows, 5) == [2, 1]
