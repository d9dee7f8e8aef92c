"""What people's verdicts say of confidence, kept in the set for ``pairset report``."""

from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np

from pairset import __version__
from pairset.errors import MissingExtraError
from pairset.measures.calibration import thinned
from pairset.measures.savings import savings_at_random
from pairset.records import Verdict, rows_of
from pairset.records.ids import content_id
from pairset.rows.confidence_figures import (
    CertificateMark,
    ConfidenceFigures,
    ConfidenceFileError,
    confidence_path,
    read_confidence,
    to_json,
)
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, write_atomically
from review.calibration.crossfit import CrossFitted, cross_fit
from review.calibration.curves import (
    MOST_POINTS,
    Decided,
    curves_of,
    decided_rows,
    edit_types_of,
    judged_in,
)
from review.calibration.mistakes import Said, confident_mistakes, reviewers_of, unfit_of
from review.calibration.reading import KnownSet, read_known
from review.certificates.certified_triage import Route
from review.certificates.look import population_of
from review.opinions.adjudication import votes_by_annotation

_MISTAKES_SHOWN = 10
_SAID = """
    SELECT * REPLACE (NULL AS raw_result) FROM verdicts
    WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
"""


@dataclass(frozen=True, slots=True)
class _Case:
    """What the figures are computed from."""

    annotator: str
    decided: Decided
    skipped: int
    said: Said
    route: Route | None

    @property
    def key(self) -> str:
        """Hash of all of it, and of what could be made of it here."""
        votes = (
            (vote.verdict_id, vote.revision)
            for name in self.decided.names
            for vote in self.said.get(name, {}).values()
        )
        files = self.route.kept.files().values() if self.route else ()
        calibrates = str(find_spec("sklearn") is not None)
        parts = (self.annotator, repr(self.decided), str(self.skipped), repr(sorted(votes)))
        return content_id("confidence", __version__, calibrates, *parts, *files)


def keep_confidence(pair_set: PairSet, seed: int, route: Route | None) -> bool:
    """Bring confidence.json up to people's verdicts; False if it was.

    Under a certificate its own calibration is shown, else one fitted on all verdicts and asked only
    about scenes it did not see; without scikit-learn the raw confidence alone. Where nobody has
    decided anything there is no file.
    """
    case = _read_case(pair_set, seed, route)
    if case is None:
        return _remove(pair_set)
    made_of, before = case.key, _kept(pair_set)
    if before and before.made_of == made_of:
        return False
    write_atomically(pair_set, confidence_path(pair_set), to_json(_figures(case, made_of)))
    return True


def _read_case(pair_set: PairSet, seed: int, route: Route | None) -> _Case | None:
    """Everything that people decided on, not calibrated yet; None where that is nothing."""
    with connect_tables(pair_set) as tables:
        verdicts = list(rows_of(Verdict, tables.sql(_SAID).to_arrow_table()))
    if not verdicts:
        return None
    said, known = votes_by_annotation(verdicts), read_known(pair_set)
    rows = decided_rows(known)
    if not rows:
        return None
    judged, current = judged_in(known, rows), pair_set.current("annotations")
    names = [each.annotation_id for each in judged.evidence]
    return _Case(
        annotator=current.key if current else "",
        decided=Decided(judged, _drawn(known, rows, seed), unfit_of(names, said)),
        skipped=sum(known.outcomes.get(e.annotation_id, True) is None for e in known.evidence),
        said=said,
        route=route,
    )


def _drawn(known: KnownSet, rows: list[int], seed: int) -> list[bool]:
    """Whether each row is of a random sample of all that may be accepted, whatever its score."""
    counted = population_of(known, np.zeros(len(known.evidence)), seed).counted(0.0)
    return [bool(counted[row]) for row in rows]


def _figures(case: _Case, made_of: str) -> ConfidenceFigures:
    calibration = case.route.kept.calibration if case.route else _fitted(case.decided)
    decided = _calibrated(case.decided, calibration)
    judged, basis = decided.judged, decided.basis
    after = decided.probabilities
    at_random = savings_at_random(
        [judged.right[row] for row in basis], [decided.unfit[row] for row in basis]
    )
    return ConfidenceFigures(
        made_of=made_of,
        annotator=case.annotator,
        reviewers=reviewers_of(decided.names, case.said),
        verdicts=len(judged.right),
        accepted=sum(judged.right),
        skipped=case.skipped,
        drawn=sum(decided.drawn),
        rests_on=len(basis),
        forms=_forms(calibration),
        before=curves_of(decided, decided.confidences),
        after=None if after is None else curves_of(decided, after),
        at_random=tuple(thinned(at_random, MOST_POINTS)),
        edit_types=edit_types_of(decided),
        mistakes=confident_mistakes(decided, case.said, _MISTAKES_SHOWN),
        certificate=_certificate_mark(decided, case.route) if case.route else None,
    )


def _fitted(decided: Decided) -> CrossFitted | None:
    try:
        return cross_fit(decided.judged)
    except MissingExtraError:
        return None


def _calibrated(decided: Decided, calibration: CrossFitted | None) -> Decided:
    if calibration is None:
        return decided
    judged = decided.judged
    probabilities = calibration.probabilities(judged.evidence, judged.scenes)
    return replace(decided, probabilities=probabilities)


def _forms(calibration: CrossFitted | None) -> dict[str, str]:
    """What the models look at, with the reason of the first of each form."""
    reasons: dict[str, str] = {}
    for model in calibration.models if calibration else ():
        reasons.setdefault(model.form, model.because)
    return dict(sorted(reasons.items()))


def _certificate_mark(decided: Decided, route: Route) -> CertificateMark:
    certificate, after = route.kept.certificate, decided.probabilities
    threshold, coverage = certificate.threshold, None
    if threshold is not None and after is not None:
        coverage = float((after[decided.basis] >= threshold).mean())
    target, standing = certificate.target, certificate.standing
    return CertificateMark(target.precision, target.confidence, standing, threshold, coverage)


def _kept(pair_set: PairSet) -> ConfidenceFigures | None:
    """What was written last; nothing where another version wrote it."""
    try:
        return read_confidence(pair_set)
    except ConfidenceFileError:
        return None


def _remove(pair_set: PairSet) -> bool:
    path = confidence_path(pair_set)
    if not pair_set.filesystem.exists(path):
        return False
    pair_set.filesystem.rm(path)
    return True
