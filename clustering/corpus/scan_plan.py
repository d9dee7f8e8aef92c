"""Which shard reads which part of the corpus, decided once and saved before any work."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from clustering.corpus.listing import Source
from pairset.errors import SetBusyError
from pairset.records import Record, table_of
from pairset.sources import Extent, ReadOptions
from pairset.sources.registry import kind_named
from pairset.store import PairSet, Stage

READINGS = 3
"""Times a file in one and the same state is read, where reading it failed before."""


@dataclass(frozen=True, slots=True)
class Part(Record):
    """What one shard reads of one file: all of it, or some rows or other units of its kind."""

    shard: str
    uri: str
    kind: str
    """Name of the kind."""
    first_row: int = 0
    rows: int | None = None
    """None: to the end."""
    # Sets of earlier versions lack these: all their files count as changed, once.
    byte_size: int | None = None
    """Of the file when it was planned, as ``Source`` has it."""
    modified: str | None = None

    @property
    def extent(self) -> Extent:
        """As its kind reads it."""
        return Extent(self.first_row, self.rows)


@dataclass(frozen=True, slots=True)
class Planned:
    """What the newest plan that knows a file says of it."""

    plan: str
    shards: frozenset[str]
    state: tuple[int | None, str | None]
    """Its size, and when it was modified or which version it was."""
    readings: int
    """How many plans in a row had it in this state."""


def plan_images(
    pair_set: PairSet,
    sources: Sequence[Source],
    images_per_shard: int,
    failed: Callable[[Mapping[str, Planned]], Collection[str]] = lambda _: (),
) -> list[str]:
    """Save a plan for sources that are new, changed, or may be readable now; returns all shards.

    They get shards of their own, so that finished shards stay valid. failed: which of the files
    planned before could not be read, though what was wrong may have passed.
    """
    stage = pair_set.stage("images")
    plans = stage.plans()
    shards, known = _planned(stage, plans)
    unread = failed(known)
    new = [
        source
        for source in sources
        if _is_changed(source, known.get(source.uri))
        or (source.uri in unread and _is_worth_a_try(known[source.uri]))
    ]
    if new:
        parts = list(_parts(new, images_per_shard, len(shards)))
        try:
            stage.write_new(_next_after(plans), table_of(Part, parts))
        except FileExistsError as error:  # in spite of the lock
            raise SetBusyError(
                f"Another run has planned images of {pair_set.url} meanwhile. Run the same command "
                "again once it has ended."
            ) from error
        shards = sorted({*shards, *(part.shard for part in parts)})
    return shards


def with_options(sources: Sequence[Source], options: ReadOptions) -> list[Source]:
    """The sources, so that files are read again once the options for their kind change."""
    variants = {name: kind_named(name).variant(options) for name in {each.kind for each in sources}}
    return [
        replace(source, modified=f"{source.modified}, {variants[source.kind]}")
        if variants[source.kind]
        else source
        for source in sources
    ]


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
        rows += [Part(**row) for row in chosen]
    return rows


def _is_changed(source: Source, planned: Planned | None) -> bool:
    return planned is None or planned.state != (source.byte_size, source.modified)


def _is_worth_a_try(planned: Planned) -> bool:
    """Files that stay unreadable do not fill the set with plans."""
    return planned.readings < READINGS


def _planned(stage: Stage, plans: Sequence[str]) -> tuple[list[str], dict[str, Planned]]:
    shards: set[str] = set()
    known: dict[str, Planned] = {}
    for plan in plans:
        table = stage.read(plan)
        shards.update(table["shard"].unique().to_pylist())
        states = [
            table[name].to_pylist() if name in table.column_names else [None] * len(table)
            for name in ("byte_size", "modified")
        ]
        names = table["uri"].to_pylist(), table["shard"].to_pylist()
        for uri, shard, *state in zip(*names, *states, strict=True):
            known[uri] = _newer(known.get(uri), plan, shard, (state[0], state[1]))
    return sorted(shards), known


def _newer(
    before: Planned | None, plan: str, shard: str, state: tuple[int | None, str | None]
) -> Planned:
    if before and before.plan == plan:  # a large file has several shards
        return replace(before, shards=before.shards | {shard})
    readings = before.readings if before and before.state == state else 0
    return Planned(plan, frozenset([shard]), state, readings + 1)


def _parts(sources: Iterable[Source], images_per_shard: int, number: int) -> Iterator[Part]:
    """Files of one image by the hundred or thousand, each other file as its kind splits it."""
    files = [source for source in sources if kind_named(source.kind).is_single]
    for start in range(0, len(files), images_per_shard):
        for source in files[start : start + images_per_shard]:
            yield _part(number, source, Extent())
        number += 1
    for source in sources:
        kind = kind_named(source.kind)
        for extent in () if kind.is_single else kind.split(source.uri, images_per_shard):
            yield _part(number, source, extent)
            number += 1


def _part(number: int, source: Source, extent: Extent) -> Part:
    return Part(
        shard=_name(number),
        uri=source.uri,
        kind=source.kind,
        first_row=extent.first,
        rows=extent.count,
        byte_size=source.byte_size,
        modified=source.modified,
    )


def _name(number: int) -> str:
    return f"{number:06d}"
