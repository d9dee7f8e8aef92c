"""The verb ``pairset triage``: every annotation goes somewhere, with the reason."""

import datetime
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace

from pairset.errors import MissingStageError
from pairset.files.damage import DamagedSetError
from pairset.locking.locks import writing
from pairset.models.stand_in import STARTER, is_demo
from pairset.records import Triage, Verdict, rows_of, table_of
from pairset.records.annotation import TOKEN_EVIDENCE
from pairset.records.ids import content_id
from pairset.records.triage import Queue
from pairset.records.verdict import AUTO, Decision, verdict_id_of
from pairset.rows.freshness import ANNOTATIONS, complain_of_lags
from pairset.rows.tables import connect_tables, stream_rows
from pairset.store import PairSet, open_set, write_atomically
from pairset.terminal.console import say, say_json, say_table
from review.basis import read_basis, words_of_confidence, words_of_starter
from review.certificates.certificate import Standing
from review.certificates.certified_triage import (
    DOES_NOT_FOLLOW,
    Route,
    certified_route,
    say_certificate,
    words_of_shift,
)
from review.certificates.set_confidence import keep_confidence
from review.queueing.outlook import with_outlook
from review.settings import TriageSettings
from review.sorting.contradiction import Measured, contradicts_no_change
from review.sorting.sorting import Candidate, Policy, sort_annotations

_SHARD = "00000"
_ROWS_AT_ONCE = 10_000
_TEXTS = ("instruction_en", "instruction_zh", "inverse_en", "inverse_zh", "edit_type")

_MEASURED = tuple(field.name for field in fields(Measured))
_CANDIDATES = f"""
    SELECT annotation_id, a.pair_id, cluster AS scene, confidence, p.pair_id IS NOT NULL AS is_kept,
        a.error_code IS NULL AND instruction_en IS NOT NULL AS has_instruction,
        is_changed IS DISTINCT FROM false AS is_changed, edit_type, model, {", ".join(_MEASURED)}
    FROM annotations a LEFT JOIN (FROM pairs WHERE status = 'kept') p USING (pair_id)
"""  # noqa: S608 - columns are constants of the record

_ACCEPTED = f"""
    SELECT a.* EXCLUDE ({", ".join(TOKEN_EVIDENCE)})
    FROM annotations a JOIN triage USING (annotation_id) WHERE queue = 'accepted'
    ORDER BY annotation_id
"""  # noqa: S608 - columns are constants of the record


def triage(settings: TriageSettings) -> None:
    """Sort the annotations of the annotator that readers follow, and say where they went.

    Run again it changes nothing, unless annotations, pairs or settings changed.
    """
    pair_set = open_set(settings.set_url)
    with writing(pair_set, settings.verb):
        _triage(pair_set, settings)


def _triage(pair_set: PairSet, settings: TriageSettings) -> None:
    is_told_to = settings.accept_starter or settings.threshold == 0
    may_accept = is_told_to or settings.precision is not None or is_demo(pair_set)
    candidates = list(_candidates(pair_set, may_accept_starter=may_accept))
    if not candidates:
        raise MissingStageError(
            f"{pair_set.url} holds no annotations yet. Write them with: "
            f"pairset annotate {pair_set.url}"
        )
    complain_of_lags(pair_set, ANNOTATIONS)
    pair_set.save_run("triage", settings.model_dump(mode="json"))
    limits = (settings.audit_share, settings.budget, settings.seed)
    policy = Policy(settings.threshold, *limits, settings.queue_by)
    route = certified_route(pair_set, settings) if settings.precision is not None else None
    if route:
        candidates = [route.scored(candidate) for candidate in candidates]
        policy = route.policy(policy)
    if settings.queue_by == "gain" and not policy.withheld:
        candidates, errors = with_outlook(pair_set, candidates, is_calibrated=bool(route))
        policy = replace(policy, errors=errors)
    rows = sort_annotations(candidates, policy)
    changed = _save(pair_set, rows, route.kept.files() if route else {})
    changed = _save_auto_verdicts(pair_set) or changed
    changed = keep_confidence(pair_set, settings.seed, route) or changed
    shifted = None if route else words_of_shift(pair_set, settings.shift_level)
    if settings.json_output:
        basis = read_basis(pair_set, settings.threshold)
        more = {"confidence": asdict(basis), "mix_shifted": shifted}
        say_json({**_document(rows, route, changed), **more})
    else:
        _say_outcome(pair_set, rows, settings, route)
        if shifted:
            say(shifted)
        if not changed:
            say("Nothing changed since the last triage.")
    if route and route.kept.certificate.standing == Standing.UNFOUNDED:
        raise DamagedSetError(DOES_NOT_FOLLOW)


def _say_outcome(
    pair_set: PairSet, rows: Sequence[Triage], settings: TriageSettings, route: Route | None
) -> None:
    """Where the annotations went, and what it rests on."""
    basis = read_basis(pair_set, settings.threshold)
    _say_rows(pair_set, rows)
    if route:
        say_certificate(route.kept, pair_set.url)
    else:
        say(words_of_confidence(basis, settings.threshold))
    if words := words_of_starter(basis, pair_set, rows):
        say(words)


def _document(rows: Sequence[Triage], route: Route | None, changed: bool) -> dict[str, object]:
    """What ``--json`` prints."""
    counts = Counter((row.queue, row.reason) for row in rows)
    return {
        "annotations": len(rows),
        "queues": [
            {"queue": queue, "reason": reason, "annotations": count}
            for (queue, reason), count in sorted(counts.items())
        ],
        "certificate": asdict(route.kept.certificate) if route else None,
        "changed": changed,
    }


def _candidates(pair_set: PairSet, may_accept_starter: bool) -> Iterator[Candidate]:
    """The starter's words are accepted on the proof of a certificate, or where somebody says so."""
    with connect_tables(pair_set) as tables:
        for row in stream_rows(tables, _CANDIDATES, _ROWS_AT_ONCE):
            measured = Measured(**{name: row.pop(name) for name in _MEASURED})
            is_stand_in = row.pop("model") == STARTER and not may_accept_starter
            is_contradicted = not row["is_changed"] and contradicts_no_change(measured)
            yield Candidate(**row, is_contradicted=is_contradicted, is_stand_in=is_stand_in)


def _save(pair_set: PairSet, rows: Sequence[Triage], files: Mapping[str, str]) -> bool:
    """Write the rows where their content says, and let readers follow them; False if they do.

    ``files`` are kept beside them: text by name.
    """
    key = content_id("triage", *(repr(row) for row in rows), *files.values())
    stage = pair_set.stage("triage", key)
    current = pair_set.current("triage")
    if current and current.path == stage.path:
        return False
    for name, text in files.items():
        write_atomically(pair_set, f"{stage.path}/{name}", text.encode())
    stage.write(_SHARD, table_of(Triage, rows))
    pair_set.publish("triage", key)
    return True


def _save_auto_verdicts(pair_set: PairSet) -> bool:
    """Make the verdicts of ``auto`` those of the accepted annotations; False if they were.

    Verdicts that stay keep their time.
    """
    stage = pair_set.stage("verdicts", AUTO)
    finished = stage.is_finished(_SHARD)
    table = stage.read(_SHARD) if finished else Verdict.SCHEMA.empty_table()
    before = {row.verdict_id: row for row in rows_of(Verdict, table)}
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    verdicts = [
        before.get(verdict.verdict_id, verdict) for verdict in _auto_verdicts(pair_set, now)
    ]
    if finished and [verdict.verdict_id for verdict in verdicts] == list(before):
        return False
    stage.write(_SHARD, table_of(Verdict, verdicts))
    return True


def _auto_verdicts(pair_set: PairSet, now: str) -> Iterator[Verdict]:
    with connect_tables(pair_set) as tables:
        for row in stream_rows(tables, _ACCEPTED, _ROWS_AT_ONCE):
            texts = {name: row[name] for name in _TEXTS}
            originals = {f"original_{name}": text for name, text in texts.items()}
            yield Verdict(
                verdict_id=verdict_id_of(row["annotation_id"], AUTO),
                revision=1,
                annotation_id=row["annotation_id"],
                pair_id=row["pair_id"],
                reviewer=AUTO,
                decision=Decision.ACCEPT,
                changed_fields=[],
                created_at=now,
                updated_at=now,
                **texts,
                **originals,
            )


def _say_rows(pair_set: PairSet, rows: Sequence[Triage]) -> None:
    counts = Counter((row.queue, row.reason) for row in rows)
    order = {str(queue): place for place, queue in enumerate(Queue)}
    listed = sorted(counts.items(), key=lambda item: (order[item[0][0]], -item[1]))
    shown = [[queue, reason, count] for (queue, reason), count in listed]
    say_table(f"Triage, {len(rows)} annotations", ["queue", "reason", "annotations"], shown)
    if any(row.place is not None for row in rows):
        say(f"Send the queued ones to reviewers with: pairset review push {pair_set.url}")
