"""Shards on a real Ray cluster: the same files, and every loss is met or explained."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairset.errors import MissingExtraError, SettingsError, UnseenPathError, WorkerDiedError
from pairset.running.executors import run_shards
from pairset.running.ray_cluster import RayCluster
from pairset.running.shards import Counts, ShardSpec
from tests.pairset.ray_nodes import ray_nodes
from tests.pairset.running.test_executors import die, specs_in, write_numbers


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with ray_nodes(1) as nodes:
        yield nodes


def lack_a_package(spec: ShardSpec) -> Counts:
    raise MissingExtraError("nowhere-to-be-found", "mine")


def die_once(spec: ShardSpec) -> Counts:
    """Leaves a note that it has been here, and dies the first time."""
    note = Path(spec.set_url) / f"died-{spec.shard}"
    if not note.exists():
        note.touch()
        os._exit(9)
    return write_numbers(spec)


def test_shards_run_in_other_processes_and_once(tmp_path: Path, cluster: Any) -> None:
    executor, specs = RayCluster(cluster.address), specs_in(tmp_path)
    assert run_shards(executor, write_numbers, specs) == Counts(6, 3)
    assert run_shards(executor, write_numbers, specs) == Counts()

    processes = {
        process
        for spec in specs
        for process in spec.output().read(spec.shard)["process"].to_pylist()
    }
    assert os.getpid() not in processes


def test_a_shard_whose_worker_died_runs_again(tmp_path: Path, cluster: Any) -> None:
    assert run_shards(RayCluster(cluster.address), die_once, specs_in(tmp_path)) == Counts(6, 3)
    assert len(list(tmp_path.glob("died-*"))) == 3


def test_a_shard_that_is_lost_at_every_try_is_named(tmp_path: Path, cluster: Any) -> None:
    executor = RayCluster(cluster.address, tries_after_loss=1)
    with pytest.raises(WorkerDiedError, match=r"Shard 00000 of images .* run the same command"):
        run_shards(executor, die, specs_in(tmp_path, count=1))


def test_what_a_worker_says_is_wrong_arrives_as_it_was_said(tmp_path: Path, cluster: Any) -> None:
    with pytest.raises(MissingExtraError, match="nowhere-to-be-found is not installed"):
        run_shards(RayCluster(cluster.address), lack_a_package, specs_in(tmp_path))


def test_a_path_that_a_worker_does_not_see_is_named(tmp_path: Path, cluster: Any) -> None:
    away = str(tmp_path / "on-another-machine")
    with pytest.raises(UnseenPathError, match="on-another-machine"):
        run_shards(RayCluster(cluster.address, (away,)), write_numbers, specs_in(tmp_path))


def test_another_folder_of_the_sets_name_is_no_set(tmp_path: Path) -> None:
    from pairset.running.ray_cluster import Workplace, run_there

    spec = specs_in(tmp_path, count=1)[0]
    with pytest.raises(UnseenPathError, match=str(tmp_path)):
        run_there(Workplace(str(Path.cwd()), str(tmp_path), "other", ()), write_numbers, spec)
    assert not spec.output().shards()


def test_without_a_cluster_it_says_how_to_start_one(tmp_path: Path) -> None:
    import ray

    ray.shutdown()
    with pytest.raises(SettingsError, match="ray start --head"):
        run_shards(RayCluster("127.0.0.1:1"), write_numbers, specs_in(tmp_path))
