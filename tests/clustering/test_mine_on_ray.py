"""Mining on a real Ray cluster, one of whose machines is lost on the way: the same rows."""

import threading
import time
from pathlib import Path
from typing import Any

from pairset.app.cli import main
from pairset.app.demo.photo_squares import SCENES
from pairset.app.demo.planted_corpus import build_corpus
from pairset.store import PairSet
from tests.pairset.ray_nodes import ray_nodes

WORDS = ("--encoder", "lite0", "--images-per-shard", "6", "--candidates-per-shard", "10")
DEADLINE_SECONDS = 300


def rows_in(pair_set: PairSet) -> dict[str, list[dict[str, Any]]]:
    """All rows of every stage, in their order."""
    stages = {
        "images": pair_set.stage("images"),
        "embeddings": pair_set.runs("embeddings")[0],
        "clusters": pair_set.current("clusters"),
        "pairs": pair_set.current("pairs"),
    }
    return {
        name: [row for table in stage.tables() for row in table.to_pylist()]
        for name, stage in stages.items()
        if stage is not None
    }


def test_a_run_that_loses_a_machine_gives_the_rows_of_a_local_run(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    build_corpus(corpus, 0, SCENES[:4])
    local, far = PairSet(str(tmp_path / "local")), PairSet(str(tmp_path / "far"))
    assert main(["mine", local.url, str(corpus), *WORDS, "--workers", "1"]) == 0

    lost: list[int] = []
    with ray_nodes(2) as cluster:
        second = cluster.worker_nodes.copy().pop()

        def lose_a_machine() -> None:
            """Once some images are embedded, and others are not."""
            deadline = time.monotonic() + DEADLINE_SECONDS
            while time.monotonic() < deadline:
                runs = far.runs("embeddings") if far.exists else []
                done = len(runs[0].shards()) if runs else 0
                if done:
                    lost.append(done)
                    cluster.remove_node(second, allow_graceful=False)
                    return
                time.sleep(0.02)

        watcher = threading.Thread(target=lose_a_machine)
        watcher.start()
        on_ray = ("--executor", "ray", "--address", cluster.address)
        assert main(["mine", far.url, str(corpus), *WORDS, *on_ray]) == 0
        watcher.join()

    expected = rows_in(local)
    assert set(expected) == {"images", "embeddings", "clusters", "pairs"}
    assert all(len(rows) > 10 for rows in expected.values())
    assert rows_in(far) == expected
    assert lost[0] < len(far.stage("images").shards())
