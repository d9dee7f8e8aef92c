"""Confidence held against verdicts, as the page shows it: charts, tables, mistakes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pairset.app.report.confidence_charts import (
    keeps_order,
    quarter_reviewed,
    reliability_chart,
    risk_chart,
    savings_chart,
)
from pairset.app.report.contents import PairCard
from pairset.app.report.people_section import name_of
from pairset.records.verdict import ReviewedField
from pairset.rows.confidence_figures import ConfidenceFigures, Mistake, Objection, read_confidence
from pairset.store import PairSet

_REVIEWERS_NAMED = 4
_FIELD_WORDS: dict[str, str] = {
    ReviewedField.INSTRUCTION_EN: "English",
    ReviewedField.INSTRUCTION_ZH: "Chinese",
    ReviewedField.INVERSE_EN: "English inverse",
    ReviewedField.INVERSE_ZH: "Chinese inverse",
    ReviewedField.EDIT_TYPE: "edit type",
    ReviewedField.CHANGE_BOX: "box",
    ReviewedField.CHANGE_MASK: "mask",
}


@dataclass(frozen=True, slots=True)
class ObjectionWords:
    """What one reviewer made of an annotation, as it is shown."""

    reviewer: str
    decision: str
    reasons: tuple[str, ...]
    changed: tuple[str, ...]
    instruction_en: str | None
    instruction_zh: str | None
    edit_type: str | None


@dataclass(frozen=True, slots=True)
class MistakeCard:
    """An annotation that was sure, and not accepted."""

    card: PairCard
    confidence: float
    probability: float | None
    objections: tuple[ObjectionWords, ...]


@dataclass(frozen=True, slots=True)
class JudgedFigures:
    """The figures of a set, and whether they are of the annotations that readers follow now."""

    figures: ConfidenceFigures
    is_stale: bool

    @property
    def mistaken(self) -> list[str]:
        """Annotation ids of the mistakes to show."""
        return [] if self.is_stale else [each.annotation_id for each in self.figures.mistakes]


def current_figures(pair_set: PairSet) -> JudgedFigures | None:
    """What the set holds; None before triage saw a verdict.

    Raises ConfidenceFileError for a file of another version.
    """
    figures = read_confidence(pair_set)
    if figures is None:
        return None
    current = pair_set.current("annotations")
    return JudgedFigures(figures, figures.annotator != (current.key if current else ""))


def judged_section(judged: JudgedFigures, cards: Sequence[PairCard]) -> Mapping[str, object]:
    """What the template draws; ``cards`` are those of the mistakes whose pairs are still there."""
    figures = judged.figures
    if judged.is_stale:
        return {"is_stale": True}
    by_annotation = {each.annotation.annotation_id: each for each in cards if each.annotation}
    return {
        "is_stale": False,
        "figures": figures,
        "reviewers": _reviewers(figures),
        "bin_rows": _bin_rows(figures),
        "reliability": reliability_chart(figures),
        "risk": risk_chart(figures),
        "savings": savings_chart(figures),
        "keeps_order": keeps_order(figures),
        "quarter": quarter_reviewed(figures),
        "mistakes": [
            _mistake_card(each, by_annotation[each.annotation_id])
            for each in figures.mistakes
            if each.annotation_id in by_annotation
        ],
    }


def _reviewers(figures: ConfidenceFigures) -> str:
    names = [name_of(reviewer) for reviewer in figures.reviewers]
    return ", ".join(names) if len(names) <= _REVIEWERS_NAMED else f"{len(names)} reviewers"


def _bin_rows(figures: ConfidenceFigures) -> str:
    rows = sorted({point.rows for point in figures.before.reliability})
    return f"{rows[0]}" if len(rows) == 1 else f"{rows[0]} or {rows[-1]}"


def _mistake_card(mistake: Mistake, card: PairCard) -> MistakeCard:
    words = tuple(_words(objection) for objection in mistake.objections)
    return MistakeCard(card, mistake.confidence, mistake.probability, words)


def _words(objection: Objection) -> ObjectionWords:
    return ObjectionWords(
        reviewer=name_of(objection.reviewer),
        decision=objection.decision,
        reasons=(*objection.error_types, *objection.reject_reasons),
        changed=tuple(_FIELD_WORDS.get(name, name) for name in objection.changed_fields),
        instruction_en=objection.instruction_en,
        instruction_zh=objection.instruction_zh,
        edit_type=objection.edit_type,
    )
