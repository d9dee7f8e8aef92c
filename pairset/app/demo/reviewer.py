"""A simulated reviewer, who knows what was planted and says so through the real records.

It stands in for people where a loop must run unattended: `make loop`, and tests. Its verdicts carry
the reviewer's name ``simulated``.
"""

import datetime
from collections.abc import Mapping

from pairset.app.demo.against_truth import Expected
from pairset.records import Annotation, Verdict, rows_of
from pairset.records.edit_types import EditType
from pairset.records.verdict import SIMULATED, Decision, ErrorType, RejectReason, verdict_id_of
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from review.opinions.verdicts import open_log

_FIELDS = ("instruction_en", "instruction_zh", "inverse_en", "inverse_zh", "edit_type")
_SECONDS_FOR_A_VERDICT = 4.0

_QUEUED = """
    SELECT a.* FROM annotations a JOIN triage t USING (annotation_id)
    WHERE t.queue IN ('review', 'audit') ORDER BY t.place
"""


def review_queue(pair_set: PairSet, expected: Mapping[str, Expected]) -> int:
    """Judge every annotation that triage queued; returns how many verdicts that made."""
    with connect_tables(pair_set) as tables:
        queued = list(rows_of(Annotation, tables.sql(_QUEUED).to_arrow_table()))
    log = open_log(pair_set, SIMULATED)
    verdicts = [
        verdict_on(annotation, expected.get(annotation.pair_id), number)
        for number, annotation in enumerate(queued, start=1)
    ]
    news = log.news_in(verdicts)
    log.add(news)
    return len(news)


def verdict_on(annotation: Annotation, expected: Expected | None, task_id: int) -> Verdict:
    """What somebody who knows the truth says of an annotation.

    Accept what is right in every field, fix what is not, reject a pair that nobody planted.
    """
    said = {name: getattr(annotation, name) for name in _FIELDS}
    truth = {name: getattr(expected, name) for name in _FIELDS} if expected else said
    changed = [name for name in _FIELDS if said[name] != truth[name]]
    decision = Decision.REJECT if expected is None else Decision.FIX if changed else Decision.ACCEPT
    server_id = annotation.annotation_id[:12]
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return Verdict(
        verdict_id=verdict_id_of(annotation.annotation_id, SIMULATED, f"{SIMULATED}/{server_id}"),
        revision=1,
        annotation_id=annotation.annotation_id,
        pair_id=annotation.pair_id,
        reviewer=SIMULATED,
        decision=decision,
        **truth,
        **{f"original_{name}": value for name, value in said.items()},
        changed_fields=changed,
        error_types=error_types(said, truth) if decision == Decision.FIX else [],
        reject_reasons=[RejectReason.UNRELATED_PAIR] if decision == Decision.REJECT else [],
        seconds_spent=_SECONDS_FOR_A_VERDICT,
        created_at=now,
        updated_at=now,
        project=SIMULATED,
        task_id=task_id,
        server_annotation_id=server_id,
    )


def error_types(said: Mapping[str, object], truth: Mapping[str, object]) -> list[str]:
    """What a reviewer would tick: the worst error, by how the words differ."""
    if said["edit_type"] == EditType.NONE:
        return [ErrorType.MISSING_CHANGE]
    if said["edit_type"] != truth["edit_type"]:
        return [ErrorType.INVENTED_CHANGE]
    tails = (str(words["instruction_en"]).split(" at the ")[0] for words in (said, truth))
    return [ErrorType.WRONG_POSITION] if len(set(tails)) == 1 else [ErrorType.WRONG_ATTRIBUTE]
