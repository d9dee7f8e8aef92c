"""Who runs the shards: this process, or a pool of local processes.

The seam is one method, so that another scheduler maps the same functions unchanged.
"""

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Protocol

from pairset.errors import WorkerDiedError
from pairset.progress import open_bar
from pairset.shards import Counts, RunShard, ShardSpec, unfinished


class Executor(Protocol):
    """Maps a shard function over specs, in any order, yielding counts as shards finish."""

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Iterator[Counts]: ...


@dataclass(frozen=True)
class InProcess:
    """One shard after the other, here."""

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Iterator[Counts]:
        yield from map(run_shard, specs)


@dataclass(frozen=True)
class LocalPool:
    """Spawned processes on this machine.

    Spawned, not forked: torch and faiss do not survive a fork with threads running.
    """

    workers: int

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Iterator[Counts]:
        """Yield counts as shards finish.

        Raises WorkerDiedError when the system ended a worker (most often: out of memory).
        """
        context = multiprocessing.get_context("spawn")
        workers = min(self.workers, len(specs))
        with ProcessPoolExecutor(workers, context, initializer=end_with_parent) as pool:
            running = {pool.submit(run_shard, spec): spec for spec in specs}
            for future in as_completed(running):
                try:
                    yield future.result()
                except BrokenProcessPool as death:
                    raise WorkerDiedError(
                        f"A worker died near shard {running[future].shard} of "
                        f"{running[future].stage}, most often for want of memory. Finished "
                        "shards are kept: run the same command again, with fewer --workers."
                    ) from death


def end_with_parent() -> None:
    """Let this process end when the one that started it does, however that happens.

    After ``kill -9`` of its parent a pool's worker would wait for work for ever, a model in memory.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def local_executor(workers: int) -> Executor:
    """The executor for so many workers: no second process where one is enough."""
    return InProcess() if workers == 1 else LocalPool(workers)


def run_shards(executor: Executor, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Counts:
    """Run those shards that are not finished yet, with a progress bar, and add up their counts."""
    waiting = unfinished(specs)
    total = Counts()
    if not waiting:
        return total
    finished = executor.map(run_shard, waiting)
    with open_bar(waiting[0].stage, len(waiting), "shard") as bar:
        for counts in finished:
            total += counts
            bar.set_postfix_str(total.pace, refresh=False)
            bar.update()
    return total
