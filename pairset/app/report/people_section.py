"""What people said of the annotations, and how far they agree, as the page shows it."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from pairset.app.status.counts import SetFigures
from pairset.files.damage import reading
from pairset.pages.bars import AgreementBar, agreement_bar
from pairset.records.verdict import SIMULATED
from pairset.rows.set_documents import read_set_object
from pairset.rows.voices import Judges, is_judged, judges_of
from pairset.store import PairSet

AGREEMENT_FILE = "agreement.json"
"""Written into the set by ``pairset review agreement``."""

_QUEUES = {
    "accepted": "accepted unseen",
    "review": "queued for review",
    "audit": "queued as audit",
    "waiting": "waiting",
    "set_aside": "set aside",
}
_MEASURES = {
    "fleiss_kappa": "Fleiss’ kappa",
    "alpha_decision": "Krippendorff’s alpha",
    "alpha_edit_type": "alpha, edit type",
}


def people_panel(pair_set: PairSet, figures: SetFigures) -> dict[str, object] | None:
    """Triage, verdicts and agreement; None before triage and reviews."""
    verdicts = Counter[str]()
    for each in figures.decisions:
        if is_judged(each.reviewer):
            verdicts[each.decision] += each.count
    if not figures.triage and not verdicts:
        return None
    judges = judges_of({each.reviewer for each in figures.decisions})
    return {
        "title": _title(judges, bool(verdicts)),
        "judges": judges,
        "queues": {_QUEUES.get(name, name): count for name, count in figures.triage.items()},
        "verdicts": dict(verdicts.most_common()),
        "audit": figures.audit,
        "unchanged_audit": figures.unchanged_audit,
        **_agreement(pair_set),
    }


def _title(judges: Judges, has_verdicts: bool) -> str:
    if not has_verdicts:
        return "What triage did: nobody has judged anything yet"
    return f"What {judges.the.rstrip(',')} said"


def _agreement(pair_set: PairSet) -> dict[str, object]:
    """Measures of all, and bars of each; none before several people saw the same pairs."""
    path = f"{pair_set.root}/{AGREEMENT_FILE}"
    measured = read_set_object(pair_set, path)
    if measured is None:
        return {"agreement": [], "bars": []}
    with reading(path):
        group = measured["group"]
        tiles = [
            (name, f"{group[key]:.2f}")
            for key, name in _MEASURES.items()
            if group.get(key) is not None
        ]
        return {"agreement": tiles, "bars": list(_bars(measured))}


def _bars(measured: dict[str, Any]) -> Iterator[AgreementBar]:
    """Every two reviewers, then each one with the consensus."""
    for two in measured["pairs_of_reviewers"]:
        if two["kappa"] is not None:
            names = f"{name_of(two['one'])} and {name_of(two['other'])}"
            yield agreement_bar(names, f"Cohen’s kappa of {two['shared']} pairs", two["kappa"])
    for each in measured["reviewers"]:
        if each["with_consensus"] is not None:
            name = name_of(each["reviewer"])
            yield agreement_bar(name, "share decided as the consensus", each["with_consensus"])


def name_of(reviewer: str) -> str:
    """Without the domain of an address: the page may go to others than the reviewers."""
    return "a simulated reviewer" if reviewer == SIMULATED else reviewer.partition("@")[0]
