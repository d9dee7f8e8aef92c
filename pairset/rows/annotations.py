"""The annotations that count: of every annotation the latest attempt."""

import pyarrow as pa

from pairset.errors import MissingStageError
from pairset.records import Annotation
from pairset.store import PairSet, Stage


def latest_annotations(pair_set: PairSet) -> pa.Table:
    """Annotations of the annotator that readers follow, one row each, as ``Annotation.SCHEMA``.

    Holds failed ones too, by their ``error_code``; empty before ``pairset annotate`` has written
    anything. Pairs that a later mining run dropped keep their rows: join with the pairs.
    """
    stage = pair_set.current("annotations")
    return latest_attempts(stage) if stage else Annotation.SCHEMA.empty_table()


def annotations_to_follow(pair_set: PairSet) -> Stage:
    """Those of the annotator that readers follow. Raises MissingStageError where none is."""
    stage = pair_set.current("annotations")
    if stage is None:
        raise MissingStageError(
            f"{pair_set.url} holds no annotations yet. Make some with: pairset annotate "
            f"{pair_set.url}"
        )
    return stage


def latest_attempts(stage: Stage, columns: list[str] | None = None) -> pa.Table:
    """Rows of one annotator's shards, of every annotation id the one with the highest attempt.

    ``columns`` must hold ``annotation_id`` and ``attempt``; all columns unless told.
    """
    tables = list(stage.tables(columns))
    if not tables:
        empty = Annotation.SCHEMA.empty_table()
        return empty.select(columns) if columns else empty
    # Shards from before a column was added lack it.
    table = pa.concat_tables(tables, promote_options="default")
    attempts = table.column("attempt").to_pylist()
    latest: dict[str, int] = {}
    for row, annotation_id in enumerate(table.column("annotation_id").to_pylist()):
        if annotation_id not in latest or attempts[row] > attempts[latest[annotation_id]]:
            latest[annotation_id] = row
    return table.take(pa.array(sorted(latest.values()), pa.int64()))
