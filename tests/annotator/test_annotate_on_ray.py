"""Annotation on a real Ray cluster: the rows of a local run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotator.annotation_shards import plan_shards, run_shard
from annotator.resolve import resolve_annotator
from annotator.settings import AnnotateSettings
from annotator.tasks import pending_tasks
from pairset.app.cli import main
from pairset.errors import SettingsError
from pairset.rows.annotations import latest_annotations
from pairset.store import PairSet
from tests.annotator.shown_set import make_ready
from tests.annotator.small_set import make_set
from tests.pairset.ray_nodes import ray_nodes

PAIRS = 5
WORDS = ("--model", "starter", "--engine", "transformers", "--pairs-per-shard", "2")
SAID = ("raw_reply", "instruction_en", "instruction_zh", "error_code", "attempt", "exemplars")


def rows_of(pair_set: PairSet) -> dict[str, dict[str, Any]]:
    rows = latest_annotations(pair_set).to_pylist()
    return {row["annotation_id"]: {name: row[name] for name in SAID} for row in rows}


def test_workers_write_the_rows_of_a_local_run(tmp_path: Path) -> None:
    local, far = make_set(tmp_path / "local", PAIRS), make_set(tmp_path / "far", PAIRS)
    for pair_set in (local, far):
        make_ready(pair_set)
    words = (*WORDS, "--exemplars", "1", "--dtype", "float32")
    assert main(["annotate", local.url, *words]) == 0
    with ray_nodes(1) as cluster:
        on_ray = ("--executor", "ray", "--address", cluster.address)
        assert main(["annotate", far.url, *words, *on_ray]) == 0

    assert len(rows_of(local)) == PAIRS
    assert rows_of(far) == rows_of(local)


def test_a_worker_with_another_model_under_that_name_asks_nothing(tmp_path: Path) -> None:
    pair_set = make_set(tmp_path, PAIRS)
    settings = AnnotateSettings(set_url=pair_set.url, model="starter", engine="transformers")
    annotator = resolve_annotator(settings)
    (spec,) = plan_shards(settings, annotator, pending_tasks(pair_set, annotator).tasks)
    with pytest.raises(SettingsError, match="not the same model"):
        run_shard(replace(spec, key="another"))
    assert latest_annotations(pair_set).num_rows == 0
