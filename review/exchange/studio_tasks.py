"""From a queued pair to what Label Studio takes: a task, and a prediction on it."""

from collections.abc import Mapping
from typing import Any

from review.exchange.hosted_images import ShownPair
from review.form.prediction import ShownTarget, prediction_results
from review.form.task import task_data
from review.label_studio.project import DISPUTED, OPEN, WITHDRAWN, Task
from review.queueing.queue import Queued

_MARKS = {OPEN: "", DISPUTED: "DISPUTED 有分歧 · ", WITHDRAWN: "WITHDRAWN 已撤回 · "}
_SEPARATOR = ":"


def task_of(queued: Queued, shown: ShownPair, with_mask: bool = True) -> Task:
    """A new task, with the model's answer as its prediction."""
    urls = (shown.source.url or "", shown.target.url or "")
    data = task_data(queued.pair, queued.annotation, urls, queued.wordings)
    return {
        "data": data | {"state": OPEN},
        "predictions": [prediction_of(queued, shown, with_mask)],
    }


def prediction_of(queued: Queued, shown: ShownPair, with_mask: bool = True) -> dict[str, object]:
    """The model's answer. Its region ids tell later which annotation a reviewer was shown."""
    target = ShownTarget(
        source_size=queued.source_size or (shown.source.width, shown.source.height),
        shown_size=(shown.target.width, shown.target.height),
    )
    regions = prediction_results(queued.pair, queued.annotation, target, with_mask)
    annotation_id = queued.annotation.annotation_id
    return {
        "model_version": queued.model_version,
        "score": queued.annotation.confidence or 0.0,
        "result": [
            region | {"id": f"{annotation_id}{_SEPARATOR}{region['from_name']}"}
            for region in regions
        ],
    }


def annotation_id_in(prediction: Mapping[str, Any]) -> str | None:
    """Which annotation a prediction shows; None where it is not one of ours."""
    for region in prediction["result"]:
        if not isinstance(region, dict):
            continue
        name, separator, _ = str(region.get("id", "")).partition(_SEPARATOR)
        if separator:
            return name
    return None


def marked(data: Mapping[str, object], state: str) -> dict[str, object]:
    """The data of a task in another state, which its line of numbers tells reviewers."""
    info = str(data.get("info", ""))
    for words in _MARKS.values():
        info = info.removeprefix(words)
    return {**data, "info": _MARKS[state] + info, "state": state}
