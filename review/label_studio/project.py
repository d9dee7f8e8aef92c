"""One Label Studio project: its tasks, predictions and views, as few requests as they take."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pairset.records.ids import content_id
from pairset.text import storable
from review.label_studio.client import StudioClient
from review.label_studio.errors import ProjectGoneError, RequestRejectedError, StudioAnswerError
from review.label_studio.incoming import written

QUEUE_TITLE, ADJUDICATION_TITLE = "Least confident first", "To adjudicate"
OPEN, DISPUTED, WITHDRAWN = "open", "disputed", "withdrawn"
"""Values of ``data.state``: to be reviewed, to be adjudicated, or neither."""

_LISTED = "id,data,predictions_model_versions"
_IDS = "id,annotations"
_REVIEWED = (
    "id,data,updated_at,annotations,predictions,result,completed_by,was_cancelled,lead_time,"
    "parent_prediction,created_at,model_version"
)
"""Label Studio applies one list of fields to tasks, annotations and predictions alike."""

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"

_LONGEST_EMAIL = 320

Task = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectState:
    """What a project says of itself in one answer."""

    key: str
    """Hash of its number and birth: another server's project of the same number differs."""
    label_config: str
    controls: frozenset[str]
    """Names of the controls on its page."""
    task_count: int
    submission_count: int
    """Annotations and skips together."""


@dataclass(frozen=True, slots=True)
class StudioProject:
    """A project on a server."""

    client: StudioClient
    project_id: int

    def state(self) -> ProjectState:
        """Raises ProjectGoneError where there is no such project, StudioAnswerError where something
        else answers.
        """
        try:
            return self._state()
        except (AttributeError, TypeError, ValueError, RecursionError) as error:
            raise self._no_studio(f"of the project: {error}") from error

    def _state(self) -> ProjectState:
        found = self.client.sdk.projects.get(self.project_id)
        born = found.created_at.strftime(_TIME_FORMAT) if found.created_at else ""
        return ProjectState(
            key=content_id("project", str(found.id), born),
            label_config=found.label_config or "",
            controls=frozenset(found.parsed_label_config or {}),
            task_count=found.task_number or 0,
            submission_count=(found.total_annotations_number or 0)
            + (found.skipped_annotations_number or 0),
        )

    def tasks(self, page_size: int) -> Iterator[list[Task]]:
        """Pages of all tasks: number, data, and the model versions of their predictions."""
        return self._pages({"fields": "all", "include": _LISTED}, [], page_size)

    def tasks_of_pairs(self, pair_ids: Sequence[str]) -> list[Task]:
        """The tasks of these pairs."""
        wanted = _filter("data.pair_id", "in_list", "List", json.dumps(list(pair_ids)))
        pages = self._pages({"fields": "all", "include": _LISTED}, [wanted], len(pair_ids) * 2)
        return [task for page in pages for task in page]

    def submitted_tasks(
        self, page_size: int, since: str | None = None, only_ids: bool = False
    ) -> Iterator[list[Task]]:
        """Pages of tasks that hold an annotation or a skip, with everything reviewers did.

        ``since`` leaves out those not changed after a time, ``only_ids`` all but numbers. A task
        with both an annotation and a skip comes twice.
        """
        changed = [_filter("updated_at", "greater", "Datetime", since)] if since else []
        fields = {"fields": "all", "include": _IDS if only_ids else _REVIEWED}
        for count in ("total_annotations", "cancelled_annotations"):
            some = _filter(count, "greater", "Number", 0)
            yield from self._pages(fields, [some, *changed], page_size)

    def _pages(
        self, fields: dict[str, str], filters: list[dict[str, object]], page_size: int
    ) -> Iterator[list[Task]]:
        """Ordered by number, so that a task added meanwhile shifts no other to an earlier page."""
        query = {"ordering": ["tasks:id"], "filters": {"conjunction": "and", "items": filters}}
        page, left = 1, 1
        while left > 0:
            parameters: dict[str, str | int] = {
                **fields,
                "project": self.project_id,
                "page": page,
                "page_size": page_size,
                "query": json.dumps(query),
            }
            try:
                answer = self._read("/api/tasks/", parameters)
            except RequestRejectedError as error:
                if error.is_not_found and page > 1:
                    return  # tasks were deleted since the page before
                raise self._gone(error) from error
            said: dict[str, object] = answer if isinstance(answer, dict) else {}
            tasks, total = said.get("tasks"), said.get("total")
            if not isinstance(tasks, list) or not isinstance(total, int):
                raise self._no_studio(repr(answer)[:100])
            yield tasks
            left = total - page * page_size if tasks else 0
            page += 1

    def _gone(self, error: RequestRejectedError) -> Exception:
        """A 404 of a first page is the project's."""
        if not error.is_not_found:
            return error
        return ProjectGoneError(
            f"Label Studio at {self.client.url} has no project {self.project_id} any more."
        )

    def import_tasks(self, tasks: Sequence[Task]) -> None:
        """Add tasks with their predictions. Raises UncertainWriteError as any write."""
        # The SDK's encoder visits every number of every mask: 2 s for 250 masks of 1 megapixel.
        self.client.post_json(f"/api/projects/{self.project_id}/import", list(tasks))

    def import_predictions(self, predictions: Sequence[dict[str, object]]) -> None:
        """Add predictions to tasks that are there."""
        path = f"/api/projects/{self.project_id}/import/predictions"
        self.client.post_json(path, list(predictions))  # masks again

    def change_data(self, task_id: int, data: dict[str, object]) -> None:
        """Replace what a task shows; what reviewers did stays."""
        self.client.sdk.tasks.update(str(task_id), data=data)

    def delete_task(self, task_id: int) -> None:
        """Only ever for a second copy that nobody has touched; one that is gone is good."""
        try:
            self.client.sdk.tasks.delete(str(task_id))
        except RequestRejectedError as error:
            if not error.is_not_found:
                raise

    def submissions_of(self, task_id: int) -> int:
        """How many annotations, skips and drafts a task holds."""
        task = self.client.sdk.tasks.get(str(task_id))
        return len(task.annotations or ()) + len(task.drafts or ())

    def show_model_version(self, model_version: str) -> None:
        """Prefill pages with this model's predictions; scores and order follow them."""
        self.client.sdk.projects.update(self.project_id, model_version=model_version)

    def ensure_queue(self) -> int:
        """Id of the view of open tasks, least confident first; made, or set right, if need be."""
        return self._ensure_view(QUEUE_TITLE, OPEN)

    def ensure_adjudication(self) -> int:
        """Id of the view of tasks that reviewers disagree about."""
        return self._ensure_view(ADJUDICATION_TITLE, DISPUTED)

    def _ensure_view(self, title: str, state: str) -> int:
        in_state = _filter("data.state", "equal", "String", state)
        data = {
            "title": title,
            "type": "list",
            "target": "tasks",
            "ordering": ["tasks:predictions_score"],
            "filters": {"conjunction": "and", "items": [in_state]},
        }
        views = self.client.sdk.views
        asked = {"project": self.project_id, "data": data}
        for view in views.list(project=self.project_id):
            if view.data.get("title") == title:
                if view.data != data:
                    views.update(str(view.id), **asked)
                return int(view.id)
        return int(views.create(**asked).id)

    def reviewers(self) -> dict[int, str]:
        """Email addresses by user number."""
        found = self._read("/api/users/", {})
        users = found if isinstance(found, list) else []
        return {
            user["id"]: _name_of(user)
            for user in users
            if isinstance(user, dict) and isinstance(user.get("id"), int)
        }

    def _read(self, path: str, parameters: dict[str, str | int]) -> object:
        """What the SDK's models cannot hold, or take 20 times as long for."""
        try:
            return self.client.get_json(path, parameters)
        except (ValueError, RecursionError) as error:
            raise self._no_studio(f"{path}: {error}") from error

    def _no_studio(self, said: str) -> StudioAnswerError:
        return StudioAnswerError(
            f"{self.client.url} answers what no Label Studio does: {said[:200]}. See whether --url "
            "is right, then repeat the same command: nothing is lost."
        )


def _name_of(user: dict[str, object]) -> str:
    """An email address; nobody calls themselves like those who are no people."""
    email = storable(written(str(user.get("email") or ""))).strip()[:_LONGEST_EMAIL]
    return email if "@" in email else f"user {user['id']}"


def _filter(column: str, operator: str, kind: str, value: str | int) -> dict[str, object]:
    return {
        "filter": f"filter:tasks:{column}",
        "operator": operator,
        "type": kind,
        "value": value,
    }
