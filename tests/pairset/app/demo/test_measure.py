"""The demo's figures follow from rows whose rightness can be counted by hand."""

import pytest

from pairset.app.demo.against_truth import (
    Expected,
    KeptPair,
    Reply,
    confidence_auroc,
    measure_annotations,
    measure_mining,
)
from pairset.app.demo.truth import PlantedPair, Truth


def _planted(source: str, target: str, edit_type: str = "add") -> PlantedPair:
    return PlantedPair(source, target, edit_type, edit_type, "go", "去", "back", "回")


TRUTH = Truth(
    seed=0,
    pairs=(_planted("a", "b"), _planted("c", "d", "zoom")),
    copies={"a2": "a"},
    mirrored={"am": "a"},
    unrelated=("u",),
    broken={},
)


def test_finding_every_planted_pair_and_nothing_else_is_perfect() -> None:
    figures = measure_mining([KeptPair("1", "a", "b"), KeptPair("2", "d", "c")], TRUTH)
    assert (figures.precision, figures.recall) == (1.0, 1.0)
    assert figures.mistakes == {}


def test_a_pair_found_backwards_is_expected_to_say_the_inverse() -> None:
    (expected,) = measure_mining([KeptPair("1", "b", "a")], TRUTH).found
    assert expected == Expected("1", "back", "回", "go", "去", "remove")


def test_a_copy_stands_for_what_it_shows_but_counts_once() -> None:
    figures = measure_mining([KeptPair("1", "a2", "b"), KeptPair("2", "a", "b")], TRUTH)
    assert (figures.precision, figures.recall) == (0.5, 0.5)
    assert figures.mistakes == {"same_scene": 1}


@pytest.mark.parametrize(
    ("source", "target", "mistake"),
    [
        ("a", "a2", "copy"),
        ("am", "b", "mirrored_copy"),
        ("a", "u", "unrelated"),
        ("a", "c", "unrelated"),
    ],
)
def test_what_was_not_planted_is_named(source: str, target: str, mistake: str) -> None:
    figures = measure_mining([KeptPair("1", source, target)], TRUTH)
    assert figures.mistakes == {mistake: 1}
    assert figures.precision == 0
    assert len(figures.missed) == 2


def test_nothing_kept_is_no_precision_and_no_recall() -> None:
    figures = measure_mining([], TRUTH)
    assert (figures.precision, figures.recall) == (0.0, 0.0)


def test_a_pair_without_a_reply_is_wrong() -> None:
    words = "go", "去", "back", "回", "add"
    expected = [Expected("1", *words), Expected("2", *words)]
    figures = measure_annotations(expected, {"1": Reply("go", "走", "add", 0.9)})
    assert figures.edit_type_accuracy == 0.5
    assert figures.exact_en == 0.5
    assert figures.exact_zh == 0.0
    assert figures.by_edit_type == {"add": (2, 1, 1, 0)}


def test_auroc_is_the_share_of_right_over_wrong_ranked_rightly() -> None:
    assert confidence_auroc([0.9, 0.2, 0.5, None], [True, True, False, False]) == 0.5


def test_auroc_needs_both_right_and_wrong() -> None:
    assert confidence_auroc([0.9, 0.2], [True, True]) is None
