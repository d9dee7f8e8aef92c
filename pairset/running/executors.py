"""Who runs the shards: this process, or a pool of local processes.

The seam is one method, so that another scheduler maps the same functions unchanged.
"""

import multiprocessing
import os
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import Protocol

from pairset.errors import SettingsError, WorkerDiedError
from pairset.running.memory import free_memory_bytes
from pairset.running.progress import open_bar
from pairset.running.shards import Counts, RunShard, ShardSpec, unfinished
from pairset.running.stopping import ctrl_c_for_us_alone, heed
from pairset.terminal.console import complain

_WORKERS_PER_CORE = 4
"""More only wait for one another; some may wait for a slow disk."""
_SEMAPHORES = 8
"""A pool needs a few at the same time."""
_BYTES_PER_WORKER = 512 << 20
"""What a worker takes before its first image, with the smallest encoder."""


class Executor(Protocol):
    """Maps a shard function over specs, in any order, yielding counts as shards finish."""

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Generator[Counts]: ...


@dataclass(frozen=True)
class InProcess:
    """One shard after the other, here."""

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Generator[Counts]:
        yield from map(run_shard, specs)


@dataclass(frozen=True)
class LocalPool:
    """Spawned processes on this machine.

    Spawned, not forked: torch and faiss do not survive a fork with threads running.
    """

    workers: int

    def map(self, run_shard: RunShard, specs: Sequence[ShardSpec]) -> Generator[Counts]:
        """Yield counts as shards finish; workers end with the generator, however it ends.

        Raises WorkerDiedError when the system ended a worker (most often: out of memory), and
        SettingsError where there can be no second process.
        """
        before = set(multiprocessing.active_children())
        pool = _pool(min(self.workers, len(specs)))
        is_done = False
        try:
            with ctrl_c_for_us_alone():
                running = {pool.submit(run_shard, spec): spec for spec in specs}
            for future in as_completed(running):
                try:
                    yield future.result()
                except BrokenProcessPool as death:
                    raise _death_near(running[future]) from death
            is_done = True
        finally:
            if not is_done:
                for worker in set(multiprocessing.active_children()) - before:
                    worker.kill()
            pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    """A pool whose processes start when they are needed. Raises SettingsError."""
    require_semaphores("--workers 1")
    resource_tracker.ensure_running()  # it sets the signals that are heard, once
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, context, initializer=end_with_parent)


def require_semaphores(instead: str) -> None:
    """Check that processes here can wait for one another.

    Raises SettingsError, naming the setting that does without a second process.
    """
    try:
        semaphores = [multiprocessing.get_context("spawn").Semaphore() for _ in range(_SEMAPHORES)]
    except (OSError, ImportError) as error:  # a system without semaphores has no such module
        raise SettingsError(
            f"There can be no second process here: {error}. Processes wait for one another through "
            f"shared memory: give the container some (docker run --shm-size=64m), or say {instead}."
        ) from error
    del semaphores


def _death_near(spec: ShardSpec) -> WorkerDiedError:
    return WorkerDiedError(
        f"A worker died near shard {spec.shard} of {spec.stage}, most often for want of memory. "
        "Finished shards are kept: run the same command again, with fewer --workers."
    )


def most_workers() -> int:
    """How many processes this machine feeds: by its cores, and by the memory that is free."""
    by_cores = _WORKERS_PER_CORE * (os.cpu_count() or 1)
    free = free_memory_bytes()
    by_memory = by_cores if free is None else free // _BYTES_PER_WORKER
    return max(1, min(by_cores, by_memory))


def fitting_workers(asked: int) -> int:
    """As many processes as asked, or as this machine feeds; says so where those are fewer."""
    most = most_workers()
    if asked > most:
        complain(f"{asked} workers are more than this machine feeds: {most} are at work.")
    return min(asked, most)


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
    with closing(finished), open_bar(waiting[0].stage, len(waiting), "shard") as bar:
        for counts in finished:
            total += counts
            bar.set_postfix_str(total.pace, refresh=False)
            bar.update()
            heed()
    return total
