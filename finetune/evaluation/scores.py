"""Every figure of an evaluation, from its rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.evaluation.annotators import Annotator, names_of, opponents
from finetune.evaluation.contest import Contest
from finetune.evaluation.judge import JudgeAgreement
from finetune.evaluation.references import References
from finetune.measures.comparison import PairedComparison, compare
from finetune.measures.confusion import Confusion, confusion
from finetune.measures.intervals import Estimate, Floats, SceneBootstrap
from finetune.measures.texts import LANGUAGES, CorpusScores, Language, corpus_scores
from pairset.measures.calibration import (
    EQUAL_MASS_BINS,
    ReliabilityPoint,
    RiskPoint,
    area_under_risk,
    area_under_roc,
    brier_score,
    calibration_error,
    reliability,
    risk_coverage,
)
from pairset.records import Evaluation
from pairset.rows.voices import is_judged

SHARES = ("exact_en", "exact_zh", "edit_type_right", "is_changed_right")
"""Fields of a row that are right or wrong; by these annotators are tested against each other."""
CLOSENESS = ("chrf_en", "chrf_zh", "rouge_l_en", "rouge_l_zh")
"""Fields of a row that say how close its words are."""
NO_REPLY = "no reply"
NO_ERROR = "none named"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The confidence as a probability that the English instruction is exact."""

    rows: int
    """Replies that carry a confidence; the others have no part in these figures."""
    bins: int
    calibration_error: float | None
    brier: float | None
    auroc: Estimate | None
    area_under_risk: float | None
    reliability: list[ReliabilityPoint]
    risk_coverage: list[RiskPoint]


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the pairs: those of an edit type, or on which reviewers found an error."""

    name: str
    pairs: int
    scenes: int
    unseen: int
    """Pairs among them whose words nobody judged."""
    means: dict[str, Estimate | None]
    """By the names in ``SHARES`` and ``CLOSENESS``."""


@dataclass(frozen=True, slots=True)
class AnnotatorFigures:
    """Everything about one annotator."""

    name: str
    model: str
    adapter: str | None
    prompt_id: str
    failed: int
    """Replies that failed; they count as wrong."""
    means: dict[str, Estimate | None]
    judged_same: Estimate | None
    """Share of English instructions that are exact, or mean the same to the judge."""
    corpus: dict[Language, CorpusScores]
    calibration: Calibration
    edit_types: Confusion
    is_changed: Confusion
    by_edit_type: list[Slice]
    by_error_type: list[Slice]


@dataclass(frozen=True, slots=True)
class Match:
    """One annotator tested against another."""

    name: str
    against: str
    measures: dict[str, PairedComparison]
    """By the names in ``SHARES``."""


@dataclass(frozen=True, slots=True)
class EvaluationFigures:
    """What the verb prints, and its page shows."""

    judge: JudgeAgreement | None
    """How far the judge agrees with the reviewers; it comes first, as all its words hang on it."""
    pairs: int
    scenes: int
    held_out_pairs: int
    known_scenes: int
    known_pairs: int
    bootstrap_draws: int
    annotators: list[AnnotatorFigures]
    matches: list[Match]
    left_out: list[str]
    notes: list[str]
    references: References
    """Whose words all of it is measured against."""


def figures_of(
    contest: Contest,
    against: str | None,
    judge: JudgeAgreement | None,
    bootstrap_draws: int,
    seed: int,
) -> EvaluationFigures:
    """Measure everybody, and test them against each other."""
    everyone = list(contest.rows)
    names = names_of(everyone)
    scenes = [row.scene for row in next(iter(contest.rows.values()))]
    bootstrap = SceneBootstrap(scenes, bootstrap_draws, seed)
    return EvaluationFigures(
        judge=judge,
        pairs=len(scenes),
        scenes=bootstrap.scenes,
        held_out_pairs=contest.held_out_pairs,
        known_scenes=contest.known_scenes,
        known_pairs=contest.known_pairs,
        bootstrap_draws=bootstrap_draws,
        annotators=[
            _annotator_figures(each, names[each], contest.rows[each], bootstrap, judge is not None)
            for each in everyone
        ],
        matches=[
            _match(names[one], names[other], contest.rows[one], contest.rows[other], bootstrap)
            for one, other in opponents(everyone, against)
        ],
        left_out=contest.left_out,
        notes=contest.notes,
        references=contest.references,
    )


def _annotator_figures(
    annotator: Annotator,
    name: str,
    rows: Sequence[Evaluation],
    bootstrap: SceneBootstrap,
    judged: bool,
) -> AnnotatorFigures:
    return AnnotatorFigures(
        name=name,
        model=annotator.model,
        adapter=annotator.adapter,
        prompt_id=annotator.prompt_id,
        failed=sum(row.failed for row in rows),
        means=_means(rows, np.ones(len(rows), dtype=bool), bootstrap),
        judged_same=bootstrap.share([row.exact_en or bool(row.judged_same) for row in rows])
        if judged
        else None,
        corpus={language: _corpus(rows, language) for language in LANGUAGES},
        calibration=_calibration(rows, bootstrap),
        edit_types=confusion(
            [row.edit_type for row in rows], [row.said_edit_type or NO_REPLY for row in rows]
        ),
        is_changed=confusion(
            [_changed(row.is_changed) for row in rows],
            [_changed(row.said_is_changed) for row in rows],
        ),
        by_edit_type=_slices(rows, bootstrap, {row.pair_id: [row.edit_type] for row in rows}),
        by_error_type=_slices(
            rows, bootstrap, {row.pair_id: row.error_types or [NO_ERROR] for row in rows}
        ),
    )


def _changed(value: bool | None) -> str:
    return NO_REPLY if value is None else "changed" if value else "unchanged"


def _means(
    rows: Sequence[Evaluation], chosen: NDArray[np.bool_], bootstrap: SceneBootstrap
) -> dict[str, Estimate | None]:
    shares = {
        measure: bootstrap.share_of([getattr(row, measure) for row in rows], chosen)
        for measure in SHARES
    }
    closeness = {
        measure: bootstrap.mean_of([getattr(row, measure) for row in rows], chosen)
        for measure in CLOSENESS
    }
    return shares | closeness


def _corpus(rows: Sequence[Evaluation], language: Language) -> CorpusScores:
    said = [getattr(row, f"said_instruction_{language}") or "" for row in rows]
    return corpus_scores(said, [getattr(row, f"instruction_{language}") for row in rows], language)


def _calibration(rows: Sequence[Evaluation], bootstrap: SceneBootstrap) -> Calibration:
    sure = [(row.confidence, row.exact_en) for row in rows if row.confidence is not None]
    confidences, right = [each[0] for each in sure], [each[1] for each in sure]
    bins, curve = reliability(confidences, right), risk_coverage(confidences, right)

    def auroc(weights: Floats) -> float | None:
        return area_under_roc(confidences, right, weights)

    return Calibration(
        rows=len(sure),
        bins=EQUAL_MASS_BINS,
        calibration_error=calibration_error(bins),
        brier=brier_score(confidences, right),
        auroc=bootstrap.of(auroc, np.array([row.confidence is not None for row in rows])),
        area_under_risk=area_under_risk(curve),
        reliability=bins,
        risk_coverage=curve,
    )


def _slices(
    rows: Sequence[Evaluation], bootstrap: SceneBootstrap, labels: Mapping[str, Sequence[str]]
) -> list[Slice]:
    """One slice for each label, the largest first; ``labels`` are by pair."""
    found = []
    for name in sorted({label for each in labels.values() for label in each}):
        chosen = np.array([name in labels[row.pair_id] for row in rows])
        scenes = {row.scene for row, is_chosen in zip(rows, chosen, strict=True) if is_chosen}
        means = _means(rows, chosen, bootstrap)
        nobody = [not is_judged(row.reviewer or "") for row in rows]
        unseen = int(np.logical_and(chosen, nobody).sum())
        found.append(Slice(name, int(chosen.sum()), len(scenes), unseen, means))
    return sorted(found, key=lambda each: (-each.pairs, each.name))


def _match(
    name: str,
    against: str,
    one: Sequence[Evaluation],
    other: Sequence[Evaluation],
    bootstrap: SceneBootstrap,
) -> Match:
    measures = {
        measure: compare(
            [getattr(row, measure) for row in one],
            [getattr(row, measure) for row in other],
            bootstrap,
        )
        for measure in SHARES
    }
    return Match(name, against, measures)
