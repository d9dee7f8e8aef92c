"""DuckDB over a set: one view for each kind of row, read from the Parquet shards when asked.

Views exist for stages that have not run yet too: without rows, but with their columns, so that a
query never depends on how far the set has come.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pairset.files.set_folder import STAGES
from pairset.records import (
    Annotation,
    Cluster,
    Consensus,
    Embedding,
    Evaluation,
    Example,
    Image,
    Pair,
    Probe,
    Record,
    Triage,
    Verdict,
)
from pairset.rows.planned import planned_shards
from pairset.rows.scenes import PairPlace
from pairset.store import PairSet, Stage

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

VIEWS: dict[str, type[Record]] = {
    "images": Image,
    "embeddings": Embedding,
    "clusters": Cluster,
    "pairs": Pair,
    "annotations": Annotation,
    "all_annotations": Annotation,
    "probes": Probe,
    "triage": Triage,
    "verdicts": Verdict,
    "all_verdicts": Verdict,
    "consensus": Consensus,
    "examples": Example,
    "evaluations": Evaluation,
}
"""Every view, and the record whose columns it has; ``embeddings`` has a column ``encoder`` more.

``annotations`` are those of the annotator that readers follow, ``all_annotations`` those of every
model, adapter and prompt that was ever asked, and ``probes`` what everybody said who was asked
again. ``verdicts`` are those that count, ``all_verdicts`` hold every revision and those that were
withdrawn.
"""

_ONLY_PUBLISHED = ("pairs", "triage", "consensus", "examples", "evaluations")
"""Stages of which nothing is read before a run has finished."""

_KEPT_PLACES = "SELECT pair_id, source_id, target_id, cluster FROM pairs WHERE status = 'kept'"
_PLACES_AT_ONCE = 10_000
_ROUNDING = 0.001
"""How far above 0 rounding may lift the logarithm of a probability."""

_SQL_TYPES = {
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float16(): "FLOAT",  # DuckDB has no half floats; it widens them when reading
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
}


def connect_tables(pair_set: PairSet) -> "DuckDBPyConnection":
    """Open an in-memory DuckDB with the set's views and no way out of its stages' folders.

    What else lies in a set, such as the secrets of its Label Studio, is no business of a query.
    """
    import duckdb

    connection = duckdb.connect(":memory:")
    if not pair_set.is_local:
        connection.register_filesystem(pair_set.filesystem)
    for name, record_type in VIEWS.items():
        query = _QUERIES.get(name, _rows_query)(pair_set, name, record_type)
        connection.execute(f"CREATE VIEW {name} AS {query}")
    folders = [_duckdb_path(pair_set, pair_set.stage(name).path) for name in STAGES]
    spellings = [*folders, *map(_without_globs, folders)]
    allowed = ", ".join(map(quoted, spellings))
    connection.execute(f"SET allowed_directories = [{allowed}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def stream_rows(
    connection: "DuckDBPyConnection", query: str, rows_at_once: int = 500
) -> Iterator[dict[str, Any]]:
    """The rows of a query by column name, so many in memory at once."""
    reader = connection.sql(query).to_arrow_reader(rows_at_once)
    for batch in reader:
        yield from batch.to_pylist()


def kept_places(connection: "DuckDBPyConnection") -> list[PairPlace]:
    """What ties each kept pair to others, as ``scenes_of`` takes it."""
    return [PairPlace(**row) for row in stream_rows(connection, _KEPT_PLACES, _PLACES_AT_ONCE)]


def stages_to_read(pair_set: PairSet, name: str) -> list[Stage]:
    """The folders whose shards are the rows of a stage.

    That is the run CURRENT points at; for pairs, triage, consensus, examples and evaluations
    nothing before it is published, for any other stage without a pointer its folder and every run
    inside.
    """
    current = pair_set.current(name)
    if current:
        return [current]
    return [] if name in _ONLY_PUBLISHED else [pair_set.stage(name), *pair_set.runs(name)]


def quoted(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _rows_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    return _union(pair_set, stages_to_read(pair_set, name), record_type)


def _union(pair_set: PairSet, stages: Sequence[Stage], record_type: type[Record]) -> str:
    paths = [stage.shard_path(shard) for stage in stages for shard in stage.shards()]
    return " UNION ALL BY NAME ".join([_no_rows(record_type), *_read(pair_set, paths)])


def _images_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    """Rows that stand: a file that was read again has those of its newest reading alone."""
    stage = pair_set.stage("images")
    planned = planned_shards(stage)
    shards = [shard for shard in stage.shards() if shard not in planned.replaced_wholly]
    whole = [stage.shard_path(shard) for shard in shards if shard not in planned.replaced]
    parts = [_no_rows(record_type), *_read(pair_set, whole)]
    for shard in (shard for shard in shards if shard in planned.replaced):
        files = ", ".join(quoted(uri) for uri in sorted(planned.replaced[shard]))
        rows = _read(pair_set, [stage.shard_path(shard)])[0]
        parts.append(f"FROM ({rows}) WHERE split_part(uri, '#', 1) NOT IN ({files})")
    return " UNION ALL BY NAME ".join(parts)


def _embeddings_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    """All encoders together, each row with the folder of its encoder."""
    parts = [f"FROM ({_no_rows(record_type)}) SELECT *, NULL::VARCHAR AS encoder"]
    for stage in stages_to_read(pair_set, name):
        encoder = quoted(stage.key)
        paths = [stage.shard_path(shard) for shard in stage.shards()]
        parts += [
            f"FROM ({rows}) SELECT *, {encoder} AS encoder" for rows in _read(pair_set, paths)
        ]
    return " UNION ALL BY NAME ".join(parts)


def _annotations_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    return _with_sound_confidence(_latest_attempts(_rows_query(pair_set, name, record_type)))


def _all_annotations_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    stages = pair_set.runs("annotations")
    return _with_sound_confidence(_latest_attempts(_union(pair_set, stages, record_type)))


def _probes_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    return _latest_attempts(_rows_query(pair_set, name, record_type), "probe_id")


def _latest_attempts(rows: str, name: str = "annotation_id") -> str:
    """The latest attempt of each: a retry replaces the failure before it."""
    latest = f"row_number() OVER (PARTITION BY {name} ORDER BY attempt DESC) = 1"
    return f"FROM ({rows}) QUALIFY {latest}"


def _with_sound_confidence(rows: str) -> str:
    """No confidence where it is no probability, or was made of numbers that are none.

    Tables of others may hold anything, and NaN once gave a confidence of 1.
    """
    is_sound = f"""confidence BETWEEN 0 AND 1 AND (logprobs_en IS NULL OR (
        list_count(logprobs_en) = len(logprobs_en) AND list_max(logprobs_en) <= {_ROUNDING}
    ))"""
    sound = f"CASE WHEN {is_sound} THEN confidence END AS confidence"
    return f"FROM ({rows}) SELECT * REPLACE ({sound})"


def _verdicts_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    """The latest revision of each verdict, unless that withdrew it."""
    latest = "row_number() OVER (PARTITION BY verdict_id ORDER BY revision DESC) = 1"
    rows = _rows_query(pair_set, name, record_type)
    return f"FROM (FROM ({rows}) QUALIFY {latest}) WHERE NOT withdrawn"


def _all_verdicts_query(pair_set: PairSet, name: str, record_type: type[Record]) -> str:
    return _rows_query(pair_set, "verdicts", record_type)


_QUERIES: dict[str, Callable[[PairSet, str, type[Record]], str]] = {
    "images": _images_query,
    "embeddings": _embeddings_query,
    "annotations": _annotations_query,
    "all_annotations": _all_annotations_query,
    "probes": _probes_query,
    "verdicts": _verdicts_query,
    "all_verdicts": _all_verdicts_query,
}


def _read(pair_set: PairSet, paths: list[str]) -> list[str]:
    """One query over the files, or none: DuckDB cannot read an empty list."""
    found = (_without_globs(_duckdb_path(pair_set, path)) for path in paths)
    listed = ", ".join(quoted(path) for path in found)
    return [f"FROM read_parquet([{listed}], union_by_name = true)"] if paths else []


def _no_rows(record_type: type[Record]) -> str:
    columns = (f"NULL::{_sql_type(field.type)} AS {field.name}" for field in record_type.SCHEMA)
    return f"SELECT {', '.join(columns)} WHERE false"


def _sql_type(arrow_type: pa.DataType) -> str:
    if pa.types.is_list(arrow_type):
        return f"{_SQL_TYPES[arrow_type.value_type]}[]"
    return _SQL_TYPES[arrow_type]


def _duckdb_path(pair_set: PairSet, path: str) -> str:
    """A path as DuckDB finds its filesystem by: bare where local, with its protocol elsewhere."""
    return path if pair_set.is_local else str(pair_set.filesystem.unstrip_protocol(path))


def _without_globs(path: str) -> str:
    """A path whose ``*``, ``?`` and ``[`` stand for themselves, as DuckDB expands them in names."""
    return re.sub(r"([*?\[])", r"[\1]", path)
