"""The three things a push sends, in batches: new tasks, new predictions, marks."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TypeVar

from pairset.running.progress import progress
from pairset.store import PairSet, Stage
from review.exchange.hosted_images import ShownPairs
from review.exchange.studio_tasks import marked, prediction_of, task_of
from review.label_studio.project import StudioProject, Task
from review.label_studio.sending import patiently, send_all
from review.queueing.queue import Queued, read_queue
from review.settings import PushSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PushRun:
    """What every step of one push works with."""

    pair_set: PairSet
    project: StudioProject
    folder: Stage
    settings: PushSettings


def send_new_tasks(run: PushRun, pair_ids: Collection[str], shown: ShownPairs) -> None:
    """Add a task for each of these pairs, the most useful first."""
    project = run.project

    def still_missing(tasks: Sequence[Task]) -> list[Task]:
        there = project.tasks_of_pairs([_pair_id(task) for task in tasks])
        found = {_pair_id(task) for task in there}
        return [task for task in tasks if _pair_id(task) not in found]

    def body(entry: Queued) -> Task:
        return task_of(entry, shown.of(entry), run.settings.mask)

    for batch in _batches(run, pair_ids, "tasks", body):
        send_all(project.client, batch, project.import_tasks, still_missing)


def send_predictions(run: PushRun, task_ids: Mapping[str, int], shown: ShownPairs) -> None:
    """Add the latest annotator's prediction to tasks that are there, by pair id."""
    project = run.project

    def still_missing(predictions: Sequence[Task]) -> list[Task]:
        by_task = {prediction["task"]: prediction for prediction in predictions}
        pair_ids = [pair_id for pair_id, task_id in task_ids.items() if task_id in by_task]
        return [
            by_task[task["id"]]
            for task in project.tasks_of_pairs(pair_ids)
            if task["id"] in by_task
            and by_task[task["id"]]["model_version"] not in _model_versions(task)
        ]

    def body(entry: Queued) -> Task:
        prediction = prediction_of(entry, shown.of(entry), run.settings.mask)
        return prediction | {"task": task_ids[entry.pair.pair_id]}

    for batch in _batches(run, task_ids, "predictions", body):
        send_all(project.client, batch, project.import_predictions, still_missing)


def mark_tasks(run: PushRun, states: Mapping[str, str]) -> None:
    """Tell reviewers which tasks are withdrawn, or open again; nothing is deleted."""
    project = run.project
    for pair_ids in _chunks(states, run.settings.tasks_per_request):
        for task in project.tasks_of_pairs(pair_ids):
            data = marked(task["data"], states[_pair_id(task)])
            patiently(project.client, partial(project.change_data, task["id"], data))


def _batches(
    run: PushRun, pair_ids: Collection[str], label: str, body: Callable[[Queued], Task]
) -> Iterator[list[Task]]:
    """Request bodies of these pairs in the queue's order, made while they are sent."""
    if not pair_ids:
        return
    queue = (entry for entry in read_queue(run.pair_set) if entry.pair.pair_id in pair_ids)
    counted = progress(queue, label, total=len(pair_ids), unit="pair")
    yield from _chunks(map(body, counted), run.settings.tasks_per_request)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _pair_id(task: Task) -> str:
    return str(task["data"]["pair_id"])


def _model_versions(task: Task) -> list[str]:
    return (task.get("predictions_model_versions") or "").split(",")
