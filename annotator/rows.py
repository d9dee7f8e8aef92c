"""From an engine's answer about a pair to the row of the set."""

from dataclasses import asdict, replace

from annotator.confidence import value_evidence
from annotator.engines.protocol import Answer
from annotator.identity import Annotator
from annotator.prompting.reply import (
    ReplyError,
    check_finish,
    check_reply,
    reply_place,
)
from annotator.tasks import Task
from pairset.decoding import ImageError
from pairset.records import Annotation
from pairset.text import storable

_WITH_EVIDENCE = ("instruction_en", "instruction_zh", "inverse_en", "inverse_zh", "edit_type")
"""Fields of a reply whose tokens say how sure the model was."""
_LONGEST_REASON = 1000


def annotation_of(annotator: Annotator, task: Task, answer: Answer) -> Annotation:
    """The row of an answer: checked fields with their evidence, or the reason why there are none.

    The raw reply is kept either way.
    """
    answered = replace(
        _unanswered(annotator, task),
        raw_reply=answer.text,
        finish_reason=answer.finish_reason,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
    )
    try:
        check_finish(answer.finish_reason, answer.refusal)
        reply = check_reply(answer.text)
    except ReplyError as error:
        return _failed(answered, error)
    return _with_evidence(replace(answered, **asdict(reply)), answer)


def failed_annotation(
    annotator: Annotator, task: Task, error: ReplyError | ImageError
) -> Annotation:
    """The row of a pair without an answer."""
    return _failed(_unanswered(annotator, task), error)


def _failed(row: Annotation, error: ReplyError | ImageError) -> Annotation:
    code = f"image_{error.code}" if isinstance(error, ImageError) else str(error.code)
    return replace(row, error_code=code, error=reason_of(error))


def reason_of(error: Exception) -> str:
    """What an error says, as a row has it: of a bounded length, and storable."""
    return storable(str(error))[:_LONGEST_REASON]


def _unanswered(annotator: Annotator, task: Task) -> Annotation:
    return Annotation(
        annotation_id=task.annotation_id,
        pair_id=task.pair_id,
        model=annotator.model.name,
        adapter=annotator.adapter.name if annotator.adapter else None,
        prompt_id=annotator.prompt.prompt_id,
        engine=annotator.engine,
        attempt=task.attempt,
        exemplars=[example.example_id for example in task.exemplars],
    )


def _with_evidence(row: Annotation, answer: Answer) -> Annotation:
    """Confidence and its evidence; nothing where the engine gave no sound log-probabilities."""
    start, _ = reply_place(answer.text)
    found = {
        name: value_evidence(answer.tokens, answer.text, name, start) for name in _WITH_EVIDENCE
    }
    en, zh = found["instruction_en"], found["instruction_zh"]
    logprobs = {name: value.logprobs if value else None for name, value in found.items()}
    return replace(
        row,
        confidence=en.probability if en else None,
        tokens_en=en.tokens if en else None,
        logprobs_en=logprobs["instruction_en"],
        tokens_zh=zh.tokens if zh else None,
        logprobs_zh=logprobs["instruction_zh"],
        logprobs_inverse_en=logprobs["inverse_en"],
        logprobs_inverse_zh=logprobs["inverse_zh"],
        logprobs_edit_type=logprobs["edit_type"],
    )
