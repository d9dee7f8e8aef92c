"""Engines in this process are believed no more than servers."""

import math
from types import SimpleNamespace
from typing import Any

import pytest

from annotator.confidence import TokenLogprob, value_evidence
from annotator.engines.foreign import sound_answer, sound_count, sound_tokens
from annotator.engines.vllm_scoring import read_answer
from annotator.prompting.reply_tokens import share_of_first

REPLY = '{"instruction_en":"Add."}'


def from_vllm(logprob: Any, text: str = REPLY, finish_reason: Any = "stop") -> Any:
    """An answer made of a completion as vLLM gives it: one token, which writes all."""
    token = SimpleNamespace(decoded_token=text, logprob=logprob)
    completion = SimpleNamespace(
        token_ids=[5], logprobs=[{5: token}], text=text, finish_reason=finish_reason
    )
    return read_answer(SimpleNamespace(prompt_token_ids=[1, 2]), completion)


@pytest.mark.parametrize("logprob", [math.nan, math.inf, -math.inf, 1.0])
def test_a_broken_number_of_vllm_gives_no_confidence(logprob: float) -> None:
    answer = from_vllm(logprob)
    assert answer.text == REPLY
    assert value_evidence(answer.tokens, answer.text, "instruction_en") is None


def test_a_sound_number_of_vllm_stays_what_it_is() -> None:
    assert from_vllm(-0.25).tokens == (TokenLogprob(REPLY, -0.25),)


def test_text_of_an_engine_can_be_stored() -> None:
    answer = from_vllm(-0.25, text="a\ud800b\x00", finish_reason=3)
    assert (answer.text, answer.finish_reason) == ("a\ufffdb\ufffd", "other")


def test_one_broken_number_spoils_them_all() -> None:
    assert sound_tokens([TokenLogprob("a", -1.0), TokenLogprob("b", math.nan)]) == ()


@pytest.mark.parametrize("count", ["7", 7.0, True, -1, 2**31, None])
def test_what_is_no_count_is_none(count: object) -> None:
    assert sound_count(count) is None


def test_a_refusal_of_another_type_is_a_refusal_all_the_same() -> None:
    assert sound_answer("", "stop", [], refusal={"text": "no"}).refusal == "no"


@pytest.mark.parametrize(
    ("first", "second"), [(math.nan, 0.0), (0.0, math.nan), (math.inf, 0.0), (-math.inf, -math.inf)]
)
def test_two_words_of_which_one_has_no_number_have_no_probability(
    first: float, second: float
) -> None:
    with pytest.raises(ValueError, match="no probabilities"):
        share_of_first(first, second)


def test_a_word_that_cannot_be_said_leaves_the_other_certain() -> None:
    assert share_of_first(0.0, -math.inf) == 1.0
