"""What is still to be asked: the kept pairs less those an annotator has answered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.identity import Annotator
from pairset.annotations import latest_attempts
from pairset.errors import MissingStageError
from pairset.ids import content_id
from pairset.records import Annotation, Example
from pairset.records.pair import PairStatus
from pairset.store import PairSet, Stage

PLACES = ("pair_id", "source_id", "target_id", "source_uri", "target_uri")
"""Columns that say what a pair is and where its images are, in the order of a task."""


@dataclass(frozen=True, slots=True)
class Task:
    """One pair to ask about."""

    annotation_id: str
    pair_id: str
    source_id: str
    target_id: str
    source_uri: str
    target_uri: str
    attempt: int = 1
    exemplars: tuple[Example, ...] = ()
    """Reviewed pairs to show before it."""


@dataclass(frozen=True, slots=True)
class Pending:
    """What an annotator has left to do in a set."""

    tasks: list[Task]
    kept_pairs: int
    failed_ids: list[str]
    """Annotations of pairs whose latest reply failed and that are not asked again."""

    @property
    def failed(self) -> int:
        return len(self.failed_ids)


def pending_tasks(
    pair_set: PairSet, annotator: Annotator, retry_failed: bool = False, limit: int | None = None
) -> Pending:
    """Kept pairs without an annotation of this annotator, in the order they were mined.

    With ``retry_failed`` also those whose latest attempt failed, as one attempt more.
    Raises MissingStageError where nothing has been mined.
    """
    asked = _latest(pair_set.stage("annotations", annotator.key))
    tasks, kept, failed = [], 0, []
    for pair_id, source_id, target_id, source_uri, target_uri in _kept_pairs(pair_set):
        kept += 1
        annotation_id = annotator.annotation_id(pair_id)
        attempt, has_failed = asked.get(annotation_id, (0, False))
        if not attempt or (has_failed and retry_failed):
            images = (source_id, target_id, source_uri, target_uri)
            tasks.append(Task(annotation_id, pair_id, *images, attempt + 1))
        elif has_failed:
            failed.append(annotation_id)
    return Pending(tasks[:limit], kept, failed)


def shard_name(rows: "Sequence[Annotation | Task]") -> str:
    """Name of a shard after the rows it holds, or after those it will hold."""
    return content_id("shard", *(f"{row.annotation_id}#{row.attempt}" for row in rows))


def _latest(stage: Stage) -> dict[str, tuple[int, bool]]:
    """Of each annotation id its latest attempt, and whether that failed."""
    table = latest_attempts(stage, ["annotation_id", "attempt", "error_code"])
    ids, attempts, codes = (column.to_pylist() for column in table.columns)
    return {
        name: (attempt, code is not None)
        for name, attempt, code in zip(ids, attempts, codes, strict=True)
    }


def _kept_pairs(pair_set: PairSet) -> Iterator[tuple[str, str, str, str, str]]:
    """Pair id, ids and URIs of source and target, of every kept pair."""
    stage = pair_set.current("pairs")
    if stage is None:
        raise MissingStageError(
            f"{pair_set.url} holds no pairs yet. Find them with: pairset mine {pair_set.url} PHOTOS"
        )
    for table in stage.tables([*PLACES, "status"]):
        for row in table.to_pylist():
            if row["status"] == PairStatus.KEPT:
                source_id, target_id, source_uri, target_uri = (row[each] for each in PLACES[1:])
                yield row["pair_id"], source_id, target_id, source_uri, target_uri
