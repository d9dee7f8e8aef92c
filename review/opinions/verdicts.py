"""The verdicts a set holds: every revision, appended shard by shard, nothing ever overwritten."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace

from pairset.records import Verdict, rows_of, table_of
from pairset.records.ids import content_id
from pairset.store import PairSet, Stage

REVIEWS = "reviews"
"""The run of the stage ``verdicts`` that holds people's, beside that of ``auto``."""

_MANY_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Known:
    """As much of a verdict's latest revision as tells whether there is news."""

    verdict_id: str
    revision: int
    updated_at: str
    withdrawn: bool
    task_id: int
    server_annotation_id: str


_KNOWN_COLUMNS = [field.name for field in fields(Known)]


@dataclass(slots=True)
class VerdictLog:
    """What a set knows of one project's verdicts; grows with what is added."""

    stage: Stage
    project: str
    latest: dict[str, Known] = field(default_factory=dict)
    """Latest revisions by verdict id."""
    by_task: dict[int, set[str]] = field(default_factory=dict)

    def add(self, verdicts: Sequence[Verdict]) -> None:
        """Write revisions, whole or not at all, and remember them."""
        if not verdicts:
            return
        name = content_id("verdicts", *(f"{v.verdict_id}#{v.revision}" for v in verdicts))
        self.stage.write(name, table_of(Verdict, verdicts))
        for verdict in verdicts:
            self.remember(
                Known(
                    verdict_id=verdict.verdict_id,
                    revision=verdict.revision,
                    updated_at=verdict.updated_at,
                    withdrawn=verdict.withdrawn,
                    task_id=verdict.task_id or 0,
                    server_annotation_id=verdict.server_annotation_id or "",
                )
            )

    def remember(self, known: Known) -> None:
        before = self.latest.get(known.verdict_id)
        if before is None or known.revision > before.revision:
            self.latest[known.verdict_id] = known
            self.by_task.setdefault(known.task_id, set()).add(known.verdict_id)

    def news_in(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        """Those that are new, or were edited since; each with its revision, and each once."""
        news = []
        for verdict in {verdict.verdict_id: verdict for verdict in verdicts}.values():
            before = self.latest.get(verdict.verdict_id)
            if before is None:
                news.append(verdict)
            elif before.withdrawn or before.updated_at != verdict.updated_at:
                news.append(replace(verdict, revision=before.revision + 1))
        return news

    def withdrawals(self, verdict_ids: Iterable[str]) -> list[Verdict]:
        """Revisions that say: this counts no more."""
        gone = {name for name in verdict_ids if not self.latest[name].withdrawn}
        return [
            replace(verdict, revision=verdict.revision + 1, withdrawn=True)
            for verdict in self._read(gone)
        ]

    def counting(self) -> list[Known]:
        """Those that count."""
        return [known for known in self.latest.values() if not known.withdrawn]

    def _read(self, verdict_ids: set[str]) -> Iterator[Verdict]:
        """The latest revisions in full."""
        if not verdict_ids:
            return
        for table in self.stage.tables():
            for verdict in rows_of(Verdict, table):
                latest = self.latest.get(verdict.verdict_id)
                is_wanted = verdict.verdict_id in verdict_ids
                if is_wanted and latest and latest.revision == verdict.revision:
                    verdict_ids.discard(verdict.verdict_id)
                    yield verdict


def open_log(pair_set: PairSet, project: str) -> VerdictLog:
    """Read what the set knows of a project's verdicts."""
    log = VerdictLog(pair_set.stage("verdicts", REVIEWS), project)
    _merge_shards(log.stage)
    for table in log.stage.tables([*_KNOWN_COLUMNS, "project"]):
        for row in table.to_pylist():
            if row.pop("project") == project:
                log.remember(Known(**row))
    return log


def _merge_shards(stage: Stage) -> None:
    """Lay many small shards together. Killed in between, the next merge finds rows twice."""
    shards = stage.shards()
    if len(shards) < _MANY_SHARDS:
        return
    rows = (verdict for shard in shards for verdict in rows_of(Verdict, stage.read(shard)))
    revisions = {(verdict.verdict_id, verdict.revision): verdict for verdict in rows}
    stage.write(content_id("verdicts", *shards), table_of(Verdict, revisions.values()))
    for shard in shards:
        stage.pair_set.filesystem.rm_file(stage.shard_path(shard))
