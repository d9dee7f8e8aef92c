"""What people said of the annotations, and how far they agree, as the page shows it."""

import json
from collections import Counter
from typing import Any

from pairset.status.figures import SetFigures
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


def people_panel(pair_set: PairSet, figures: SetFigures) -> dict[str, Any] | None:
    """Triage, verdicts and agreement; None before triage and reviews."""
    verdicts = Counter[str]()
    for each in figures.decisions:
        if each.reviewer != "auto":
            verdicts[each.decision] += each.count
    if not figures.triage and not verdicts:
        return None
    return {
        "queues": {_QUEUES.get(name, name): count for name, count in figures.triage.items()},
        "verdicts": dict(verdicts.most_common()),
        "reviewers": len({each.reviewer for each in figures.decisions} - {"auto"}),
        "audit": figures.audit,
        "agreement": _agreement(pair_set),
    }


def _agreement(pair_set: PairSet) -> list[tuple[str, str]]:
    """Measures by name; none before several people saw the same pairs."""
    path = f"{pair_set.root}/{AGREEMENT_FILE}"
    if not pair_set.filesystem.exists(path):
        return []
    measured = json.loads(pair_set.filesystem.cat_file(path))["group"]
    return [
        (name, f"{measured[key]:.2f}")
        for key, name in _MEASURES.items()
        if measured.get(key) is not None
    ]
