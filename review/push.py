"""The verb ``pairset review push``: queued pairs become tasks, each once, whatever happens."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from pairset.errors import SettingsError
from pairset.locking.locks import writing
from pairset.network.credentials import without_credentials
from pairset.rows.freshness import ANNOTATIONS, TRIAGE, complain_of_lags
from pairset.rows.tables import connect_tables
from pairset.store import PairSet, open_set
from pairset.terminal.console import complain, say
from review.exchange.hosted_images import ShownPairs, show_pairs
from review.exchange.push_plan import QueuedId, plan_push
from review.exchange.push_steps import PushRun, mark_tasks, send_new_tasks, send_predictions
from review.exchange.taskmap import (
    TaskMap,
    fetch_task_map,
    forget_task_map,
    project_folder,
    read_task_map,
    save_task_map,
)
from review.form.page_check import check_page
from review.label_studio.project import DISPUTED, OPEN, StudioProject
from review.label_studio.sending import patiently
from review.queueing.queue import read_queue
from review.reach import open_project
from review.settings import PushSettings
from review.studio.connection import StudioConnection

_PROBLEMS_SHOWN = 5


def push(settings: PushSettings) -> None:
    """Bring the server up to the queue: add tasks and predictions, mark what is withdrawn.

    Killed at any moment and run again it ends with the same tasks, none of them twice.
    """
    if settings.image_url != without_credentials(settings.image_url):
        raise SettingsError(
            "--image-url holds a user or a password, which every reviewer would see: leave it out."
        )
    pair_set = open_set(settings.set_url)
    with writing(pair_set, settings.verb):
        _push(pair_set, settings)


def _push(pair_set: PairSet, settings: PushSettings) -> None:
    queue = [QueuedId(entry.pair.pair_id, entry.model_version) for entry in read_queue(pair_set)]
    complain_of_lags(pair_set, ANNOTATIONS, TRIAGE)
    with open_project(pair_set, settings) as (project, connection):
        state = project.state()
        check_page(state)
        pair_set.save_run("review-push", settings.model_dump(mode="json"))
        run = PushRun(pair_set, project, project_folder(pair_set, state), settings)
        tasks = read_task_map(run.folder, state)
        tasks = _carry_out(run, queue, fetch_task_map(project) if tasks is None else tasks)
        _prefill_with_latest(project, queue)
        _say_links(project, connection, Counter(task.state for task in tasks.values()))


def _carry_out(run: PushRun, queue: Sequence[QueuedId], tasks: TaskMap) -> TaskMap:
    """Send what is missing; returns the tasks that are on the server afterwards."""
    plan = plan_push(queue, tasks, _disputed_pairs(run.pair_set))
    if plan.is_empty:
        say("Label Studio has everything that is queued.")
        save_task_map(run.folder, tasks)
        return tasks
    forget_task_map(run.folder)
    wanted = {*plan.new, *plan.predict}
    shown = show_pairs(run.pair_set, wanted, run.settings.image_url) if wanted else ShownPairs()
    new, predict = (set(ids) - shown.problems.keys() for ids in (plan.new, plan.predict))
    send_new_tasks(run, new, shown)
    send_predictions(run, {pair_id: plan.predict[pair_id] for pair_id in predict}, shown)
    mark_tasks(run, plan.mark)
    there = fetch_task_map(run.project)
    save_task_map(run.folder, there)
    say(f"{len(new)} tasks and {len(predict)} predictions added, {len(plan.mark)} tasks marked.")
    _complain_of(shown)
    return there


def _prefill_with_latest(project: StudioProject, queue: Sequence[QueuedId]) -> None:
    """Without it Label Studio orders tasks of several models at random."""
    if queue:
        show = partial(project.show_model_version, queue[0].model_version)
        patiently(project.client, show)


def _disputed_pairs(pair_set: PairSet) -> set[str]:
    """Pairs that reviewers disagreed about when ``pairset review agreement`` last ran."""
    with connect_tables(pair_set) as tables:
        query = "SELECT pair_id FROM consensus WHERE settlement = 'open'"
        return {pair_id for (pair_id,) in tables.execute(query).fetchall()}


def _say_links(
    project: StudioProject, connection: StudioConnection, states: Mapping[str, int]
) -> None:
    link = connection.labelling_url(patiently(project.client, project.ensure_queue))
    say(f"{states[OPEN]} pairs in the review queue, the least confident first: {link}")
    if states[DISPUTED]:
        view_id = patiently(project.client, project.ensure_adjudication)
        link = f"{connection.project_url}/data?tab={view_id}"
        say(f"{states[DISPUTED]} pairs to adjudicate: {link}")


def _complain_of(shown: ShownPairs) -> None:
    if not shown.problems:
        return
    listed = list(shown.problems.items())[:_PROBLEMS_SHOWN]
    lines = [f"  {pair_id}: {problem}" for pair_id, problem in listed]
    complain(
        "\n".join(
            [
                f"{len(shown.problems)} pairs were not sent, since an image cannot be shown:",
                *lines,
                "Put the images back where they were and push again.",
            ]
        )
    )
