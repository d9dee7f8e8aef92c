"""Another model's word on whether two instructions mean the same."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from annotator.engines.chat_api import api_address, encode_body, read_completion
from annotator.prompting.reply import ReplyError, after_thoughts
from finetune.examples.make import fields_of
from pairset.errors import EngineDownError, MissingExtraError, SettingsError
from pairset.network.addresses import ServerAddress
from pairset.records import Evaluation, Example
from pairset.records.ids import content_id
from pairset.rows.voices import is_judged
from pairset.running.own_loop import run_apart
from pairset.running.progress import progress

_QUESTION = """\
Two people describe how to edit the same photo.

Instruction A: {expected}
Instruction B: {said}

Would following A and following B give the same picture? The wording does not matter; the objects, \
places, directions, colours and amounts do. Answer with one word: yes or no."""
_ANSWER = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)
_MAX_TOKENS = 1024
_CONCURRENCY = 8
_TIMEOUT_SECONDS = 120
_RETRIES = 5


@dataclass(frozen=True, slots=True)
class Judge:
    """A model at an OpenAI-compatible endpoint."""

    url: str
    model: str
    retries: int = _RETRIES
    """More tries of a request after a transport error, 429 or 5xx."""


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """The judge against the reviewers: did the words that a model wrote mean what they stand by?

    Reviewers say yes where they left the English words as they were, no where they changed them.
    """

    model: str
    pairs: int
    """Reviewed pairs on which it answered."""
    unanswered: int
    kappa: float | None
    """Cohen's kappa; None where one of them always says the same."""
    left_as_they_were: int
    judged_same_of_those: int
    corrected: int
    judged_different_of_those: int


Question = tuple[str, str]
"""What reviewers stand by, and what was said."""


def agreement_with_reviewers(
    judge: Judge, examples: Sequence[Example], most: int
) -> JudgeAgreement:
    """Ask the judge about words that reviewers accepted or corrected, and compare.

    Of more pairs than ``most`` the same ones are drawn every time.
    """
    reviewed = [
        example
        for example in examples
        if example.teaches and example.original_reply and is_judged(example.reviewer)
    ]
    drawn = sorted(reviewed, key=lambda each: content_id("judge", each.example_id))[:most]
    questions = [_words_of(example) for example in drawn]
    same = [expected == said for expected, said in questions]
    return compare_with_reviewers(judge.model, same, ask_all(judge, questions))


def _words_of(example: Example) -> Question:
    fields = (fields_of(reply or "{}") for reply in (example.reply, example.original_reply))
    expected, said = (each.get("instruction_en", "") for each in fields)
    return expected, said


def compare_with_reviewers(
    model: str, reviewers: Sequence[bool], judged: Sequence[bool | None]
) -> JudgeAgreement:
    """Count and correct for chance. ``judged`` is None where the judge did not say."""
    from sklearn.metrics import cohen_kappa_score

    both = [(a, b) for a, b in zip(reviewers, judged, strict=True) if b is not None]
    varied = all(len(set(labels)) > 1 for labels in zip(*both, strict=True)) if both else False
    return JudgeAgreement(
        model=model,
        pairs=len(both),
        unanswered=len(reviewers) - len(both),
        kappa=float(cohen_kappa_score(*zip(*both, strict=True))) if varied else None,
        left_as_they_were=sum(a for a, _ in both),
        judged_same_of_those=sum(a and b for a, b in both),
        corrected=sum(not a for a, _ in both),
        judged_different_of_those=sum(not a and not b for a, b in both),
    )


def judge_rows(judge: Judge, rows: Sequence[Evaluation]) -> list[Evaluation]:
    """The rows, with the judge's word on those in other words than the reviewers'."""
    asked = [row for row in rows if not row.exact_en and row.said_instruction_en]
    questions = [(row.instruction_en, row.said_instruction_en or "") for row in asked]
    said = dict(zip((row.annotation_id for row in asked), ask_all(judge, questions), strict=True))
    return [replace(row, judged_same=said.get(row.annotation_id)) for row in rows]


def ask_all(judge: Judge, questions: Sequence[Question]) -> list[bool | None]:
    """What the judge says to each question; the same question is asked once.

    None where its answer was neither yes nor no. Raises EngineDownError where it does not answer
    any more, SettingsError where its address, name or token are wrong.
    """
    different = list(dict.fromkeys(questions))
    address = api_address(judge.url, "--judge-server")
    try:
        answers = run_apart(_ask(judge, address, different))
    except ImportError as error:
        raise MissingExtraError(error.name or "httpx", "train") from error
    except EngineDownError as error:
        raise EngineDownError(
            f"The judge at {address.url} does not answer ({error.__cause__ or error}). Start it "
            "and repeat the same command, or evaluate without --judge-server."
        ) from error
    except SettingsError as error:
        raise SettingsError(
            f"--judge-server {address.url} --judge-model {judge.model}: {error}"
        ) from error
    by_question = dict(zip(different, answers, strict=True))
    return [by_question[question] for question in questions]


async def _ask(
    judge: Judge, address: ServerAddress, questions: Sequence[Question]
) -> list[bool | None]:
    from annotator.engines.http import (
        Backoff,
        TransientError,
        connect,
        send,
        token_from_environment,
    )
    from pairset.network.http_client import BoundedClient

    free = asyncio.Semaphore(_CONCURRENCY)

    async def one(client: BoundedClient, question: Question) -> bool | None:
        async with free:
            try:
                body = encode_body(_request_body(judge.model, question))
                reply = await send(client, body, Backoff(judge.retries))
                return verdict_in(read_completion(reply).text)
            except ReplyError:
                return None
            except TransientError as error:
                raise EngineDownError(str(error)) from error

    async with connect(address, token_from_environment(), _TIMEOUT_SECONDS) as client:
        asked = [asyncio.ensure_future(one(client, question)) for question in questions]
        try:
            for answered in progress(
                asyncio.as_completed(asked), "judge", total=len(asked), unit="pair"
            ):
                await answered
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        return [task.result() for task in asked]


def _request_body(model: str, question: Question) -> dict[str, object]:
    expected, said = question
    content = _QUESTION.format(expected=expected, said=said)
    return {
        "model": model,
        "messages": [{"role": "user", "content": content}],
        "temperature": 0,
        "max_tokens": _MAX_TOKENS,
    }


def verdict_in(text: str) -> bool | None:
    """The yes or no that an answer begins with, once its thoughts are taken off."""
    found = _ANSWER.match(after_thoughts(text))
    return found[1].lower() == "yes" if found else None
