"""Choose the pairs that the page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairset.app.report.settings import Choice
from pairset.records import Annotation, Pair, rows_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class AnnotatedPair:
    """A pair with what was written about it, once something was."""

    pair: Pair
    annotation: Annotation | None = None


_ORDERS: dict[Choice, str] = {
    "random": "random_rank",
    "least-confident": "confidence ASC NULLS LAST, random_rank",
    "most-confident": "confidence DESC NULLS LAST, random_rank",
}

_RANK = (
    "hash(pair_id || $seed) AS random_rank"  # the same draw for the same seed, in any file order
)


def kept_pairs(
    connection: "DuckDBPyConnection", choose: Choice, limit: int, seed: int
) -> list[AnnotatedPair]:
    """At most ``limit`` kept pairs, with their annotations."""
    query = f"""
        SELECT pairs.*, {_RANK}, confidence
        FROM pairs LEFT JOIN (SELECT pair_id, confidence FROM annotations) USING (pair_id)
        WHERE status = 'kept' ORDER BY {_ORDERS[choose]} LIMIT $limit
    """  # noqa: S608 - every part is a constant of this module
    parameters = {"seed": str(seed), "limit": limit}
    chosen = _pairs(connection, query, parameters)
    written = _annotations(connection, [pair.pair_id for pair in chosen])
    return [AnnotatedPair(pair, written.get(pair.pair_id)) for pair in chosen]


def pairs_of_annotations(
    connection: "DuckDBPyConnection", annotation_ids: Sequence[str]
) -> list[AnnotatedPair]:
    """The pairs of these annotations, in their order; those that are gone are left out."""
    query = "SELECT * FROM annotations WHERE list_contains($ids, annotation_id)"
    found = connection.sql(query, params={"ids": list(annotation_ids)}).to_arrow_table()
    written = {each.annotation_id: each for each in rows_of(Annotation, found)}
    query = "SELECT * FROM pairs WHERE list_contains($ids, pair_id)"
    pairs = _pairs(connection, query, {"ids": [each.pair_id for each in written.values()]})
    by_id = {pair.pair_id: pair for pair in pairs}
    annotations = (written[name] for name in annotation_ids if name in written)
    return [
        AnnotatedPair(by_id[each.pair_id], each) for each in annotations if each.pair_id in by_id
    ]


def rejected_pairs(
    connection: "DuckDBPyConnection", per_status: int, seed: int
) -> dict[str, list[Pair]]:
    """A seeded random draw of rejected pairs for each reason."""
    query = f"""
        SELECT *, {_RANK} FROM pairs WHERE status <> 'kept'
        QUALIFY row_number() OVER (PARTITION BY status ORDER BY random_rank) <= $per_status
        ORDER BY status, random_rank
    """  # noqa: S608 - every part is a constant of this module
    examples: dict[str, list[Pair]] = {}
    for pair in _pairs(connection, query, {"seed": str(seed), "per_status": per_status}):
        examples.setdefault(pair.status, []).append(pair)
    return examples


def confidences(connection: "DuckDBPyConnection", bins: int) -> list[int]:
    """How many annotations fall into each of so many equal bins from 0 to 1."""
    query = """
        SELECT least(greatest(floor(confidence * $bins), 0), $bins - 1)::INTEGER AS bin, count(*)
        FROM annotations WHERE confidence IS NOT NULL GROUP BY bin
    """
    counts = dict(connection.execute(query, {"bins": bins}).fetchall())
    return [counts.get(index, 0) for index in range(bins)] if counts else []


def _pairs(
    connection: "DuckDBPyConnection", query: str, parameters: dict[str, object]
) -> list[Pair]:
    rows = connection.sql(query, params=parameters).to_arrow_table()
    return list(rows_of(Pair, rows))


def _annotations(connection: "DuckDBPyConnection", pair_ids: list[str]) -> dict[str, Annotation]:
    query = "SELECT * FROM annotations WHERE list_contains($pair_ids, pair_id)"
    rows = connection.sql(query, params={"pair_ids": pair_ids}).to_arrow_table()
    return {annotation.pair_id: annotation for annotation in rows_of(Annotation, rows)}
