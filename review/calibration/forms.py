"""What a calibration may look at, by how many verdicts there are to learn it from. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from review.calibration.calibration_model import Form, Scale, Term, scale_of
from review.calibration.evidence import (
    LOG_PROBABILITIES,
    PIXELS,
    PROBES,
    REPLY_PROBABILITY,
    Evidence,
    measured,
)
from review.calibration.judged import Judged

LEAST_VERDICTS = {
    Form.LOG_PROBABILITIES: 50,
    Form.PIXELS: 100,
    Form.CROSSED: 200,
    Form.FULL: 200,
    Form.STEPPED: 300,
}
LEAST_FOR_A_SHIFT = 20
"""Verdicts of whatever outcome; one number is moved by them."""
LEAST_OF_EACH_OUTCOME = 10
"""Of accepted and of other verdicts; ten events for a variable are the trade's rule of thumb
(Peduzzi et al. 1996), and regularisation carries the rest."""
LEAST_SCENES = 5
"""Fewer cannot be left out in turn."""
_LEAST_OF_A_TYPE = 10
"""Verdicts from which on an edit type has terms of its own."""


def affordable_forms(judged: Judged) -> list[Form]:
    """Forms that the verdicts are enough for, the simplest first; the prior needs none."""
    accepted = sum(judged.right)
    rarest = min(accepted, len(judged.right) - accepted)
    if rarest < LEAST_OF_EACH_OUTCOME or len(set(judged.scenes)) < LEAST_SCENES:
        return []
    return [form for form, least in offered_forms(judged).items() if len(judged.right) >= least]


def offered_forms(judged: Judged) -> dict[Form, int]:
    """Forms there is evidence for, and how many verdicts each takes.

    The full one only where most annotations were probed: a number that is rarely there is as good
    as its mean.
    """
    probed = sum(any(getattr(e, name) is not None for name in PROBES) for e in judged.evidence)
    offered = dict(LEAST_VERDICTS)
    if 2 * probed <= len(judged.evidence):
        del offered[Form.FULL]
    return offered


def terms_of(form: Form, evidence: Sequence[Evidence]) -> tuple[Term, ...]:
    """The terms of a form; edit types that are frequent here have some of their own.

    Squares, since too little of a change is as suspicious as too much.
    """
    if form == Form.PRIOR:
        return (Term(REPLY_PROBABILITY),)
    own = [Term(name) for name in LOG_PROBABILITIES]
    if form == Form.LOG_PROBABILITIES:
        return tuple(own)
    pixels = [Term(name, power) for name in PIXELS for power in (1, 2)]
    types = _types(evidence)
    if form == Form.PIXELS:
        return (*own, *pixels, *types)
    crossed = [replace(term, edit_type=each.edit_type) for each in types for term in pixels]
    if form == Form.CROSSED:
        return (*own, *pixels, *types, *crossed)
    names = (None, *(each.edit_type for each in types))
    probes = [Term(name, edit_type=each) for each in names for name in PROBES]
    return (*own, *pixels, *types, *crossed, *probes)


def step_terms(evidence: Sequence[Evidence]) -> tuple[Term, ...]:
    """What steps are looked for in: every number, and the edit types that are frequent."""
    numbers = (Term(name) for name in (*LOG_PROBABILITIES, *PIXELS, *PROBES))
    return (*numbers, *_types(evidence))


def _types(evidence: Sequence[Evidence]) -> list[Term]:
    counts = Counter(each.edit_type for each in evidence if each.edit_type)
    return [Term(edit_type=name) for name in sorted(counts) if counts[name] >= _LEAST_OF_A_TYPE]


def scales_of(terms: Sequence[Term], evidence: Sequence[Evidence]) -> dict[str, Scale]:
    """How each number of the terms is standardised."""
    names = dict.fromkeys(term.number for term in terms if term.number is not None)
    return {name: scale_of(measured(evidence, name)) for name in names}
