"""From what a reviewer submitted to a verdict: what was decided, and what changed field by field.

Pure: takes Label Studio's JSON of a task with its predictions and annotations.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pairset.records import Verdict
from pairset.records.verdict import Decision, ReviewedField, verdict_id_of
from review.exchange.regions import Region, box_of, choices_of, differ, mask_of, rating_of, text_of
from review.exchange.studio_tasks import annotation_id_in
from review.form import names
from review.form.task import candidates_in
from review.label_studio.incoming import (
    ForeignSubmissionError,
    checked,
    number_of,
    record,
    seconds_of,
    time_of,
)

Submission = Mapping[str, Any]
"""An annotation as Label Studio gives it, a skip included."""

_OURS = ("pair_id", "annotation_id")
"""What the data of our tasks say."""
_TIMES = ("created_at", "updated_at")
_MOST_RAW_CHARACTERS = 20_000_000
_INSTRUCTIONS = (names.INSTRUCTION_EN, names.INSTRUCTION_ZH)
_PREFILLED = (*names.TEXT_CONTROLS, names.EDIT_TYPE, names.CHANGE_BOX, names.CHANGE_MASK)


@dataclass(frozen=True, slots=True)
class ReviewedTask:
    """A task of ours with all that was predicted and submitted on it."""

    task_id: int
    pair_id: str
    annotation_id: str
    """The annotation it was made for."""
    predictions: Sequence[Mapping[str, Any]]
    submissions: Sequence[object]
    """Submissions as the server gave them, not looked at yet."""
    updated_at: str
    candidates: Mapping[str, str | None] = field(default_factory=dict)
    """Chinese words of the instructions it offered, by their English ones."""


def reviewed_task(task: object) -> ReviewedTask | None:
    """Read a task; None where it is not one of ours.

    Raises ForeignSubmissionError for one of ours that Label Studio cannot have written.
    """
    task = record(task, "a task")
    data = task.get("data")
    if not isinstance(data, dict) or not all(isinstance(data.get(name), str) for name in _OURS):
        return None
    data = checked(data)
    try:
        updated_at = time_of(task.get("updated_at"), "its time")
    except ForeignSubmissionError:
        updated_at = ""  # only the next pull's start depends on it
    return ReviewedTask(
        task_id=number_of(task.get("id"), "the task's id"),
        pair_id=data["pair_id"],
        annotation_id=data["annotation_id"],
        predictions=[each for each in _listed(task.get("predictions")) if _is_prediction(each)],
        submissions=_listed(task.get("annotations")),
        updated_at=updated_at,
        candidates=candidates_in(data),
    )


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_prediction(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("result"), list)
        and isinstance(value.get("created_at"), str)
    )


def verdict_of(task: ReviewedTask, submission: Any, reviewer: str, project: str) -> Verdict:
    """The first revision of a verdict, made of one submission.

    Raises ForeignSubmissionError for what no reviewer can have submitted.
    """
    submission = checked(record(submission, "a submission"))
    server_id = str(number_of(submission.get("id"), "its id"))
    created_at, updated_at = (time_of(submission.get(name), name) for name in _TIMES)
    prediction = shown_prediction(task, submission)
    shown: list[Region] = checked(prediction["result"]) if prediction else []
    left: list[Region] = _listed(submission.get("result"))
    decision = decision_of(submission)
    annotation_id = (prediction and annotation_id_in(prediction)) or task.annotation_id
    # A script's bare "accept" carries no texts: it means those that were shown.
    kept: Sequence[Region] = (
        shown if decision == Decision.ACCEPT and not _has_prefilled(left) else left
    )
    kept = with_candidate(_only(choices_of(left, names.CANDIDATE)), task, shown, kept)
    changed = [] if decision == Decision.SKIP else changed_fields(shown, kept)
    if decision == Decision.ACCEPT and names.INSTRUCTION_EN in changed:
        decision = Decision.FIX  # other words are a fix, whichever key was pressed
    return Verdict(
        verdict_id=verdict_id_of(annotation_id, reviewer, f"{project}/{server_id}"),
        revision=1,
        annotation_id=annotation_id,
        pair_id=task.pair_id,
        reviewer=reviewer,
        decision=decision,
        **_words(kept),
        **_words(shown, "original_"),
        change_box=box_of(kept),
        original_change_box=box_of(shown),
        changed_fields=changed,
        error_types=choices_of(left, names.ERROR_TYPES),
        reject_reasons=choices_of(left, names.REJECT_REASON),
        quality=rating_of(left, names.QUALITY),
        seconds_spent=seconds_of(submission.get("lead_time")),
        created_at=created_at,
        updated_at=updated_at,
        project=project,
        task_id=task.task_id,
        server_annotation_id=server_id,
        raw_result=_raw(left),
    )


def _raw(result: Sequence[Region]) -> str:
    text = json.dumps(result, ensure_ascii=False)
    if len(text) > _MOST_RAW_CHARACTERS:
        raise ForeignSubmissionError(f"it holds {len(text):,} characters")
    return text


def _words(regions: Sequence[Region], prefix: str = "") -> dict[str, Any]:
    """Texts and edit type, as fields of a verdict."""
    words: dict[str, Any] = {
        f"{prefix}{name}": text_of(regions, name) for name in names.TEXT_CONTROLS
    }
    return words | {f"{prefix}edit_type": _only(choices_of(regions, names.EDIT_TYPE))}


def shown_prediction(task: ReviewedTask, submission: Submission) -> Mapping[str, Any] | None:
    """What the reviewer started from: its named parent, else the latest that was there then."""
    parent = submission.get("parent_prediction")
    for prediction in task.predictions:
        if parent is not None and prediction.get("id") == parent:
            return prediction
    before = [
        prediction
        for prediction in task.predictions
        if prediction["created_at"] <= submission["created_at"]
    ]
    return max(before, key=lambda prediction: prediction["created_at"], default=None)


def decision_of(submission: Submission) -> Decision:
    """Accept, fix or reject as chosen, a skip as such, undecided where there is not one choice."""
    if submission.get("was_cancelled"):
        return Decision.SKIP
    chosen = choices_of(_listed(submission.get("result")), names.VERDICT)
    known = {decision.value: decision for decision in Decision}
    return known.get(chosen[0], Decision.UNDECIDED) if len(chosen) == 1 else Decision.UNDECIDED


def changed_fields(shown: Sequence[Region], left: Sequence[Region]) -> list[str]:
    """Names of the prefilled fields that no longer say what they said."""
    changed = [name for name in names.TEXT_CONTROLS if text_of(shown, name) != text_of(left, name)]
    if choices_of(shown, names.EDIT_TYPE) != choices_of(left, names.EDIT_TYPE):
        changed.append(ReviewedField.EDIT_TYPE)
    if differ(box_of(shown), box_of(left)):
        changed.append(ReviewedField.CHANGE_BOX)
    if mask_of(shown) != mask_of(left):
        changed.append(ReviewedField.CHANGE_MASK)
    return changed


def with_candidate(
    chosen: str | None, task: ReviewedTask, shown: Sequence[Region], kept: Sequence[Region]
) -> Sequence[Region]:
    """The regions with the words of the candidate that was ticked, unless words were typed."""
    if chosen is None or chosen not in task.candidates:
        return kept
    is_typed = any(text_of(shown, name) != text_of(kept, name) for name in _INSTRUCTIONS)
    if is_typed or chosen == text_of(shown, names.INSTRUCTION_EN):
        return kept
    words = dict(zip(_INSTRUCTIONS, (chosen, task.candidates[chosen]), strict=True))
    others = [each for each in kept if not _is_of(each, _INSTRUCTIONS)]
    ticked = [{"from_name": name, "value": {"text": text}} for name, text in words.items()]
    return [*others, *ticked]


def _has_prefilled(regions: Sequence[Region]) -> bool:
    return any(_is_of(region, _PREFILLED) for region in regions)


def _is_of(region: object, controls: Sequence[str]) -> bool:
    return isinstance(region, dict) and region.get("from_name") in controls


def _only(choices: Sequence[str]) -> str | None:
    return choices[0] if choices else None
