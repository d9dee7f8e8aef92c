"""Whether a stage was made from what there is now.

Ids are hashes of contents, so what a stage was made from stands in its rows: an annotation names
its pair, triage its annotations. No clock is asked.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from pairset.terminal.console import complain

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ANNOTATIONS, TRIAGE, CONSENSUS = "annotations", "triage", "consensus"
"""Stages that may be older than what they are made from."""

_QUERIES = {
    ANNOTATIONS: """
        WITH kept AS (SELECT pair_id FROM pairs WHERE status = 'kept')
        SELECT count(*), count_if(a.pair_id IS NULL) FROM kept p
        LEFT JOIN (SELECT DISTINCT pair_id FROM annotations) a USING (pair_id)
    """,
    TRIAGE: """
        WITH kept AS (SELECT pair_id FROM pairs WHERE status = 'kept')
        SELECT count(a.annotation_id), count_if(
            t.annotation_id IS NULL OR a.annotation_id IS NULL
            OR (t.reason = 'pair_withdrawn') <> (p.pair_id IS NULL)
            OR (t.reason = 'no_instruction' AND a.is_written)
        ) FROM (
            SELECT annotation_id, pair_id,
                error_code IS NULL AND instruction_en IS NOT NULL AS is_written FROM annotations
        ) a FULL JOIN triage t USING (annotation_id)
        LEFT JOIN kept p ON p.pair_id = coalesce(a.pair_id, t.pair_id)
    """,
    CONSENSUS: """
        SELECT count(*), count_if(c.annotation_id IS NULL OR c.reviewers <> v.opinions) FROM (
            SELECT annotation_id, count(DISTINCT reviewer) AS opinions FROM verdicts
            WHERE reviewer <> 'auto' AND decision IN ('accept', 'fix', 'reject')
            GROUP BY annotation_id
        ) v LEFT JOIN consensus c USING (annotation_id)
    """,
}
"""By stage: how many rows it should be made from, and how many of those are news to it."""


@dataclass(frozen=True, slots=True)
class Lag:
    """A stage that is older than what it is made from."""

    stage: str
    rows: int
    """What it should be made from."""
    news: int
    """How much of that it does not know, or knows otherwise."""

    def in_words(self, url: str) -> str:
        """What is out of date, and the verb that brings it up to date."""
        if self.stage == ANNOTATIONS:
            return (
                f"{self.news} of {self.rows} kept pairs are not annotated yet by the annotator "
                f"that is followed. Annotate them with: pairset annotate {url}"
            )
        if self.stage == TRIAGE:
            return (
                f"The triage is older than the annotations: {self.news} rows differ, of "
                f"{self.rows} annotations. Sort them anew with: pairset triage {url}"
            )
        return (
            f"The consensus is older than the verdicts: it does not weigh those on {self.news} of "
            f"{self.rows} annotations. Weigh them with: pairset review agreement {url}"
        )


def lags_of(pair_set: PairSet, *stages: str) -> list[Lag]:
    """Which of these stages are there and older than what they are made from."""
    there = [stage for stage in stages if pair_set.current(stage)]
    if not there:
        return []
    with connect_tables(pair_set) as tables:
        found = [_lag(tables, stage) for stage in there]
    return [lag for lag in found if lag.news]


def complain_of_lags(pair_set: PairSet, *stages: str) -> None:
    """Say on standard error which of the stages that a verb reads are out of date."""
    for lag in lags_of(pair_set, *stages):
        complain(f"Note: {lag.in_words(pair_set.url)}")


def _lag(tables: "DuckDBPyConnection", stage: str) -> Lag:
    ((rows, news),) = tables.execute(_QUERIES[stage]).fetchall()
    return Lag(stage, rows, news)
