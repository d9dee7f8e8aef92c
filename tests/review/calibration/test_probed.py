"""What was asked again becomes numbers, and a form of its own once most annotations have them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sacrebleu.metrics.chrf import CHRF

from pairset.records import Annotation, Probe, table_of
from pairset.store import PairSet
from review.calibration.calibration_model import Form
from review.calibration.evidence import PROBES, Evidence
from review.calibration.fitting import calibrate
from review.calibration.judged import Judged
from review.calibration.reading import read_known
from tests.review.calibration.drawn_evidence import drawn_judged
from tests.review.offline.annotated_set import (
    annotation_of,
    make_annotated_set,
    pair_of,
    write_annotations,
)

FILES = [Path("x"), Path("y")]
AUTHOR = replace(
    annotation_of(pair_of(0, FILES), 0.9), attempt=2, logprobs_en=[-0.1, -0.3], edit_type="recolor"
)


@pytest.fixture
def pairs(tmp_path: Path) -> PairSet:
    pair_set = make_annotated_set(tmp_path, 2)
    write_annotations(pair_set, [AUTHOR])
    return pair_set


def probe_of(
    kind: str,
    number: int = 0,
    *,
    annotation: Annotation = AUTHOR,
    model: str = AUTHOR.model,
    attempt: int = 1,
    **said: object,
) -> Probe:
    name = f"{annotation.annotation_id} {kind} {number} {model}"
    return Probe(
        probe_id=name,
        annotation_id=annotation.annotation_id,
        pair_id=annotation.pair_id,
        kind=kind,
        number=number,
        attempt=attempt,
        model=model,
        adapter=None,
        prompt_id="p",
        engine="vllm",
        **said,  # type: ignore[arg-type]
    )


def known(pair_set: PairSet, rows: Sequence[Probe]) -> Evidence:
    """The evidence of the annotation, with these probes in the set."""
    pair_set.stage("probes", "asked").write("00000", table_of(Probe, rows))
    return next(
        each for each in read_known(pair_set).evidence if each.annotation_id == AUTHOR.annotation_id
    )


def test_what_was_never_asked_is_none(pairs: PairSet) -> None:
    for each in read_known(pairs).evidence:
        assert [getattr(each, name) for name in PROBES] == [None] * len(PROBES)


def test_contrasts_are_held_against_what_the_author_itself_gave(pairs: PairSet) -> None:
    rows = [
        probe_of("swapped", logprobs=[-1.0, -2.0]),
        probe_of("source_twice", logprobs=[-0.1, -0.1]),
        probe_of("blank_target", error_code="timeout"),
    ]
    evidence = known(pairs, rows)

    assert evidence.gap_swapped == pytest.approx(-0.2 + 1.5)
    assert evidence.gap_source_twice == pytest.approx(-0.2 + 0.1)
    assert evidence.gap_blank_target is None
    assert evidence.other_mean is None


def test_another_model_is_held_against_its_own_view_of_the_pair(pairs: PairSet) -> None:
    rows = [
        probe_of("as_it_is", model="critic", logprobs=[-0.5, -0.7]),
        probe_of("swapped", model="critic", logprobs=[-1.0, -1.0]),
        probe_of("swapped", model="third", logprobs=[-9.0, -9.0]),
    ]
    evidence = known(pairs, rows)

    assert evidence.other_mean == pytest.approx(-0.6)
    assert evidence.gap_swapped == pytest.approx(0.4), "the third gave nothing to compare with"


def test_samples_agree_in_type_and_in_words(pairs: PairSet) -> None:
    other = "Paint everything in another colour."
    instruction = str(AUTHOR.instruction_en)
    rows = [
        probe_of("sample", 0, edit_type="recolor", instruction_en=instruction),
        probe_of("sample", 1, edit_type="style", instruction_en=other),
        probe_of("sample", 2, error_code="truncated"),
    ]
    evidence = known(pairs, rows)
    distance = CHRF().sentence_score(other, [instruction]).score

    assert evidence.sample_type_agreement == pytest.approx(0.5)
    assert evidence.sample_chrf == pytest.approx((100 + distance) / 2)
    assert distance < 50


def test_of_several_critics_the_mean_counts_and_of_attempts_the_latest(pairs: PairSet) -> None:
    rows = [
        probe_of("critic", p_yes=0.9),
        probe_of("critic", model="other", error_code="timeout"),
        probe_of("critic", model="other", attempt=2, p_yes=0.5),
    ]

    assert known(pairs, rows).critic_yes == pytest.approx(0.7)


def with_critic(judged: Judged, share: float) -> Judged:
    """The first so many with a critic that knows the truth, but for noise."""
    generator = np.random.default_rng(3)
    probed = int(share * len(judged.right))
    said = np.clip(np.array(judged.right) + generator.normal(0, 0.35, len(judged.right)), 0, 1)
    evidence = [
        replace(each, critic_yes=float(said[row])) if row < probed else each
        for row, each in enumerate(judged.evidence)
    ]
    return Judged(evidence, judged.right, judged.scenes)


def test_most_annotations_have_to_be_probed_for_the_full_form() -> None:
    judged = drawn_judged(300, seed=0)

    assert "full" not in calibrate(judged).because
    assert "full" not in calibrate(with_critic(judged, 0.4)).because
    assert calibrate(with_critic(judged, 1.0)).form == Form.FULL


def test_few_verdicts_are_too_few_for_it() -> None:
    model = calibrate(with_critic(drawn_judged(120, seed=0), 1.0))

    assert model.form != Form.FULL
    assert "full (200)" in model.because


def test_a_critic_that_knows_makes_the_calibration_better() -> None:
    unseen = with_critic(drawn_judged(1_000, seed=1), 1.0)
    judged = drawn_judged(400, seed=0)
    right = np.array(unseen.right)

    def brier(seen: Judged) -> float:
        return float(np.mean((calibrate(seen).probabilities(unseen.evidence) - right) ** 2))

    assert brier(with_critic(judged, 1.0)) < 0.75 * brier(judged)
