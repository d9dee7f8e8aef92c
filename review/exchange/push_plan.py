"""What a push has to do: the queue less what the server holds. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from review.exchange.taskmap import TaskMap
from review.label_studio.project import DISPUTED, OPEN, WITHDRAWN


@dataclass(frozen=True, slots=True)
class QueuedId:
    """As much of a queued pair as a plan needs."""

    pair_id: str
    model_version: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What the server lacks."""

    new: list[str] = field(default_factory=list)
    """Pairs without a task, the most useful first."""
    predict: dict[str, int] = field(default_factory=dict)
    """Tasks by pair that lack the prediction of the annotator which readers follow."""
    mark: dict[str, str] = field(default_factory=dict)
    """By pair, the state that its task should have and has not."""

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.predict or self.mark)


def plan_push(queue: Iterable[QueuedId], tasks: TaskMap, disputed: Collection[str] = ()) -> Plan:
    """Compare the queue with what is on the server.

    A task whose pair is queued no more is withdrawn, not deleted: it may hold someone's work.
    ``disputed`` are pairs that reviewers disagree about.
    """
    plan = Plan()
    queued = {entry.pair_id: entry.model_version for entry in queue}
    for pair_id, model_version in queued.items():
        task = tasks.get(pair_id)
        if task is None:
            plan.new.append(pair_id)
        elif model_version not in task.model_versions:
            plan.predict[pair_id] = task.task_id
    for pair_id, task in tasks.items():
        state = DISPUTED if pair_id in disputed else OPEN if pair_id in queued else WITHDRAWN
        if task.state != state:
            plan.mark[pair_id] = state
    return plan
