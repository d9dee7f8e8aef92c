"""What is still to be asked: the kept pairs less those an annotator has answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow.compute as pc

from annotator.identity import Annotator
from pairset.errors import MissingStageError
from pairset.records import Annotation, Example
from pairset.records.ids import content_id
from pairset.records.pair import PairStatus
from pairset.rows.annotations import latest_attempts
from pairset.rows.places import PlacedImage, placed_images
from pairset.store import PairSet, Stage

PLACES = ("pair_id", "source_id", "target_id", "source_uri", "target_uri")
"""Columns that say what a pair is and where its images are, in the order of a task."""


@dataclass(frozen=True, slots=True)
class Task:
    """One pair to ask about."""

    annotation_id: str
    pair_id: str
    source_id: str
    """What the bytes of the source must hash to."""
    target_id: str
    source_uri: str
    target_uri: str
    attempt: int = 1
    exemplars: tuple[Example, ...] = ()
    """Reviewed pairs to show before it."""
    exemplar_images: Mapping[str, PlacedImage] = field(default_factory=dict)
    """Their images, by the places that they name."""
    source_places: tuple[str, ...] = ()
    """Where else it may lie, to be tried first."""
    target_places: tuple[str, ...] = ()

    @property
    def source(self) -> PlacedImage:
        return PlacedImage(self.source_id, (*self.source_places, self.source_uri))

    @property
    def target(self) -> PlacedImage:
        return PlacedImage(self.target_id, (*self.target_places, self.target_uri))


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
    for pair in _kept_pairs(pair_set):
        kept += 1
        annotation_id = annotator.annotation_id(pair["pair_id"])
        attempt, has_failed = asked.get(annotation_id, (0, False))
        if not attempt or (has_failed and retry_failed):
            tasks.append(Task(annotation_id=annotation_id, attempt=attempt + 1, **pair))
        elif has_failed:
            failed.append(annotation_id)
    return Pending(placed_tasks(pair_set, tasks[:limit]), kept, failed)


def placed_tasks(pair_set: PairSet, tasks: Sequence[Task]) -> list[Task]:
    """The tasks with all places that the set knows of their images."""
    named: dict[str, str] = {}
    for task in tasks:
        named |= {task.source_id: task.source_uri, task.target_id: task.target_uri}
    placed = placed_images(pair_set, named)
    return [
        replace(
            task,
            source_places=placed[task.source_id].uris,
            target_places=placed[task.target_id].uris,
        )
        for task in tasks
    ]


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


def _kept_pairs(pair_set: PairSet) -> Iterator[dict[str, Any]]:
    """Of every kept pair its id, and ids and URIs of its images."""
    stage = pair_set.current("pairs")
    if stage is None:
        raise MissingStageError(
            f"{pair_set.url} holds no pairs yet. Find them with: pairset mine {pair_set.url} PHOTOS"
        )
    for table in stage.tables([*PLACES, "status"]):
        kept = table.filter(pc.equal(table["status"], PairStatus.KEPT))
        yield from kept.select(list(PLACES)).to_pylist()
