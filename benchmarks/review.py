"""Push and pull against a real Label Studio: seconds and memory, and a push killed again and again.

    python -m benchmarks.review [--pairs 5000] [--new 100] [--kills 6]

Prints JSON. Every verb runs in a process of its own, as a person would run it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pairset.app.cli import main as pairset
from pairset.records import Annotation, Pair, rows_of
from pairset.records.edit_types import EditType
from pairset.store import PairSet
from review.label_studio.client import StudioClient
from review.label_studio.project import StudioProject
from review.studio.connection import StudioConnection
from review.studio.own_studio import StudioServer
from tests.review.offline.annotated_set import (
    annotation_of,
    make_annotated_set,
    write_annotations,
)

EDIT_TYPES = [edit_type.value for edit_type in EditType]


@dataclass(frozen=True)
class Measured:
    """One run of one verb."""

    seconds: float
    peak_megabytes: float


MEASURED_RUN = """
import sys
from pathlib import Path
from pairset.app.cli import main

code = main(sys.argv[2:])
peak = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
Path(sys.argv[1]).write_text(peak)
sys.exit(code)
"""
"""The kernel's own mark: what getrusage says of a child begins with its parent's memory."""


def run(words: Sequence[str], kill_after_seconds: float | None = None) -> Measured | None:
    """Run a verb to its end, or to its violent end, which leaves nothing to measure."""
    with tempfile.NamedTemporaryFile("r") as peak:
        command = [sys.executable, "-c", MEASURED_RUN, peak.name, *words]
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if kill_after_seconds is not None:
            time.sleep(kill_after_seconds)
            process.kill()
            process.wait()
            return None
        if process.wait():
            raise SystemExit(f"{words} ended with {process.returncode}")
        seconds = time.perf_counter() - start
        return Measured(round(seconds, 2), round(int(peak.read()) / 1024, 1))


def review(connection: StudioConnection, tasks: int) -> None:
    """Accept so many pairs through the API."""
    accept = {"type": "choices", "from_name": "verdict", "to_name": "tgt"}
    result = [accept | {"id": "v", "value": {"choices": ["accept"]}}]
    with StudioClient(connection.url, connection.token) as client:
        project = StudioProject(client, connection.project_id)
        page = next(iter(project.tasks(tasks)))
        for task in page:
            client.sdk.annotations.create(task["id"], result=result, lead_time=5.0)


def annotations_by_adapter(pair_set: PairSet) -> list[Annotation]:
    """Every pair annotated anew by the same model with an adapter."""
    current = pair_set.current("pairs")
    rows = [pair for table in current.tables() for pair in rows_of(Pair, table)] if current else []
    return [annotation_of(pair, 0.5, adapter="lora-2") for pair in rows]


def measure(pair_set: PairSet, new: int) -> dict[str, object]:
    """Pushes of everything, of nothing, of new predictions; pulls of nothing and of something."""
    url = pair_set.url
    with StudioServer(pair_set, EDIT_TYPES) as connection:
        found = {"push": run(["review", "push", url]), "push again": run(["review", "push", url])}
        found["first pull, empty"] = run(["review", "pull", url])
        review(connection, new)
        found[f"pull of {new}"] = run(["review", "pull", url])
        found["pull of nothing"] = run(["review", "pull", url])
        write_annotations(pair_set, annotations_by_adapter(pair_set), key="adapter-run")
        pairset(["triage", url, "--threshold", "1"])
        found["push of another adapter"] = run(["review", "push", url])
    return {name: asdict(measured) for name, measured in found.items() if measured}


def kill_and_repeat(pair_set: PairSet, kills: int, seconds: float) -> dict[str, int]:
    """Kill so many pushes at random moments, let the last one finish, and count the tasks."""
    with StudioServer(pair_set, EDIT_TYPES) as connection:
        for _ in range(kills):
            run(["review", "push", pair_set.url], random.uniform(0.5, seconds))
        run(["review", "push", pair_set.url])
        with StudioClient(connection.url, connection.token) as client:
            pages = StudioProject(client, connection.project_id).tasks(1_000)
            pairs = [task["data"]["pair_id"] for page in pages for task in page]
    return {"kills": kills, "tasks": len(pairs), "pairs": len(set(pairs))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5_000)
    parser.add_argument("--new", type=int, default=100)
    parser.add_argument("--kills", type=int, default=6)
    given = parser.parse_args()
    found: dict[str, object] = {"load": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        for pairs in (given.pairs // 5, given.pairs):
            pair_set = make_annotated_set(Path(folder, str(pairs)), pairs)
            pairset(["triage", pair_set.url, "--threshold", "1"])
            found[f"{pairs} pairs"] = measure(pair_set, given.new)
        pair_set = make_annotated_set(Path(folder, "killed"), given.pairs)
        pairset(["triage", pair_set.url, "--threshold", "1"])
        found["killed"] = kill_and_repeat(pair_set, given.kills, seconds=20)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
