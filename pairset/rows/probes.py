"""What has been asked about annotations already."""

from pairset.store import Stage


def latest_probes(stage: Stage) -> dict[str, tuple[int, bool]]:
    """Of each probe id its latest attempt, and whether that failed."""
    latest: dict[str, tuple[int, bool]] = {}
    for table in stage.tables(["probe_id", "attempt", "error_code"]):
        for row in table.to_pylist():
            known = latest.get(row["probe_id"], (0, False))
            latest[row["probe_id"]] = max(known, (row["attempt"], row["error_code"] is not None))
    return latest
