"""Any body and any reply is a row or its reason: nothing else is raised, and text comes back."""

import json
import math
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.engines.chat_api import read_choice, read_completion, read_tokens
from annotator.engines.foreign import foreign_json
from annotator.engines.http import retry_after_seconds
from annotator.identity import Annotator
from annotator.prompting.prompt import load_prompt
from annotator.prompting.reply import KEYS, ReplyError, check_reply
from annotator.rows import annotation_of, failed_annotation
from annotator.tasks import Task
from annotator.weights.models import served_model
from pairset.network.credentials import Secrets
from pairset.network.server_words import excerpt_of
from pairset.records import Annotation, table_of
from pairset.text import printable

ANNOTATOR = Annotator("server", served_model("m"), None, load_prompt("brief"))
TASK = Task("annotation", "pair", "a", "b", "a.png", "b.png")
KEY = "sk-VXQJ-4711-0815"
SECRETS = Secrets([KEY])
GOOD = dict.fromkeys(KEYS, "a") | {"edit_type": "add", "is_changed": True}

fuzzed = settings(
    max_examples=400,
    derandomize=True,
    deadline=timedelta(seconds=5),
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
words = st.one_of(
    st.text(st.characters(codec=None), max_size=30),
    st.sampled_from([KEY, "\ud83d", "\x00", "```", "<think>", "</think>", "{", "}"]),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(["error", "message", "text"]), words), inner),
    ),
    max_leaves=12,
)
replies = st.one_of(
    words,
    st.lists(words, max_size=6).map("".join),
    st.fixed_dictionaries({key: st.one_of(st.just(GOOD[key]), anything) for key in KEYS}).map(
        json.dumps
    ),
    st.dictionaries(st.sampled_from(KEYS), scalars).map(lambda some: json.dumps(GOOD | some)),
)
entries = st.fixed_dictionaries({}, optional={"token": words, "logprob": scalars})
choices = st.fixed_dictionaries(
    {},
    optional={
        "message": st.one_of(
            anything,
            st.fixed_dictionaries(
                {"content": st.one_of(replies, anything)},
                optional={"refusal": anything, "reasoning_content": replies},
            ),
        ),
        "finish_reason": st.one_of(st.sampled_from(["stop", "length", "MAX_TOKENS"]), anything),
        "logprobs": st.one_of(
            anything, st.fixed_dictionaries({"content": st.lists(st.one_of(entries, anything))})
        ),
        "error": anything,
    },
)
bodies = st.one_of(
    anything,
    st.fixed_dictionaries(
        {"choices": st.one_of(st.lists(st.one_of(choices, anything), max_size=2), anything)},
        optional={
            "usage": st.one_of(anything, st.dictionaries(st.just("prompt_tokens"), scalars)),
            "prompt_logprobs": st.lists(
                st.one_of(st.none(), anything, st.dictionaries(words, entries, max_size=2))
            ),
            "error": anything,
        },
    ),
)

numbers = st.one_of(
    st.just(-0.5),
    st.sampled_from(
        [math.nan, math.inf, -math.inf, 0.5, 1e-6, -1e300, None, "-0.1", True, 10**400]
    ),
)


@st.composite
def completions(draw: st.DrawFn) -> Any:
    """Completions of the right shape, of any words, whose tokens write them in any numbers."""
    said = draw(st.one_of(st.just(json.dumps(GOOD)), replies))
    size = draw(st.integers(1, 40))
    pieces = [said[start : start + size] for start in range(0, len(said), size)]
    odd = draw(st.lists(numbers, min_size=1, max_size=3))
    tokens = [
        {"token": piece, "logprob": odd[place % len(odd)]} for place, piece in enumerate(pieces)
    ]
    choice = {"message": {"content": said}, "finish_reason": "stop"}
    return {"choices": [choice | {"logprobs": {"content": tokens}}]}


def row_of(body: bytes) -> Annotation:
    """As the engine and the verb go from a body to a row."""
    try:
        answer = read_completion(foreign_json(body, SECRETS.hide))
    except ReplyError as error:
        return failed_annotation(ANNOTATOR, TASK, error)
    return annotation_of(ANNOTATOR, TASK, answer)


def check_row(row: Annotation) -> None:
    """It comes back from a table as it is, shows no key, and is sure by sound numbers alone."""
    (kept,) = table_of(Annotation, [row]).to_pylist()
    for name in ("raw_reply", "error", "refusal", "instruction_en", "finish_reason", "tokens_en"):
        assert kept.get(name) == getattr(row, name, None)
        assert KEY not in str(kept.get(name))
    if row.confidence is not None:
        assert 0 <= row.confidence <= 1
        assert all(math.isfinite(each) and each <= 0 for each in row.logprobs_en or [])
    if row.succeeded:
        assert row.instruction_en == printable(str(row.instruction_en))


@fuzzed
@given(completions())
def test_any_words_and_numbers_of_a_completion_are_one_row(body: Any) -> None:
    row = row_of(json.dumps(body).encode())
    check_row(row)
    given = [each["logprob"] for each in body["choices"][0]["logprobs"]["content"]]
    if row.confidence is not None:
        assert all(number in (-0.5, 1e-6) for number in given)


@fuzzed
@given(bodies)
def test_any_json_from_a_server_is_one_row(body: Any) -> None:
    check_row(row_of(json.dumps(body).encode()))


@fuzzed
@given(st.one_of(st.binary(max_size=200), words.map(lambda text: text.encode("utf-8", "replace"))))
def test_any_bytes_from_a_server_are_one_row(body: bytes) -> None:
    check_row(row_of(body))
    assert excerpt_of(body) == excerpt_of(body).encode().decode()


@fuzzed
@given(bodies)
def test_any_json_is_a_probe_or_its_reason(body: Any) -> None:
    for read in (
        lambda said: read_tokens(said, "a"),
        lambda said: read_choice(said, ("yes", "no")),
    ):
        try:
            found = read(foreign_json(json.dumps(body).encode(), SECRETS.hide))
        except ReplyError:
            continue
        numbers = [found] if isinstance(found, float) else [each.logprob for each in found]
        assert all(math.isfinite(number) for number in numbers)


@fuzzed
@given(replies)
def test_any_reply_is_taken_or_refused(text: str) -> None:
    try:
        reply = check_reply(SECRETS.hide(text))  # as every text of a server is, where it enters
    except ReplyError as error:
        check_row(failed_annotation(ANNOTATOR, TASK, error))
        return
    assert not set('"\\\n\x00') & set(reply.instruction_en + reply.preserved)


@fuzzed
@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_wait_that_a_server_asks_for_is_a_number(said: str) -> None:
    response: Any = SimpleNamespace(
        headers=httpx.Headers([(b"Retry-After", said.encode("latin-1"))])
    )
    assert 0 <= retry_after_seconds(response) < math.inf
