"""What was certified, what it rests on, and what became of it; kept with the run of triage."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from pairset.files.damage import DamagedSetError, reading
from pairset.rows.set_documents import read_set_document
from pairset.store import PairSet, Stage
from review.calibration.calibration_model import Reliability, document_of, models_of
from review.calibration.crossfit import FOLDS, CrossFitted
from review.calibration.evidence import Evidence, Floats
from review.certificates.audit import AuditTest
from review.certificates.gate import Gate
from review.certificates.learn_then_test import ThresholdSequence
from review.certificates.shift import Shift

CERTIFICATE_FILE = "certificate.json"
CALIBRATION_FILE = "calibration.json"
GATE_FILE = "gate.json"
_FIRST_LOOK = 0.8
"""Share of the allowed chance of a missed target that the first look may use up."""


class Standing(StrEnum):
    """What became of a certificate."""

    CERTIFIED = "certified"
    NOTHING = "nothing_certified"
    BROKEN = "certificate_broken"
    """Audits said so."""
    UNFOUNDED = "does_not_follow"
    """The set's verdicts do not say what the certificate says of them."""
    SHIFTED = "mix_shifted"
    """The pairs at hand are of another kind than those it was certified on."""


@dataclass(frozen=True, slots=True)
class Target:
    """So large a share of what is accepted is right, with so much confidence."""

    precision: float
    confidence: float

    def level(self, look: int) -> float:
        """Chance of a missed target that a look may take: all looks together take what is left.

        Who looks again with every new verdict will be lucky once; so each look has its own share,
        the first the most.
        """
        allowed = 1 - self.confidence
        if look == 1:
            return allowed * _FIRST_LOOK
        return allowed * (1 - _FIRST_LOOK) / ((look - 1) * look)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate about one set's annotations, and its evidence."""

    target: Target
    annotator: str
    """Key of the annotations it is about."""
    standing: str
    """One of ``Standing``."""
    decided: str
    """Hash of all verdicts there were."""
    population: str
    """Hash of all annotations that could be accepted when thresholds were tested."""
    looks: int
    """Times that thresholds were tested for this target; 0 while there was too little to test."""
    pairs: int
    """Annotations that may be accepted."""
    verdicts: int
    """On annotations that may be accepted; skips count."""
    drawn: int
    """Of those, chosen by the draw: a random sample of all, or of what passed the gate."""
    sequence: ThresholdSequence | None = None
    """The tests of the latest look; None while the sample is not judged yet."""
    floor: float | None = None
    """Probability it took to pass the gate; None before there was one."""
    tested_on: tuple[str, ...] = ()
    """Annotations whose verdicts certified the threshold."""
    needed: int | None = None
    """Drawn verdicts it would take in all; None where certified, or where none would do."""
    before: Reliability | None = None
    """Of the raw confidence, on all verdicts."""
    after: Reliability | None = None
    """Of the calibrated one, each by the model that did not see its scene."""
    audit: AuditTest | None = None
    seed: int | None = None
    """Of the random orders; None where an earlier version did not tell."""
    shifts: tuple[Shift, ...] = ()

    @property
    def threshold(self) -> float | None:
        """Probability from which on pairs are accepted; None where nothing is."""
        passed = self.sequence.passed if self.sequence else None
        return passed.threshold if passed and self.standing == Standing.CERTIFIED else None

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate and the models behind it."""

    certificate: Certificate
    calibration: CrossFitted
    gate: Gate | None = None

    def probabilities(self, evidence: Sequence[Evidence], scenes: Sequence[str]) -> Floats:
        """Probability for each annotation, 0 to 1: what is compared with the threshold."""
        scores = self.calibration.probabilities(evidence, scenes)
        return self.gate.lowered(scores, evidence, scenes) if self.gate else scores

    def files(self) -> Mapping[str, str]:
        """Their text by file name."""
        texts = {
            CALIBRATION_FILE: _calibration_text(self.calibration),
            CERTIFICATE_FILE: self.certificate.to_json(),
        }
        return texts | ({GATE_FILE: _calibration_text(self.gate.calibration)} if self.gate else {})

    def with_certificate(self, **changes: Any) -> "Kept":
        return replace(self, certificate=replace(self.certificate, **changes))


def latest_kept(pair_set: PairSet, target: Target | None, annotator: str) -> Kept | None:
    """What is known of a certificate: the certificate readers follow, else that of the latest look.

    None stands for any certificate.
    """
    current = pair_set.current("triage")
    stages = [*([current] if current else []), *reversed(_by_looks(pair_set, target, annotator))]
    for stage in stages:
        certificate = _read_certificate(stage)
        if certificate and _is_about(certificate, target, annotator):
            return _read_kept(stage, certificate)
    return None


def _is_about(certificate: Certificate, target: Target | None, annotator: str) -> bool:
    return certificate.annotator == annotator and target in (None, certificate.target)


def _by_looks(pair_set: PairSet, target: Target | None, annotator: str) -> list[Stage]:
    found = [(_read_certificate(stage), stage) for stage in pair_set.runs("triage")]
    ours = [
        (kept.looks, kept.standing != Standing.CERTIFIED, kept.verdicts, stage.key, stage)
        for kept, stage in found
        if kept and _is_about(kept, target, annotator)
    ]
    return [entry[-1] for entry in sorted(ours, key=lambda entry: entry[:-1])]


def _read_certificate(stage: Stage) -> Certificate | None:
    path = f"{stage.path}/{CERTIFICATE_FILE}"
    certificate = read_set_document(Certificate, stage.pair_set, path)
    if certificate and (certificate.standing not in list(Standing) or certificate.looks < 0):
        raise DamagedSetError(f"{path} is no certificate: of its kind there is none. Remove it.")
    return certificate


def _read_kept(stage: Stage, certificate: Certificate) -> Kept:
    gate = None
    if certificate.floor is not None:
        gate = Gate(_read_calibration(stage, GATE_FILE), certificate.floor)
    return Kept(certificate, _read_calibration(stage, CALIBRATION_FILE), gate)


def _read_calibration(stage: Stage, name: str) -> CrossFitted:
    path = f"{stage.path}/{name}"
    with reading(path):
        models = models_of(stage.pair_set.content_of(path))
        if len(models) != FOLDS:
            raise ValueError(f"it holds {len(models)} models, and there is one for each fold")
    return CrossFitted(models)


def _calibration_text(calibration: CrossFitted) -> str:
    documents = [document_of(model) for model in calibration.models]
    return json.dumps(documents, indent=1, ensure_ascii=False)
