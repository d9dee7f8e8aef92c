"""Whose words count for a pair, what they teach, and why others teach nothing."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from finetune.examples.make import exclusions, make_examples, save_examples
from finetune.examples.split import SplitRule
from finetune.examples.weakness import oversampled, repeats_by_edit_type
from pairset.errors import MissingStageError
from pairset.records import Consensus, Example, Pair, Verdict, rows_of, table_of
from pairset.records.ids import content_id
from pairset.store import PairSet
from tests.finetune.evaluation.reviewed_set import make_reviewed_set

PAIRS = 16
RULE = SplitRule(held_out_share=0.5, seed=0)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> PairSet:
    return make_reviewed_set(tmp_path_factory.mktemp("drawn"), PAIRS)


@pytest.fixture
def reviewed(drawn: PairSet, tmp_path: Path) -> PairSet:
    return PairSet(shutil.copytree(drawn.url, tmp_path / "set").as_posix())


def verdicts_of(pair_set: PairSet) -> list[Verdict]:
    return list(rows_of(Verdict, pair_set.stage("verdicts", "reviews").read("00000")))


def add(pair_set: PairSet, *verdicts: Verdict) -> None:
    name = content_id("verdicts", *map(repr, verdicts))
    pair_set.stage("verdicts", "reviews").write(name, table_of(Verdict, verdicts))


def another(verdict: Verdict, reviewer: str, updated_at: str, decision: str) -> Verdict:
    return replace(
        verdict,
        verdict_id=content_id("verdict", verdict.annotation_id, reviewer, updated_at),
        reviewer=reviewer,
        updated_at=updated_at,
        decision=decision,
    )


def example_of(pair_set: PairSet, verdict: Verdict, include_auto: bool = False) -> Example:
    examples = make_examples(pair_set, RULE, include_auto)
    return next(each for each in examples if each.pair_id == verdict.pair_id)


def test_every_reviewed_pair_is_one_example(reviewed: PairSet) -> None:
    examples = make_examples(reviewed, RULE, include_auto=False)

    assert len(examples) == len({each.pair_id for each in examples}) == PAIRS
    assert all(each.teaches for each in examples)
    assert {each.split for each in examples} == {"train", "held_out"}


def test_no_scene_is_on_both_sides(reviewed: PairSet) -> None:
    stage = reviewed.stage("pairs", "drawn")
    pairs = list(rows_of(Pair, stage.read("00000")))
    tied = [replace(pair, cluster=f"cluster-{n // 4}") for n, pair in enumerate(pairs)]
    stage.write("00000", table_of(Pair, tied))

    sides: dict[str, set[str]] = {}
    cluster_of = {pair.pair_id: str(pair.cluster) for pair in tied}
    for example in make_examples(reviewed, RULE, include_auto=False):
        sides.setdefault(cluster_of[example.pair_id], set()).add(example.split)
    assert len(sides) == PAIRS // 4
    assert all(len(side) == 1 for side in sides.values())


def test_a_correction_teaches_the_reviewers_words_and_remembers_the_models(
    reviewed: PairSet,
) -> None:
    verdict = next(each for each in verdicts_of(reviewed) if each.decision == "fix")

    example = example_of(reviewed, verdict)
    left, written = json.loads(str(example.reply)), json.loads(str(example.original_reply))
    assert example.is_corrected
    assert left["instruction_en"] == verdict.instruction_en
    assert written["instruction_en"] == verdict.original_instruction_en
    assert example.error_types == verdict.error_types


def test_that_nothing_changes_is_a_lesson_too(reviewed: PairSet) -> None:
    verdict = next(each for each in verdicts_of(reviewed) if each.edit_type == "none")

    assert json.loads(str(example_of(reviewed, verdict).reply))["is_changed"] is False


def test_the_latest_verdict_on_a_pair_counts_but_a_skip_takes_none_away(
    reviewed: PairSet,
) -> None:
    first, second, *_ = verdicts_of(reviewed)
    add(
        reviewed,
        another(first, first.reviewer, "2026-02-01", "reject"),
        another(second, second.reviewer, "2026-02-01", "skip"),
    )

    assert example_of(reviewed, first).exclusion == "rejected"
    assert example_of(reviewed, second).teaches


def test_reviewers_who_were_not_weighed_against_each_other_teach_nothing(
    reviewed: PairSet,
) -> None:
    verdict = verdicts_of(reviewed)[0]
    other = another(verdict, "bob@example.org", "2026-02-01", "accept")
    add(reviewed, other)
    assert example_of(reviewed, verdict).exclusion == "disputed"

    settled = Consensus(
        verdict.annotation_id, verdict.pair_id, "agreed", "accept", verdict.verdict_id, [], 2
    )
    reviewed.stage("consensus", "now").write("00000", table_of(Consensus, [settled]))
    reviewed.publish("consensus", "now")
    example = example_of(reviewed, verdict)
    assert (example.exclusion, example.verdict_id) == (None, verdict.verdict_id)


def test_words_that_are_no_reply_are_excluded_with_the_reason(reviewed: PairSet) -> None:
    verdict = verdicts_of(reviewed)[0]
    add(reviewed, replace(verdict, revision=2, instruction_zh="", decision="fix"))

    example = example_of(reviewed, verdict)
    assert example.exclusion == "invalid_reply"
    assert "instruction_zh" in str(example.exclusion_detail)


def test_a_pair_that_is_not_kept_any_more_is_excluded(reviewed: PairSet) -> None:
    verdict = verdicts_of(reviewed)[0]
    stage = reviewed.stage("pairs", "drawn")
    kept = [pair for pair in rows_of(Pair, stage.read("00000")) if pair.pair_id != verdict.pair_id]
    stage.write("00000", table_of(Pair, kept))

    assert example_of(reviewed, verdict).exclusion == "pair_withdrawn"


def test_what_triage_accepted_counts_only_when_asked_and_never_before_people(
    reviewed: PairSet,
) -> None:
    judged, *others = verdicts_of(reviewed)
    stage = reviewed.stage("verdicts", "reviews")
    stage.write("00000", table_of(Verdict, [judged]))
    automatic = [another(each, "auto", "2026-03-01", "accept") for each in (judged, *others)]
    reviewed.stage("verdicts", "auto").write("00000", table_of(Verdict, automatic))

    assert len(make_examples(reviewed, RULE, include_auto=False)) == 1
    examples = make_examples(reviewed, RULE, include_auto=True)
    assert len(examples) == PAIRS
    assert example_of(reviewed, judged, include_auto=True).reviewer == judged.reviewer


def test_a_set_without_verdicts_says_what_to_do(reviewed: PairSet) -> None:
    shutil.rmtree(Path(reviewed.url, "verdicts"))

    with pytest.raises(MissingStageError, match=r"pairset review serve .* Or else\.$"):
        make_examples(reviewed, RULE, include_auto=False, advice=" Or else.")


def test_examples_are_a_table_of_the_set(reviewed: PairSet) -> None:
    examples = make_examples(reviewed, RULE, include_auto=False)
    key = save_examples(reviewed, examples)

    assert save_examples(reviewed, examples) == key
    stage = reviewed.current("examples")
    assert stage is not None
    assert list(rows_of(Example, stage.read("00000"))) == examples
    assert exclusions(examples) == {}


def test_edit_types_that_reviewers_corrected_are_seen_more_often(reviewed: PairSet) -> None:
    right = Example("r", "p", "a", "v", "ann", "accept", "s", "train", reply="x", edit_type="zoom")
    right = replace(right, original_reply="x")
    wrong = replace(right, example_id="w", original_reply="y", edit_type="move")
    half = replace(right, example_id="h", edit_type="move")

    assert repeats_by_edit_type([right, wrong], most=4) == {"zoom": 1, "move": 4}
    assert repeats_by_edit_type([right, wrong, half], most=5) == {"zoom": 1, "move": 3}
    assert len(oversampled([right, wrong], most=4)) == 5
    assert oversampled([right, wrong], most=1) == [right, wrong]
