"""Which task of a project shows which pair: kept in the set, rebuilt from the server when in doubt.

    SET/review/<project key>/tasks.parquet

The file is taken away before tasks are added and written again when all are there. So after a run
that was killed nothing is trusted but the server.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from pairset.records import Record, rows_of, table_of
from pairset.store import PairSet, Stage
from review.label_studio.project import OPEN, ProjectState, StudioProject, Task
from review.label_studio.sending import patiently

_SHARD = "tasks"
_PAGE_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class PushedTask(Record):
    """A task that is on the server."""

    pair_id: str
    task_id: int
    state: str
    """open, disputed or withdrawn."""
    model_versions: list[str]
    """Models whose predictions the task holds."""


TaskMap = Mapping[str, PushedTask]
"""Tasks by pair id."""


def project_folder(pair_set: PairSet, state: ProjectState) -> Stage:
    """Where the set keeps what it knows of a project."""
    return pair_set.stage("review", state.key)


def read_task_map(folder: Stage, state: ProjectState) -> TaskMap | None:
    """The map as it was saved; None where it is missing or the server holds another number."""
    if not folder.is_finished(_SHARD):
        return None
    known = {task.pair_id: task for task in rows_of(PushedTask, folder.read(_SHARD))}
    return known if len(known) == state.task_count else None


def save_task_map(folder: Stage, tasks: TaskMap) -> None:
    """Keep the map for the next run."""
    folder.write(_SHARD, table_of(PushedTask, tasks.values()))


def forget_task_map(folder: Stage) -> None:
    """From here on only the server knows."""
    if folder.is_finished(_SHARD):
        folder.pair_set.filesystem.rm_file(folder.shard_path(_SHARD))


def fetch_task_map(project: StudioProject) -> TaskMap:
    """Ask the server for every task, and take away second copies that nobody has touched.

    Copies come about when a run was killed, or a request timed out, while the server went on.
    """
    tasks: dict[str, PushedTask] = {}
    for page in project.tasks(_PAGE_SIZE):
        for found in _pushed(page):
            first = tasks.setdefault(found.pair_id, found)
            if first is not found:
                tasks[found.pair_id] = _keep_one(project, first, found)
    return tasks


def _pushed(page: Iterable[Task]) -> Iterable[PushedTask]:
    """Tasks of ours; other people's, without a pair, are let alone."""
    for task in page:
        data = task["data"]
        if "pair_id" in data:
            versions = filter(None, (task.get("predictions_model_versions") or "").split(","))
            state = data.get("state", OPEN)
            yield PushedTask(data["pair_id"], task["id"], state, sorted(set(versions)))


def _keep_one(project: StudioProject, first: PushedTask, second: PushedTask) -> PushedTask:
    """Delete the copy without work in it; where both hold work, both stay."""
    if not project.submissions_of(second.task_id):
        patiently(project.client, partial(project.delete_task, second.task_id))
        return first
    if not project.submissions_of(first.task_id):
        patiently(project.client, partial(project.delete_task, first.task_id))
        return second
    return first
