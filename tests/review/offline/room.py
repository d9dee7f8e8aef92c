"""The verbs of review as a person calls them, against the fake server."""

from dataclasses import dataclass
from pathlib import Path

from pairset.app.cli import main
from pairset.records import Verdict, rows_of
from pairset.rows.tables import connect_tables
from pairset.store import PairSet
from tests.review.offline.fake_studio import FakeStudio


@dataclass(frozen=True)
class Room:
    """A set and the Label Studio that reviews it."""

    pair_set: PairSet
    studio: FakeStudio

    def push(self, *flags: str) -> int:
        return main(["review", "push", *self.arguments(), *flags])

    def pull(self, *flags: str) -> int:
        return main(["review", "pull", *self.arguments(), *flags])

    def triage(self, *flags: str) -> int:
        return main(["triage", self.pair_set.url, *flags])

    def arguments(self) -> list[str]:
        """The set, and how to reach the server."""
        patience = ["--timeout-seconds", "1", "--retries", "1"]
        return [self.pair_set.url, "--url", self.studio.url, "--project", "7", *patience]

    def task_maps(self) -> list[Path]:
        """Files that say which task shows which pair."""
        return list(Path(self.pair_set.root, "review").glob("*/tasks.parquet"))

    def verdicts(self, view: str = "verdicts") -> list[Verdict]:
        """Those of people, oldest first."""
        query = f"FROM {view} WHERE reviewer <> 'auto' ORDER BY created_at, revision"
        with connect_tables(self.pair_set) as tables:
            return list(rows_of(Verdict, tables.sql(query).to_arrow_table()))

    def queued(self) -> list[str]:
        """Pair ids in the queue."""
        query = "SELECT pair_id FROM triage WHERE queue IN ('review', 'audit') ORDER BY place"
        with connect_tables(self.pair_set) as tables:
            return [pair_id for (pair_id,) in tables.execute(query).fetchall()]
