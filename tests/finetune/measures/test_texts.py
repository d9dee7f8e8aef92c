"""Text measures against values worked out by hand and against what their libraries publish."""

import math

import pytest

from finetune.measures.texts import bleu, chrf, cider, is_exact, rouge_l, tokens

RED_EN, RED_ZH = "Paint the square red.", "把方块涂成红色。"


@pytest.mark.parametrize(
    ("said", "expected", "exact"),
    [
        (RED_EN, RED_EN, True),
        ("  Paint the\tsquare  red. ", RED_EN, True),
        ("Cafe\u0301", "Caf\u00e9", True),
        ("Paint the square red", RED_EN, False),
        ("paint the square red.", RED_EN, False),
        (RED_ZH, RED_ZH, True),
        ("把方块涂成红色", RED_ZH, False),
        ("", RED_EN, False),
    ],
)
def test_exact_is_word_for_word_but_for_white_space(said: str, expected: str, exact: bool) -> None:
    assert is_exact(said, expected) is exact


def test_tokens_are_words_and_single_chinese_characters() -> None:
    assert tokens("Add the label “A-12”, top-left.") == [
        *("add", "the", "label", "a", "12", "top", "left")
    ]
    assert tokens("添加标签A12。") == ["添", "加", "标", "签", "a12"]


def test_chrf_worked_out_by_hand() -> None:
    """One- and two-character runs: of 4 and 3 said 3 and 2 match, of 3 and 2 expected as many."""
    precision, recall = (3 / 4 + 2 / 3) / 2, 1.0
    by_hand = 100 * 5 * precision * recall / (4 * precision + recall)

    assert chrf("涂成红色", "涂成红", "zh") == pytest.approx(by_hand)
    assert chrf(RED_EN, RED_EN, "en") == 100
    assert chrf("", RED_EN, "en") == 0


def test_rouge_l_worked_out_by_hand() -> None:
    """Lin (2004), section 3.1: "police killed the gunman", two candidates, recall 3/4 and 2/4."""
    reference = "police killed the gunman"

    assert rouge_l("police kill the gunman", reference) == pytest.approx(3 / 4)
    assert rouge_l("the gunman kill police", reference) == pytest.approx(2 / 4)
    assert rouge_l("涂红", "涂成红色") == pytest.approx(2 * 1 * 0.5 / 1.5)
    assert rouge_l("", reference) == 0


def test_bleu_worked_out_by_hand() -> None:
    """Six tokens for seven: n-grams match 5/6, 3/5, 2/4, 1/3; the shorter one pays exp(1 - 7/6)."""
    said, expected = "the cat sat on a mat", "the cat sat on the big mat"
    precisions = [5 / 6, 3 / 5, 2 / 4, 1 / 3]
    by_hand = 100 * math.exp(1 - 7 / 6) * math.prod(precisions) ** 0.25

    assert bleu([said], [expected], "en") == pytest.approx(by_hand)


def test_bleu_counts_chinese_by_characters() -> None:
    assert bleu([RED_ZH], [RED_ZH], "zh") == pytest.approx(100)
    near, far = (bleu([said], [RED_ZH], "zh") for said in ("把方块涂成蓝色。", "移除左边的圆。"))
    assert near is not None
    assert far is not None
    assert near > 50 > far
    assert bleu([], [], "zh") is None


def test_a_failed_reply_is_the_empty_text_and_lowers_bleu() -> None:
    assert bleu([RED_EN, ""], [RED_EN, RED_EN], "en") == pytest.approx(100 * math.exp(-1))


def test_cider_worked_out_by_hand() -> None:
    """Two references that share no word: every n-gram weighs ln 2.

    The second text has three of four words, two of three pairs and one of two triples right, and
    no run of four; all vectors have as many entries, so the cosine is the share that is right.
    """
    expected = ["paint the square red", "add one green disc"]
    said = ["paint the square red", "add one green ball"]
    by_hand = 10 * (1 + (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4) / 2

    assert cider(said, expected) == pytest.approx(by_hand)


def test_cider_has_no_figure_where_all_references_are_the_same() -> None:
    assert cider([RED_EN, RED_EN], [RED_EN, "paint the square red"]) is None
    assert cider([], []) is None


def test_cider_of_a_failed_reply_is_nothing() -> None:
    assert cider(["", RED_ZH], ["移除左边的圆。", RED_ZH]) == pytest.approx(5)
