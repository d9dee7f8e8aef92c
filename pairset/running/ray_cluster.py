"""Shards as tasks of a Ray cluster that is there already.

Plain tasks, one shard each: what Ray adds is where they run. Set and corpus lie where every
machine sees them. A task whose worker or machine is lost runs again somewhere else; shards are
written whole or not at all, so that it does not matter how far it had come.
"""

import logging
import os
import socket
import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

from pairset.errors import (
    MissingExtraError,
    PairsetError,
    SettingsError,
    UnseenPathError,
    WorkerDiedError,
)
from pairset.files.uris import filesystem_of
from pairset.running.shards import Counts, RunShard, ShardSpec
from pairset.store import PairSet, write_atomically

_TASKS_PER_CPU = 2
"""Tasks handed over at once: enough that no machine waits, few enough for ten million images."""
_SECONDS_BETWEEN_LOOKS = 5.0
_KNOCK_SECONDS = 10.0
_MARK = "runs/cluster-mark"


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker must find on its machine."""

    folder: str
    """Relative paths start there."""
    set_url: str
    mark: str
    """What the run has written into the set."""
    paths: tuple[str, ...]
    """Paths and URLs that are read."""


@dataclass(frozen=True)
class RayCluster:
    """Maps shards over all machines of a cluster, a CPU for each shard."""

    address: str
    paths: tuple[str, ...] = ()
    """Paths and URLs of the corpus."""
    gpus_per_shard: float = 0.0
    tries_after_loss: int = 8

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Generator[Counts]:
        """Yield counts as shards finish.

        Raises UnseenPathError where a machine does not see set or corpus, WorkerDiedError where a
        shard was lost again and again, SettingsError where no cluster answers, and what the shard
        function raises.
        """
        ray = connect(self.address)
        place = _mark_set(specs[0].set_url, self.paths)
        task = ray.remote(
            num_cpus=1,
            num_gpus=self.gpus_per_shard,
            max_retries=self.tries_after_loss,
            scheduling_strategy="SPREAD",
        )(run_there)
        waiting = list(reversed(specs))
        running: dict[object, ShardSpec] = {}
        try:
            while waiting or running:
                room = _room(ray)
                while waiting and len(running) < room:
                    spec = waiting.pop()
                    running[task.remote(place, run_shard, spec)] = spec
                done, _ = ray.wait(list(running), timeout=_SECONDS_BETWEEN_LOOKS)
                for reference in done:
                    yield _counts(ray, reference, running.pop(reference))
        finally:
            for reference in running:
                ray.cancel(reference, force=True)


def connect(address: str) -> ModuleType:
    """The ray package, connected to the cluster.

    Raises MissingExtraError, and SettingsError where no cluster answers at that address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # or Ray tells its makers of each run
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # of tasks given up after another's
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("ray", "ray") from error
    if not ray.is_initialized():
        try:
            _knock(address)
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"No Ray cluster answers at {address}: {error}. Start one with: ray start --head "
                "(and on other machines: ray start --address=HOST:6379), or leave out "
                "--executor ray."
            ) from error
    return ray


def _knock(address: str) -> None:
    """Ray itself tries for minutes. Raises OSError where nothing listens."""
    host, _, port = address.rpartition(":")
    if port.isdigit():
        socket.create_connection((host.rsplit("/")[-1], int(port)), _KNOCK_SECONDS).close()


def run_there(place: Workplace, run_shard: RunShard, spec: ShardSpec) -> Counts:
    """One shard in a worker, once it is sure that the worker sees what this run reads."""
    _enter(place)
    return run_shard(spec)


@cache
def _enter(place: Workplace) -> None:
    """Go where the run was started. Raises UnseenPathError."""
    if not Path(place.folder).is_dir():
        raise _unseen(place.folder)
    os.chdir(place.folder)
    pair_set = PairSet(place.set_url)
    mark = f"{pair_set.root}/{_MARK}"
    exists = pair_set.filesystem.exists(mark)
    if not exists or pair_set.filesystem.cat_file(mark).decode() != place.mark:
        raise _unseen(place.set_url)
    for path in place.paths:
        filesystem, root = filesystem_of(path)
        if not filesystem.exists(root):
            raise _unseen(path)


def _unseen(path: str) -> UnseenPathError:
    return UnseenPathError(
        f"A worker on {os.uname().nodename} does not see {path}. Put set and corpus where every "
        "machine of the cluster finds them under the same name: a shared folder, or s3:// and the "
        "like."
    )


def _mark_set(set_url: str, paths: tuple[str, ...]) -> Workplace:
    """Write a mark that no other folder of that name has."""
    pair_set = PairSet(set_url)
    mark = uuid.uuid4().hex
    write_atomically(pair_set, f"{pair_set.root}/{_MARK}", mark.encode())
    return Workplace(str(Path.cwd()), set_url, mark, paths)


def _room(ray: ModuleType) -> int:
    """How many tasks may be under way; machines come and go."""
    return max(1, int(_TASKS_PER_CPU * ray.cluster_resources().get("CPU", 0)))


def _counts(ray: ModuleType, reference: object, spec: ShardSpec) -> Counts:
    try:
        counts: Counts = ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, PairsetError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as death:  # of the worker, its machine, or for want of memory
        raise _lost(spec) from death
    return counts


def _lost(spec: ShardSpec) -> WorkerDiedError:
    return WorkerDiedError(
        f"Shard {spec.shard} of {spec.stage} was lost with its worker at every try, "
        "most often for want of memory. Finished shards are kept: run the same command again, "
        "with more memory for each CPU of the cluster (ray start --num-cpus)."
    )
