"""From verdicts to examples: whose words count, what they teach, and why others teach nothing."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from annotator.prompting.reply import KEYS, ReplyError, check_reply, reply_text
from finetune.examples.split import SplitRule
from pairset.errors import MissingStageError
from pairset.records import Example, table_of
from pairset.records.edit_types import EditType
from pairset.records.example import ExclusionReason, example_id_of
from pairset.records.ids import content_id
from pairset.records.verdict import AUTO, DECIDED, Decision
from pairset.rows.freshness import ANNOTATIONS, CONSENSUS, TRIAGE
from pairset.rows.scenes import scenes_of
from pairset.rows.tables import connect_tables, kept_places
from pairset.store import PairSet

_WORDS = ("instruction_en", "instruction_zh", "inverse_en", "inverse_zh", "edit_type")

_VERDICTS = """
    WITH deciding AS (
        SELECT *, count(DISTINCT reviewer) FILTER (decision IN ('accept', 'fix', 'reject'))
            OVER (PARTITION BY annotation_id) AS opinions
        FROM verdicts WHERE reviewer <> 'auto'
    ), people AS (
        SELECT v.*, c.verdict_id AS settled_by, c.reviewers AS weighed
        FROM deciding v LEFT JOIN consensus c USING (annotation_id)
    ), automatic AS (
        SELECT *, 1 AS opinions, NULL AS settled_by, NULL AS weighed FROM verdicts
        WHERE reviewer = 'auto' AND ? AND pair_id NOT IN (SELECT pair_id FROM people)
    )
    SELECT v.* EXCLUDE (raw_result), a.annotation_id IS NOT NULL AS has_annotation,
        a.is_changed, a.source_caption, a.target_caption, a.preserved,
        p.source_uri, p.target_uri, coalesce(p.status, '') = 'kept' AS is_kept
    FROM (FROM people UNION ALL BY NAME FROM automatic) v
    LEFT JOIN (FROM all_annotations WHERE error_code IS NULL) a USING (annotation_id)
    LEFT JOIN pairs p ON p.pair_id = v.pair_id
    ORDER BY v.updated_at, v.verdict_id
"""

Row = Mapping[str, Any]


def make_examples(
    pair_set: PairSet, rule: SplitRule, include_auto: bool, advice: str = ""
) -> list[Example]:
    """One example for each reviewed pair, by pair id; excluded ones say why.

    People's words go before those of ``auto``, which are read only when asked; of several verdicts
    on a pair the latest counts, and where several people judged an annotation their consensus.
    Raises MissingStageError, with the ``advice``, where the set holds no verdict to learn from.
    """
    with connect_tables(pair_set) as tables:
        found = tables.execute(_VERDICTS, [include_auto])
        names = [column[0] for column in found.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        places = kept_places(tables)
    if not rows:
        raise MissingStageError(
            f"{pair_set.url} holds no verdicts to learn from. Review pairs first: pairset review "
            f"serve {pair_set.url}, then pairset review push and pairset review pull.{advice}"
        )
    scenes = scenes_of(places)
    examples = (_example(row, scenes, rule) for row in _latest_of_each_pair(rows))
    return sorted(examples, key=lambda example: example.pair_id)


def stages_behind_examples(include_auto: bool) -> list[str]:
    """The stages whose words examples are, as ``pairset.rows.freshness`` names them."""
    return [ANNOTATIONS, CONSENSUS, *([TRIAGE] if include_auto else [])]


def save_examples(pair_set: PairSet, examples: Sequence[Example]) -> str:
    """Keep them as the set's table ``examples``; returns its key."""
    key = examples_key(examples)
    stage = pair_set.stage("examples", key)
    if not stage.is_finished("00000"):
        stage.write("00000", table_of(Example, examples))
    pair_set.publish("examples", key)
    return key


def examples_key(examples: Sequence[Example]) -> str:
    """A hash of all they say."""
    return content_id("examples", *map(repr, examples))


def exclusions(examples: Sequence[Example]) -> Counter[str]:
    """How many examples teach nothing, by reason."""
    return Counter(str(each.exclusion) for each in examples if not each.teaches)


def _latest_of_each_pair(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows come in the order of their time; a decision goes before a later skip."""
    latest: dict[str, Row] = {}
    for row in rows:
        before = latest.get(row["pair_id"])
        if before is None or row["decision"] in DECIDED or before["decision"] not in DECIDED:
            latest[row["pair_id"]] = row
    by_verdict = {row["verdict_id"]: row for row in rows}
    for row in latest.values():
        yield by_verdict.get(row["settled_by"], row) if _is_settled(row) else row


def _is_settled(row: Row) -> bool:
    """Whether the consensus knows of everybody who decided."""
    return row["settled_by"] is not None and row["weighed"] == row["opinions"]


def _example(row: Row, scenes: Mapping[str, str], rule: SplitRule) -> Example:
    scene = scenes.get(row["pair_id"], row["pair_id"])
    blank = Example(
        example_id=example_id_of(row["pair_id"], row["verdict_id"], ""),
        pair_id=row["pair_id"],
        annotation_id=row["annotation_id"],
        verdict_id=row["verdict_id"],
        reviewer=row["reviewer"],
        decision=row["decision"],
        scene=scene,
        split=rule.side_of(scene),
        source_uri=row["source_uri"],
        target_uri=row["target_uri"],
        original_edit_type=row["original_edit_type"],
        error_types=list(row["error_types"] or ()),
    )
    exclusion = _exclusion(row)
    if exclusion:
        reason, detail = exclusion
        return replace(blank, exclusion=reason, exclusion_detail=detail)
    try:
        return _with_words(blank, row)
    except ReplyError as error:
        reason = ExclusionReason.INVALID_REPLY
        return replace(blank, exclusion=reason, exclusion_detail=str(error))


def _exclusion(row: Row) -> tuple[ExclusionReason, str] | None:
    if row["decision"] not in DECIDED:
        return ExclusionReason.NOT_DECIDED, f"the verdict is {row['decision']}"
    if row["reviewer"] != AUTO and row["opinions"] > 1 and not _is_settled(row):
        advice = "settle it: pairset review agreement, then pairset review push"
        return ExclusionReason.DISPUTED, f"{row['opinions']} reviewers, no consensus; {advice}"
    if row["decision"] == Decision.REJECT:
        return ExclusionReason.REJECTED, "the reviewer rejected the pair"
    if not row["is_kept"]:
        return ExclusionReason.PAIR_WITHDRAWN, "the pair is not among the kept ones any more"
    if not row["has_annotation"]:
        return ExclusionReason.NO_ANNOTATION, f"there is no annotation {row['annotation_id']}"
    return None


def _with_words(blank: Example, row: Row) -> Example:
    reply = _reply(row, prefix="")
    check_reply(reply)
    return replace(
        blank,
        example_id=example_id_of(blank.pair_id, blank.verdict_id, reply),
        reply=reply,
        original_reply=_reply(row, prefix="original_"),
        edit_type=row["edit_type"],
        instruction_en=row["instruction_en"],
        instruction_zh=row["instruction_zh"],
    )


def _reply(row: Row, prefix: str) -> str:
    """The reply with the words as they were left, or as they were shown.

    Nobody is asked about captions, so they are the model's either way.
    """
    words = {name: row[f"{prefix}{name}"] or "" for name in _WORDS}
    others = {name: row[name] or "" for name in KEYS if name not in words}
    return reply_text({**others, **words, "is_changed": words["edit_type"] != EditType.NONE})


def fields_of(reply: str) -> dict[str, Any]:
    """The fields of a reply that is known to be valid."""
    return dict(json.loads(reply))
