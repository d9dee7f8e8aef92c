"""The one project of the fake Label Studio: tasks, predictions, annotations, views, users."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from review.form import names

PROJECT = "/api/projects/7/"
CONTROLS = (
    *names.TEXT_CONTROLS,
    *(names.EDIT_TYPE, names.VERDICT, names.CHANGE_BOX, names.CHANGE_MASK),
)
Json = Any


class RejectedError(Exception):
    """A request the server says no to."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class FakeProject:
    """What the server holds; the methods below ``answer`` are what people do there."""

    def __init__(self) -> None:
        self.created_at = "2026-01-01T00:00:00.000000Z"
        self.controls = list(CONTROLS)
        self.is_there = True
        self.model_version = ""
        self.tasks: dict[int, Json] = {}
        self.views: dict[int, Json] = {}
        self.users = {1: "ann@example.org", 2: "bo@example.org", 3: "cy@example.org"}
        self.ids = 0
        self.seconds = 0

    def now(self) -> str:
        """A clock that never stands still."""
        self.seconds += 1
        time = datetime(2026, 2, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)
        return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def new_id(self) -> int:
        self.ids += 1
        return self.ids

    def answer(self, words: str, query: dict[str, str], body: Json) -> Json:
        """Carry out one request. Raises RejectedError."""
        routes: list[tuple[str, Callable[..., Json]]] = [
            (rf"GET {PROJECT}$", lambda: self._state()),
            (rf"PATCH {PROJECT}$", lambda: self._set_model_version(body)),
            (rf"POST {PROJECT}import$", lambda: self._import(body)),
            (rf"POST {PROJECT}import/predictions$", lambda: self._predict(body)),
            (r"GET /api/tasks/$", lambda: self._list(query)),
            (r"GET /api/tasks/(\d+)/$", lambda task_id: deepcopy(self._task(task_id))),
            (r"PATCH /api/tasks/(\d+)/$", lambda task_id: self._change(task_id, body)),
            (r"DELETE /api/tasks/(\d+)/$", lambda task_id: self.delete_task(int(task_id))),
            (r"GET /api/dm/views/$", lambda: list(self.views.values())),
            (r"POST /api/dm/views/$", lambda: self._add_view(body)),
            (r"PATCH /api/dm/views/(\d+)/$", lambda view: self.views[int(view)].update(body)),
            (r"GET /api/users/$", self._users),
        ]
        if not self.is_there and "/api/users" not in words:
            raise RejectedError(404, "No Project matches the given query.")
        for pattern, action in routes:
            if match := re.match(pattern, words):
                return action(*match.groups())
        raise RejectedError(404, f"Not found: {words}")

    def task_of(self, pair_id: str) -> Json:
        (found,) = [task for task in self.tasks.values() if task["data"].get("pair_id") == pair_id]
        return found

    def pair_ids(self) -> list[str]:
        return [task["data"]["pair_id"] for task in self.tasks.values()]

    def submit(self, task: Json, reviewer: int, verdict: str | None, **changes: str) -> Json:
        """Submit what is prefilled, with some texts changed, and a verdict; none is a skip."""
        shown = task["predictions"][-1]
        result = [] if verdict is None else [*_edited(shown["result"], changes), _verdict(verdict)]
        now = self.now()
        annotation = {
            "id": self.new_id(),
            "result": result,
            "completed_by": reviewer,
            "was_cancelled": verdict is None,
            "lead_time": 6.5,
            "parent_prediction": None if verdict is None else shown["id"],
            "created_at": now,
            "updated_at": now,
        }
        task["annotations"].append(annotation)
        task["updated_at"] = self.now()
        return annotation

    def edit(self, task: Json, annotation: Json, verdict: str, **changes: str) -> None:
        kept = [region for region in annotation["result"] if region["from_name"] != names.VERDICT]
        annotation["result"] = [*_edited(kept, changes), _verdict(verdict)]
        annotation["updated_at"] = task["updated_at"] = self.now()

    def delete_annotation(self, task: Json, annotation: Json, leaves_trace: bool = True) -> None:
        task["annotations"].remove(annotation)
        if leaves_trace:
            task["updated_at"] = self.now()

    def delete_task(self, task_id: int) -> None:
        del self.tasks[task_id]

    def _state(self) -> Json:
        submissions = [each for task in self.tasks.values() for each in task["annotations"]]
        skipped = sum(each["was_cancelled"] for each in submissions)
        return {
            "id": 7,
            "created_at": self.created_at,
            "label_config": "<View/>",
            "parsed_label_config": {name: {} for name in self.controls},
            "task_number": len(self.tasks),
            "total_annotations_number": len(submissions) - skipped,
            "skipped_annotations_number": skipped,
            "model_version": self.model_version,
        }

    def _set_model_version(self, body: Json) -> Json:
        self.model_version = body["model_version"]
        return {}

    def _import(self, body: Json) -> Json:
        for entry in body:
            task = {"id": self.new_id(), "data": entry["data"], "updated_at": self.now()}
            self.tasks[task["id"]] = task | {"annotations": [], "drafts": [], "predictions": []}
            for prediction in entry["predictions"]:
                self._predict([prediction | {"task": task["id"]}])
        return {"task_count": len(body)}

    def _predict(self, body: Json) -> Json:
        for prediction in body:
            made = {"id": self.new_id(), "created_at": self.now()}
            self._task(prediction["task"])["predictions"].append(prediction | made)
        return {"created": len(body)}

    def _task(self, task_id: str) -> Json:
        if int(task_id) not in self.tasks:
            raise RejectedError(404, "No Task matches the given query.")
        return self.tasks[int(task_id)]

    def _change(self, task_id: str, body: Json) -> Json:
        self._task(task_id).update(body, updated_at=self.now())
        return {}

    def _add_view(self, body: Json) -> Json:
        view = body | {"id": self.new_id()}
        self.views[view["id"]] = view
        return view

    def _users(self) -> Json:
        return [{"id": number, "email": email} for number, email in self.users.items()]

    def _list(self, query: dict[str, str]) -> Json:
        wanted = json.loads(query["query"])["filters"]["items"]
        found = [
            task
            for _, task in sorted(self.tasks.items())
            if all(_passes(task, each) for each in wanted)
        ]
        page, size = int(query["page"]), int(query["page_size"])
        shown = deepcopy(found[(page - 1) * size : page * size])
        if not shown and page > 1:
            raise RejectedError(404, "Invalid page.")
        for task in shown:
            versions = [prediction["model_version"] for prediction in task["predictions"]]
            task["predictions_model_versions"] = ",".join(versions)
        return {"total": len(found), "tasks": shown}


def _passes(task: Json, wanted: Json) -> bool:
    value, skips = wanted["value"], [each["was_cancelled"] for each in task["annotations"]]
    column = wanted["filter"].removeprefix("filter:tasks:")
    if column == "data.pair_id":
        return task["data"]["pair_id"] in json.loads(value)
    if column == "updated_at":
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")
        return bool(task["updated_at"] > value)
    return {"total_annotations": skips.count(False), "cancelled_annotations": sum(skips)}[
        column
    ] > int(value)


def _edited(regions: list[Json], changes: dict[str, str]) -> list[Json]:
    copied = deepcopy(regions)
    for region in copied:
        region["id"] = f"drawn-{region['from_name']}"  # the page gives new ids
        if region["from_name"] in changes:
            kind = region["type"]
            region["value"] = {
                ("text" if kind == "textarea" else kind): [changes[region["from_name"]]]
            }
    return copied


def _verdict(choice: str) -> Json:
    return {
        "id": "v",
        "from_name": names.VERDICT,
        "type": "choices",
        "value": {"choices": [choice]},
    }
