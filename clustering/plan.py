"""Which shard reads which part of the corpus, decided once and saved before any work."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clustering.corpus import Source, SourceKind
from pairset.errors import SetBusyError
from pairset.store import PairSet, Stage
from pairset.uris import open_file

_SCHEMA = pa.schema(
    [
        pa.field("shard", pa.string(), nullable=False),
        pa.field("uri", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("first_row", pa.int64(), nullable=False),
        pa.field("rows", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard reads of one file: all of it, or some rows of a Parquet file."""

    shard: str
    uri: str
    kind: SourceKind
    first_row: int = 0
    rows: int | None = None
    """None: to the end."""


def plan_images(pair_set: PairSet, sources: Sequence[Source], images_per_shard: int) -> list[str]:
    """Save a plan for the sources that no earlier plan knows; returns the names of all shards.

    Images found later are planned into shards of their own, so that finished shards stay valid.
    """
    stage = pair_set.stage("images")
    plans = stage.plans()
    shards, known = _planned(stage, plans)
    new = [source for source in sources if source.uri not in known]
    if new:
        parts = list(_parts(new, images_per_shard, len(shards)))
        table = pa.Table.from_pylist([_row(part) for part in parts], schema=_SCHEMA)
        try:
            stage.write_new(_next_after(plans), table)
        except FileExistsError as error:  # in spite of the lock
            raise SetBusyError(
                f"Another run has planned images of {pair_set.url} meanwhile. Run the same command "
                "again once it has ended."
            ) from error
        shards = sorted({*shards, *(part.shard for part in parts)})
    return shards


def _next_after(plans: Sequence[str]) -> str:
    numbers = (int(plan.removeprefix("plan-")) for plan in plans)
    return f"plan-{max(numbers, default=-1) + 1:04d}"


def read_parts(pair_set: PairSet, shard: str) -> list[Part]:
    """What a shard of the saved plans reads."""
    stage = pair_set.stage("images")
    rows: list[Part] = []
    for plan in stage.plans():
        table = stage.read(plan)
        chosen = table.filter(pc.equal(table["shard"], shard)).to_pylist()
        rows += [Part(**{**row, "kind": SourceKind(row["kind"])}) for row in chosen]
    return rows


def _planned(stage: Stage, plans: Sequence[str]) -> tuple[list[str], set[str]]:
    shards: set[str] = set()
    uris: set[str] = set()
    for plan in plans:
        table = stage.read(plan, ["shard", "uri"])
        shards.update(table["shard"].unique().to_pylist())
        uris.update(table["uri"].to_pylist())
    return sorted(shards), uris


def _row(part: Part) -> dict[str, object]:
    return {name: getattr(part, name) for name in _SCHEMA.names}


def _parts(sources: Iterable[Source], images_per_shard: int, number: int) -> Iterator[Part]:
    """Files by the hundred or thousand, a tar as one shard, a Parquet file by row ranges."""
    files = [source for source in sources if source.kind is SourceKind.FILE]
    for start in range(0, len(files), images_per_shard):
        for source in files[start : start + images_per_shard]:
            yield Part(_name(number), source.uri, source.kind)
        number += 1
    for source in sources:
        if source.kind is SourceKind.FILE:
            continue
        for first, rows in _ranges(source, images_per_shard):
            yield Part(_name(number), source.uri, source.kind, first, rows)
            number += 1


def _name(number: int) -> str:
    return f"{number:06d}"


def _ranges(source: Source, images_per_shard: int) -> list[tuple[int, int | None]]:
    if source.kind is SourceKind.TAR:
        return [(0, None)]
    try:
        with open_file(source.uri) as file:
            total = pq.ParquetFile(file).metadata.num_rows
    except (OSError, pa.ArrowException):  # the shard itself will say what is wrong with the file
        return [(0, None)]
    starts = range(0, total, images_per_shard)
    return [(first, min(images_per_shard, total - first)) for first in starts]
