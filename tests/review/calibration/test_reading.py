"""Evidence and verdicts are read from the set as it stands."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from pairset.records import Verdict, table_of
from pairset.records.verdict import verdict_id_of
from pairset.store import PairSet
from review.calibration.reading import read_known
from tests.review.offline.annotated_set import (
    SIZE,
    annotation_of,
    failed,
    make_annotated_set,
    pair_of,
    write_annotations,
    write_pairs,
)

FILES = [Path("x"), Path("y")]


@pytest.fixture
def pairs(tmp_path: Path) -> PairSet:
    return make_annotated_set(tmp_path, 4)


def say(pair_set: PairSet, *said: tuple[str, str, str]) -> None:
    """Verdicts: annotation, reviewer, decision."""
    rows = [
        Verdict(verdict_id_of(name, reviewer), 1, name, "pair", reviewer, decision)
        for name, reviewer, decision in said
    ]
    pair_set.stage("verdicts", "reviews").write("00000", table_of(Verdict, rows))


def test_numbers_come_from_tokens_pixels_and_the_size_of_the_source(pairs: PairSet) -> None:
    pair = replace(
        pair_of(0, FILES),
        tone_shift=7.0,
        color_shift=[10.0, 20.0, -10.0],
        alignment=[1.0, 0.0, 0.3, 0.0, 1.0, 0.4],
    )
    annotation = replace(
        annotation_of(pair, 0.5),
        attempt=2,
        instruction_en="Add a red dot.",
        inverse_en="Remove the red dot.",
        logprobs_en=[-0.5, -0.1],
        logprobs_zh=[-0.2, -0.2],
        logprobs_inverse_en=[-0.4, -0.8],
        logprobs_edit_type=[-0.3],
    )
    write_pairs(pairs, [pair], key="one")
    write_annotations(pairs, [annotation])
    (evidence,) = read_known(pairs).evidence
    width, height = SIZE

    assert evidence.edit_type == "recolor"
    assert (evidence.mean_en, evidence.min_en) == pytest.approx((-0.3, -0.5))
    assert evidence.reply_probability == pytest.approx(0.5 * math.exp(-0.4 - 1.2 - 0.3))
    assert evidence.probability_zh == pytest.approx(math.exp(-0.4))
    assert evidence.language_gap == pytest.approx(0.1)
    assert (evidence.mean_inverse_en, evidence.min_inverse_en) == pytest.approx((-0.6, -0.8))
    assert evidence.inverse_gap == pytest.approx(0.3)
    assert evidence.inverse_overlap == pytest.approx(2 / 6)
    assert (evidence.mean_edit_type, evidence.mean_inverse_zh) == (pytest.approx(-0.3), None)
    assert evidence.box_share == pytest.approx(24 * 16 / (width * height))
    assert (evidence.tone_shift, evidence.ssim) == (7.0, None)
    assert (evidence.light_shift, evidence.warmth_shift) == pytest.approx((13.59, 20.0))
    assert evidence.moved == pytest.approx(0.5)


def test_what_cannot_be_accepted_is_left_out(pairs: PairSet) -> None:
    known = len(read_known(pairs).evidence)
    withdrawn = annotation_of(pair_of(90, FILES), 0.9)
    wrong = failed(replace(annotation_of(pair_of(0, FILES), 0.9), attempt=2))
    unsure = replace(annotation_of(pair_of(1, FILES), None), attempt=2)
    unchanged = replace(annotation_of(pair_of(2, FILES), 0.9), attempt=2, is_changed=False)
    write_annotations(pairs, [withdrawn, wrong, unsure, unchanged])

    assert (known, len(read_known(pairs).evidence)) == (4, 1)


def test_pairs_that_share_an_image_are_one_scene(pairs: PairSet) -> None:
    one, other, third = (pair_of(number, FILES) for number in range(3))
    write_pairs(pairs, [one, replace(other, source_id=one.source_id), third], key="shared")
    known = read_known(pairs)

    assert len(known.scenes) == 3
    assert len(set(known.scenes)) == 2


def test_one_who_decided_otherwise_makes_it_wrong_and_triage_has_no_say(pairs: PairSet) -> None:
    say(
        pairs,
        ("agreed", "a@x.org", "accept"),
        ("agreed", "b@x.org", "accept"),
        ("disputed", "a@x.org", "accept"),
        ("disputed", "b@x.org", "fix"),
        ("skipped", "a@x.org", "skip"),
        ("skipped once", "a@x.org", "skip"),
        ("skipped once", "b@x.org", "accept"),
        ("unseen", "auto", "accept"),
        ("unclear", "a@x.org", "undecided"),
    )

    assert read_known(pairs).outcomes == {
        "agreed": True,
        "disputed": False,
        "skipped": None,
        "skipped once": True,
    }
