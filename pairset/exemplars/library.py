"""The reviewed pairs of a set that may be shown, and which of them go with which pair."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pairset.errors import MissingStageError
from pairset.exemplars.retrieval import ExemplarPool, Floats, choose, directions_of
from pairset.records import Example, rows_of
from pairset.records.example import Split
from pairset.rows.scenes import scenes_of
from pairset.rows.tables import connect_tables, kept_places
from pairset.store import PairSet, Stage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PAIRS_AT_ONCE = 500
_ENCODER = """
    SELECT s.encoder
    FROM (FROM pairs WHERE status = 'kept' ORDER BY pair_id LIMIT 100) p
    JOIN embeddings s ON s.image_id = p.source_id
    JOIN embeddings t ON t.image_id = p.target_id AND t.encoder = s.encoder
    WHERE s.vector IS NOT NULL AND t.vector IS NOT NULL GROUP BY s.encoder
    ORDER BY avg(abs(list_cosine_similarity(s.vector, t.vector) - p.similarity)) NULLS LAST,
        count(*) DESC, s.encoder
    LIMIT 1
"""
"""The encoder that the pairs were mined with: the one whose cosines are those of the pairs."""
_VECTORS = """
    SELECT p.pair_id, s.vector AS source, t.vector AS target
    FROM pairs p
    JOIN embeddings s ON s.image_id = p.source_id AND s.encoder = $encoder
    JOIN embeddings t ON t.image_id = p.target_id AND t.encoder = $encoder
    WHERE p.status = 'kept' AND p.pair_id IN (SELECT unnest($pair_ids))
        AND s.vector IS NOT NULL AND t.vector IS NOT NULL
"""

Shown = dict[str, tuple[Example, ...]]
"""By pair id the exemplars to show, the most useful one last: next to the question."""


def published_examples(pair_set: PairSet) -> Stage:
    """The table of examples that readers follow. Raises MissingStageError where there is none."""
    stage = pair_set.current("examples")
    if stage is None:
        raise MissingStageError(
            f"{pair_set.url} holds no examples to show. Reviewed pairs become examples when "
            f"something is trained on them: pairset train {pair_set.url} (it publishes the table "
            "before the first step), or leave out --exemplars."
        )
    return stage


def read_examples(stage: Stage) -> list[Example]:
    """The rows of one table of examples."""
    return [row for table in stage.tables() for row in rows_of(Example, table)]


def exemplars_for(
    pair_set: PairSet, examples: Sequence[Example], pair_ids: Sequence[str], count: int
) -> Shown:
    """Choose up to so many exemplars for each pair.

    They are examples that teach, of the training side of the split, and never of the pair's own
    scene. Raises MissingStageError where no example can be shown at all.
    """
    with connect_tables(pair_set) as tables:
        scenes = scenes_of(kept_places(tables))
        encoder = _encoder(pair_set, tables)
        pooled, pool = _pool(tables, encoder, examples, scenes)
        if not pooled:
            raise MissingStageError(
                f"None of the {len(examples)} examples of {pair_set.url} can be shown: they must "
                "teach, be on the training side of the split, and be of pairs that are still "
                "kept. Review more pairs and train again, or leave out --exemplars."
            )
        shown: Shown = {}
        for pair_id, direction in _directions(tables, encoder, pair_ids):
            numbers = choose(direction, scenes[pair_id], pool, count)
            shown[pair_id] = tuple(pooled[number] for number in reversed(numbers))
    return shown


def _encoder(pair_set: PairSet, tables: "DuckDBPyConnection") -> str:
    found = tables.execute(_ENCODER).fetchall()
    if not found:
        raise MissingStageError(
            f"{pair_set.url} holds no embeddings of its kept pairs, by which exemplars are chosen. "
            f"Make them with: pairset mine {pair_set.url} PHOTOS"
        )
    return str(found[0][0])


def _pool(
    tables: "DuckDBPyConnection",
    encoder: str,
    examples: Sequence[Example],
    scenes: dict[str, str],
) -> tuple[list[Example], ExemplarPool]:
    """The examples that may be shown, by their id, and where they lie."""
    able = [each for each in examples if each.teaches and each.split == Split.TRAIN]
    found = dict(_directions(tables, encoder, [each.pair_id for each in able]))
    able = sorted(
        (each for each in able if each.pair_id in found), key=lambda each: each.example_id
    )
    rows = [found[each.pair_id] for each in able]
    directions = np.stack(rows) if rows else np.zeros((0, 1), dtype=np.float32)
    return able, ExemplarPool([scenes[each.pair_id] for each in able], directions)


def _directions(
    tables: "DuckDBPyConnection", encoder: str, pair_ids: Sequence[str]
) -> Iterator[tuple[str, Floats]]:
    """Pair ids and where their edits point; pairs without vectors are left out."""
    asked = {"encoder": encoder, "pair_ids": list(pair_ids)}
    reader = tables.sql(_VECTORS, params=asked).to_arrow_reader(_PAIRS_AT_ONCE)
    for batch in reader:
        names = batch.column("pair_id").to_pylist()
        if names:
            rows = directions_of(*(_matrix(batch.column(name)) for name in ("source", "target")))
            yield from zip(names, rows, strict=True)


def _matrix(vectors: pa.Array) -> Floats:
    """Lists of one length as rows, float32."""
    values = vectors.flatten().to_numpy(zero_copy_only=False).astype(np.float32)
    return np.asarray(values.reshape(len(vectors), -1))
