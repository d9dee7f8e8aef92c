"""Some annotations, an engine, and what it says of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files

from annotator.confidence import TokenLogprob, value_evidence, value_span
from annotator.engines import Answer, Choice, Draws, Engine, Question, Statement
from annotator.inference import with_exemplars
from annotator.pictures import load_questions
from annotator.probing.targets import Target, Wanted
from annotator.probing.witness import Witness
from annotator.prompting.prompt import Prompt
from annotator.prompting.reply import (
    ReplyError,
    ReplyErrorCode,
    check_finish,
    checked_words,
    reply_place,
)
from annotator.rows import reason_of
from pairset.decoding import ImageError
from pairset.records import Probe, table_of
from pairset.records.edit_types import EditType
from pairset.records.ids import content_id
from pairset.records.probe import ProbeKind
from pairset.running.shards import Counts
from pairset.store import PairSet

_WORDS = ("yes", "no")
_SAMPLE_ENDS_BEFORE = '"is_changed"'
"""What comes after it is not compared."""
_TIMES_THE_REPLY = 2
"""Samples that get so much longer than the annotator's own reply are cut off."""
_GREY = (127, 127, 127)
_CONTRASTS: dict[ProbeKind, Callable[[Question], Question]] = {
    ProbeKind.AS_IT_IS: lambda question: question,
    ProbeKind.SWAPPED: lambda question: replace(
        question, source=question.target, target=question.source
    ),
    ProbeKind.SOURCE_TWICE: lambda question: replace(question, target=question.source),
    ProbeKind.BLANK_TARGET: lambda question: _with_blank_target(question),
}
"""What the model is shown instead of the pair."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """An annotation with its images open."""

    target: Target
    question: Question


def probe_targets(engine: Engine, witness: Witness, targets: Sequence[Target]) -> Iterator[Counts]:
    """Ask all that is wanted about some annotations and write one shard; so, too, on an error."""
    rows: list[Probe] = []
    try:
        for row in ask_targets(engine, witness, targets, witness.settings.evidence):
            rows.append(row)
            yield Counts(rows=1, failures=int(not row.succeeded))
    finally:
        if rows:
            rows.sort(key=lambda row: row.probe_id)
            name = content_id("shard", *(f"{row.probe_id}#{row.attempt}" for row in rows))
            stage = PairSet(witness.settings.set_url).stage("probes", witness.key)
            stage.write(name, table_of(Probe, rows))


def ask_targets(
    engine: Engine, witness: Witness, targets: Sequence[Target], evidence: Sequence[str]
) -> Iterator[Probe]:
    """Ask what is wanted of some kinds of evidence: one row for each question.

    Raises EngineDownError after the rows of what was answered.
    """
    pair_set = PairSet(witness.settings.set_url)
    tasks = with_exemplars(pair_set, witness.annotator, [target.task for target in targets])
    max_pixels, as_files = witness.settings.max_pixels, witness.annotator.sends_files
    loaded = load_questions(tasks, max_pixels, as_files)
    shown = []
    for target, question in zip(targets, loaded, strict=True):
        if isinstance(question, Question):
            shown.append(_Shown(target, question))
        else:
            yield from (_failed(_row(witness, target, each), question) for each in target.wanted)
    # One after the other on the same pairs: what their images are to the model is cached.
    for kind in evidence:
        yield from _ASK[kind](engine, witness, shown)


def _samples(engine: Engine, witness: Witness, shown: Sequence[_Shown]) -> Iterator[Probe]:
    wanting = [each for each in shown if each.target.wanting(ProbeKind.SAMPLE)]
    left = [each.target.wanting(ProbeKind.SAMPLE) for each in wanting]
    draws = [
        Draws(
            each.question,
            len(wanted),
            witness.settings.temperature,
            _SAMPLE_ENDS_BEFORE,
            _longest_sample(witness, each.target),
        )
        for each, wanted in zip(wanting, left, strict=True)
    ]
    for number, answer in engine.sample(witness.annotator.prompt, draws):
        target, wanted = wanting[number].target, left[number].pop(0)
        if isinstance(answer, ReplyError):
            yield _failed(_row(witness, target, wanted), answer)
        else:
            yield _sampled(witness, target, wanted, answer)


def _longest_sample(witness: Witness, target: Target) -> int:
    """In tokens. At random a model may write white space without end: all would wait for it."""
    most = witness.settings.max_tokens
    return min(most, _TIMES_THE_REPLY * target.reply_tokens) if target.reply_tokens else most


def _sampled(witness: Witness, target: Target, wanted: Wanted, answer: Answer) -> Probe:
    """What is compared of a reply at random: its instruction and its edit type."""
    text = answer.text
    row = replace(_row(witness, target, wanted), raw_reply=text)
    try:
        check_finish(answer.finish_reason, answer.refusal)
        instruction = checked_words("instruction_en", _value(text, "instruction_en"))
        edit_type = _value(text, "edit_type")
        if edit_type not in set(EditType):
            raise ReplyError(ReplyErrorCode.INVALID_REPLY, f"edit type {edit_type!r} is unknown")
    except ReplyError as error:
        return _failed(row, error)
    logprobs = _likelihood(answer.tokens, text)
    return replace(row, instruction_en=instruction, edit_type=edit_type, logprobs=logprobs)


def _value(reply: str, key: str) -> str:
    place = value_span(reply, key, reply_place(reply)[0])
    if place is None:
        raise ReplyError(ReplyErrorCode.INVALID_REPLY, f"the reply has no {key}")
    return reply[place[0] : place[1]]


def _contrasts(engine: Engine, witness: Witness, shown: Sequence[_Shown]) -> Iterator[Probe]:
    asked = [(each, one) for each in shown for one in each.target.wanting(*_CONTRASTS)]
    statements = [
        _statement(each.target.reply, _CONTRASTS[wanted.kind](each.question))
        for each, wanted in asked
    ]
    for number, tokens in engine.score(witness.annotator.prompt, statements):
        each, wanted = asked[number]
        row = _row(witness, each.target, wanted)
        if isinstance(tokens, ReplyError):
            yield _failed(row, tokens)
            continue
        logprobs = _likelihood(tokens, each.target.reply)
        if logprobs is not None:
            yield replace(row, logprobs=logprobs)
        else:
            error = ReplyError(ReplyErrorCode.UNSUPPORTED, "the tokens are not those of the reply")
            yield _failed(row, error)


def _statement(reply: str, question: Question) -> Statement:
    """The reply as far as its instruction: what comes later is not read."""
    place = value_span(reply, "instruction_en", reply_place(reply)[0])
    return Statement(question, reply, end=place[1] + 1 if place else len(reply))


def _critic(engine: Engine, witness: Witness, shown: Sequence[_Shown]) -> Iterator[Probe]:
    asked = [(each, one) for each in shown for one in each.target.wanting(ProbeKind.CRITIC)]
    words = critic_words()
    choices = [
        Choice(
            Prompt("critic", words.replace("{instruction}", each.target.instruction_en)),
            replace(each.question, exemplars=()),
            _WORDS,
        )
        for each, _ in asked
    ]
    prompt_id = content_id("prompt", words, *_WORDS)
    for number, p_yes in engine.choose(choices):
        each, wanted = asked[number]
        row = replace(_row(witness, each.target, wanted), prompt_id=prompt_id)
        if isinstance(p_yes, ReplyError):
            yield _failed(row, p_yes)
        else:
            yield replace(row, p_yes=p_yes)


def critic_words() -> str:
    """What the critic is asked; ``{instruction}`` stands for the instruction."""
    return files("annotator").joinpath("prompts/critic.md").read_text(encoding="utf-8").strip()


_ASK: dict[str, Callable[[Engine, Witness, Sequence[_Shown]], Iterator[Probe]]] = {
    "samples": _samples,
    "contrasts": _contrasts,
    "critic": _critic,
}


def _likelihood(tokens: Sequence[TokenLogprob], reply: str) -> list[float] | None:
    """How likely the English instruction was; None where no log-probabilities came."""
    evidence = value_evidence(tokens, reply, "instruction_en", reply_place(reply)[0])
    return evidence.logprobs if evidence else None


def _with_blank_target(question: Question) -> Question:
    from PIL import Image

    return replace(question, target=Image.new("RGB", question.target.size, _GREY))


def _failed(row: Probe, error: ReplyError | ImageError) -> Probe:
    code = f"image_{error.code}" if isinstance(error, ImageError) else str(error.code)
    return replace(row, error_code=code, error=reason_of(error))


def _row(witness: Witness, target: Target, wanted: Wanted) -> Probe:
    annotator = witness.annotator
    return Probe(
        probe_id=wanted.probe_id,
        annotation_id=target.task.annotation_id,
        pair_id=target.task.pair_id,
        kind=wanted.kind,
        number=wanted.number,
        attempt=wanted.attempt,
        model=annotator.model.name,
        adapter=annotator.adapter.name if annotator.adapter else None,
        prompt_id=annotator.prompt.prompt_id,
        engine=annotator.engine,
    )
