"""Every figure of a set, read through its tables."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pairset.app.status.funnel import GateYield, Place, funnel
from pairset.records.triage import TriageReason
from pairset.rows.tables import stages_to_read
from pairset.store import PairSet

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class StageFigures:
    """How far one stage has come."""

    stage: str
    rows: int
    failures: int
    """Rows that carry an error instead of a result."""
    shards_finished: int
    shards_planned: int | None
    """None where the stage saves no plan."""


@dataclass(frozen=True, slots=True)
class Failures:
    """So many rows of a stage that failed for one reason."""

    stage: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """So many verdicts of one reviewer that say the same."""

    reviewer: str
    decision: str
    count: int


@dataclass(frozen=True, slots=True)
class Audit:
    """What reviewers said of annotations that nobody had to see and were drawn at random."""

    queued: int
    reviewed: int
    accepted: int
    """Accepted as they were."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a verb, by the settings that it saved when it started."""

    name: str
    started: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class SetFigures:
    """What there is to know about a set at a glance."""

    stages: tuple[StageFigures, ...]
    failures: tuple[Failures, ...]
    funnel: tuple[GateYield, ...]
    edit_types: Mapping[str, int]
    """Annotations by edit type, most frequent first."""
    confidence_quantiles: Mapping[str, float]
    """Confidence at p5, p25, p50, p75 and p95; empty before there are annotations."""
    triage: Mapping[str, int]
    """Annotations by the queue that triage sent them to."""
    decisions: tuple[Decisions, ...]
    """Verdicts that count, by reviewer and decision."""
    audit: Audit
    """Of what was sure."""
    unchanged_audit: Audit
    """Of replies that say "no change"."""
    runs: tuple[Run, ...]

    def stage(self, name: str) -> StageFigures:
        return next(figures for figures in self.stages if figures.stage == name)


_STAGES = (
    *("images", "embeddings", "clusters", "pairs"),
    *("annotations", "probes", "triage", "verdicts"),
)
_RUN_TIME = "%Y%m%dT%H%M%S.%fZ"
"""As the names of settings under ``runs/`` tell it, in UTC."""
_QUANTILES = {"p5": 0.05, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p95": 0.95}

_FAILED = {
    "images": "error_code",
    "embeddings": "error_code",
    "pairs": "CASE WHEN status = 'unreadable' THEN status END",
    "annotations": "error_code",
    "probes": "error_code",
}
"""By stage, the expression that is the reason where a row failed and NULL where it did not."""


def read_figures(pair_set: PairSet, connection: "DuckDBPyConnection") -> SetFigures:
    """Count everything. Reads only the columns it counts."""
    failures = tuple(
        Failures(stage, reason, count)
        for stage, expression in _FAILED.items()
        for reason, count in _counts(connection, stage, expression).items()
    )
    return SetFigures(
        stages=tuple(_stage_figures(pair_set, connection, name, failures) for name in _STAGES),
        failures=failures,
        funnel=funnel(_pairs_by_gate(connection)),
        edit_types=_counts(connection, "annotations", "edit_type"),
        confidence_quantiles=_quantiles(connection),
        triage=_counts(connection, "triage", "queue"),
        decisions=_decisions(connection),
        audit=_audit(connection, TriageReason.RANDOM_DRAW),
        unchanged_audit=_audit(connection, TriageReason.NO_CHANGE_DRAW),
        runs=_runs(pair_set),
    )


def _stage_figures(
    pair_set: PairSet,
    connection: "DuckDBPyConnection",
    name: str,
    failures: tuple[Failures, ...],
) -> StageFigures:
    folders = stages_to_read(pair_set, name)
    return StageFigures(
        stage=name,
        rows=_one_row(connection, f"SELECT count(*) FROM {name}")[0],  # noqa: S608
        failures=sum(failure.count for failure in failures if failure.stage == name),
        shards_finished=sum(len(folder.shards()) for folder in folders),
        shards_planned=_planned_shards(pair_set, name),
    )


def _planned_shards(pair_set: PairSet, name: str) -> int | None:
    """Shards in the saved plans; every encoder has one shard for each shard of images."""
    images = pair_set.stage("images")
    plans = [images.read(plan, ["shard"]) for plan in images.plans()]
    planned = len({shard for plan in plans for shard in plan["shard"].to_pylist()})
    if name == "images":
        return planned or None
    return planned * len(pair_set.runs(name)) or None if name == "embeddings" else None


def _counts(connection: "DuckDBPyConnection", view: str, expression: str) -> dict[str, int]:
    query = f"""
        SELECT {expression} AS value, count(*) AS rows FROM {view}
        WHERE value IS NOT NULL GROUP BY value ORDER BY rows DESC, value
    """  # noqa: S608 - views and expressions are constants of this module
    return dict(connection.execute(query).fetchall())


def _pairs_by_gate(connection: "DuckDBPyConnection") -> dict[Place, int]:
    query = "SELECT status, structure_correlation IS NOT NULL, count(*) FROM pairs GROUP BY ALL"
    rows = connection.execute(query).fetchall()
    return {(status, is_measured): count for status, is_measured, count in rows}


def _quantiles(connection: "DuckDBPyConnection") -> dict[str, float]:
    wanted = ", ".join(str(share) for share in _QUANTILES.values())
    query = f"SELECT quantile_cont(confidence, [{wanted}]) FROM annotations"  # noqa: S608
    values = _one_row(connection, query)[0]
    return dict(zip(_QUANTILES, values, strict=True)) if values else {}


def _decisions(connection: "DuckDBPyConnection") -> tuple[Decisions, ...]:
    query = """
        SELECT reviewer, decision, count(*) AS rows FROM verdicts
        GROUP BY reviewer, decision ORDER BY reviewer, rows DESC, decision
    """
    return tuple(Decisions(*row) for row in connection.execute(query).fetchall())


def _audit(connection: "DuckDBPyConnection", reason: TriageReason) -> Audit:
    """An annotation counts as accepted where nobody who decided said otherwise."""
    query = """
        SELECT count(DISTINCT annotation_id), count(sound), count_if(sound)
        FROM triage LEFT JOIN (
            SELECT annotation_id, bool_and(decision = 'accept') AS sound FROM verdicts
            WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
            GROUP BY annotation_id
        ) USING (annotation_id) WHERE queue = 'audit' AND reason = $reason
    """
    (counts,) = connection.execute(query, {"reason": str(reason)}).fetchall()
    return Audit(*counts)


def _one_row(connection: "DuckDBPyConnection", query: str) -> tuple[Any, ...]:
    (row,) = connection.execute(query).fetchall()  # fetchone would leave the result open
    return tuple(row)


def _runs(pair_set: PairSet) -> tuple[Run, ...]:
    """When each run started, oldest first, by the name of the file that keeps its settings."""
    folder = f"{pair_set.root}/runs"
    if not pair_set.filesystem.isdir(folder):
        return ()
    paths = pair_set.filesystem.ls(folder, detail=False)
    found = (_run_named(path.rsplit("/", 1)[-1]) for path in paths)
    return tuple(sorted((run for run in found if run), key=lambda run: (run.started, run.name)))


def _run_named(file_name: str) -> Run | None:
    """None for a file that no run wrote."""
    name, _, started = file_name.removesuffix(".json").rpartition("-")
    try:
        moment = datetime.datetime.strptime(started, _RUN_TIME)
    except ValueError:
        return None
    return Run(name, f"{moment.isoformat(timespec='seconds')}+00:00") if name else None
