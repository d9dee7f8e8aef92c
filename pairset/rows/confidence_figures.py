"""What people's verdicts say of an annotator's confidence: ``SET/confidence.json``.

``pairset triage`` writes it, ``pairset report`` draws it.
"""

from dataclasses import dataclass

from pairset.files.damage import DamagedSetError
from pairset.measures.calibration import ReliabilityPoint, RiskPoint
from pairset.measures.savings import SavingsPoint
from pairset.rows.set_documents import read_set_document
from pairset.store import PairSet

CONFIDENCE_FILE = "confidence.json"


class ConfidenceFileError(DamagedSetError):
    """A set's confidence.json cannot be read."""


@dataclass(frozen=True, slots=True)
class Score:
    """How far one probability can be believed; None where it cannot be measured."""

    calibration_error: float | None
    brier: float | None
    auroc: float | None


@dataclass(frozen=True, slots=True)
class Curves:
    """The raw confidence, or the calibrated one, in pictures."""

    score: Score
    reliability: tuple[ReliabilityPoint, ...]
    risk_coverage: tuple[RiskPoint, ...]
    savings: tuple[SavingsPoint, ...]


@dataclass(frozen=True, slots=True)
class EditTypeFigures:
    """The verdicts on one edit type."""

    edit_type: str
    """As the model said."""
    verdicts: int
    accepted: int
    before: Score
    after: Score | None


@dataclass(frozen=True, slots=True)
class Objection:
    """What one reviewer had against an annotation, and what they made of it."""

    reviewer: str
    decision: str
    """fix or reject."""
    instruction_en: str | None
    instruction_zh: str | None
    edit_type: str | None
    changed_fields: tuple[str, ...]
    error_types: tuple[str, ...]
    reject_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """An annotation that was sure, and not accepted."""

    annotation_id: str
    confidence: float
    probability: float | None
    """Calibrated, by the model that did not see its scene; None without a calibration."""
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class CertificateMark:
    """What was certified, and where it stands on the curves."""

    precision: float
    confidence: float
    standing: str
    threshold: float | None
    """Probability from which on pairs are accepted; None where nothing is."""
    coverage: float | None
    """Share of the pairs of the curves that this accepts."""


@dataclass(frozen=True, slots=True)
class ConfidenceFigures:
    """Everything the page shows of an annotator's confidence."""

    made_of: str
    """Hash of what it was computed from."""
    annotator: str
    """Key of the annotations it is about."""
    reviewers: tuple[str, ...]
    verdicts: int
    """Annotations that people decided on; reliability and edit types rest on all of them."""
    accepted: int
    """Of those, accepted unchanged by everyone who decided."""
    skipped: int
    """Annotations that everybody skipped; they are in no figure."""
    drawn: int
    """Of the verdicts, a random sample of all that may be accepted."""
    rests_on: int
    """Verdicts under risk, coverage and savings: those drawn, or all where these are too few."""
    forms: dict[str, str]
    """What the calibration looks at, and why at no more; empty without one."""
    before: Curves
    after: Curves | None
    """Each verdict by the model that did not see its scene; None without scikit-learn."""
    at_random: tuple[SavingsPoint, ...]
    """Savings of reviewing in random order."""
    edit_types: tuple[EditTypeFigures, ...]
    mistakes: tuple[Mistake, ...]
    """The most confident first."""
    certificate: CertificateMark | None

    @property
    def is_fair(self) -> bool:
        """Whether risk and savings rest on a random sample of what may be accepted."""
        return self.rests_on == self.drawn


def confidence_path(pair_set: PairSet) -> str:
    """Where the figures of a set lie."""
    return f"{pair_set.root}/{CONFIDENCE_FILE}"


def to_json(figures: ConfidenceFigures) -> bytes:
    """The figures as the file holds them."""
    from pydantic import TypeAdapter

    return TypeAdapter(ConfidenceFigures).dump_json(figures, indent=1)


def read_confidence(pair_set: PairSet) -> ConfidenceFigures | None:
    """The figures of a set; None before anybody's verdicts were measured.

    Raises ConfidenceFileError for a file of another version.
    """
    path = confidence_path(pair_set)
    try:
        return read_set_document(ConfidenceFigures, pair_set, path)
    except DamagedSetError as error:
        raise ConfidenceFileError(f"{error} It is pairset triage that writes it anew.") from error
