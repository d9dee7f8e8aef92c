"""What engines say, made sound where it enters: text, numbers and names of the type they should be.

Everything in an ``Answer`` has come through here, from servers and from engines in this process
alike. What is no number, or no probability, gives no confidence; it never gives certainty.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace

from annotator.confidence import TokenLogprob
from annotator.engines.protocol import Answer, Tokens
from annotator.prompting.reply import ReplyError, ReplyErrorCode
from pairset.network.server_words import with_texts
from pairset.text import storable

_LARGEST_COUNT = 2**31 - 1
_ROUNDING = 1e-4
"""Log-probabilities are computed in 32 bits: certainty may come out so much above 0."""
_LEAST_LOGPROB = -1e5
"""Servers write -9999 for what has no probability; beyond this it is no logarithm of any."""
_LONGEST_REFUSAL = 1000
_NAMES_OF_ENDS = {
    "stop": ("stop", "eos", "eos_token", "end_turn", "stop_sequence"),
    "length": ("length", "max_tokens", "model_length"),
    "content_filter": ("content_filter", "safety", "refusal"),
    "tool_calls": ("tool_calls", "tool_use", "function_call"),
    "abort": ("abort", "cancelled"),
    "error": ("error",),
}
_ENDS = {said: name for name, names in _NAMES_OF_ENDS.items() for said in names}
OTHER_END = "other"


def sound_answer(
    text: str,
    finish_reason: object,
    tokens: Iterable[TokenLogprob],
    prompt_tokens: object = None,
    completion_tokens: object = None,
    refusal: object = None,
) -> Answer:
    """An answer of sound parts, whatever an engine gave for them."""
    return Answer(
        text=storable(text),
        finish_reason=sound_end(finish_reason),
        tokens=sound_tokens(tokens),
        prompt_tokens=sound_count(prompt_tokens),
        completion_tokens=sound_count(completion_tokens),
        refusal=text_of(refusal)[:_LONGEST_REFUSAL] if refusal else None,
    )


def cut_before(answer: Answer, stop: str) -> Answer:
    """The answer without what follows from ``stop`` on, as vLLM gives it."""
    text, found, _ = answer.text.partition(stop)
    return replace(answer, text=text, finish_reason="stop") if found else answer


def sound_logprob(value: object) -> float | None:
    """A log-probability: finite and at most 0, rounding apart; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return min(0.0, float(value)) if _LEAST_LOGPROB <= value <= _ROUNDING else None


def sound_tokens(tokens: Iterable[TokenLogprob]) -> Tokens:
    """The tokens; none at all where one of them is none, for then none can be trusted."""
    sound = []
    for token in tokens:
        logprob = sound_logprob(token.logprob)
        if logprob is None or not isinstance(token.text, str):
            return ()
        sound.append(TokenLogprob(storable(token.text), logprob))
    return tuple(sound)


def sound_count(value: object) -> int | None:
    """A number of tokens; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def sound_end(value: object) -> str | None:
    """Why a reply ended, by one name for each reason; ``other`` for one that is not known."""
    if value is None:
        return None
    return _ENDS.get(value.lower(), OTHER_END) if isinstance(value, str) else OTHER_END


def text_of(content: object) -> str:
    """The text of a message: as it is, the texts of its parts, or an object as JSON."""
    if content is None:
        return ""
    if isinstance(content, str):
        return storable(content)
    parts = content if isinstance(content, list) else [content]
    return "".join(map(_text_of_part, parts))


def _text_of_part(part: object) -> str:
    if isinstance(part, str):
        return storable(part)
    said = part.get("text") if isinstance(part, dict) else None
    return storable(said if isinstance(said, str) else json.dumps(part, ensure_ascii=False))


def foreign_json(content: bytes, hide: Callable[[str], str]) -> object:
    """The JSON of a server's reply: every text in it is storable and holds no key.

    Raises ReplyError (server_error) for what is no JSON.
    """
    try:
        return with_texts(json.loads(content), lambda text: hide(storable(text)))
    except (ValueError, RecursionError) as error:
        reason = "is no JSON" if isinstance(error, ValueError) else "is nested too deeply"
        raise ReplyError(ReplyErrorCode.SERVER_ERROR, f"the response {reason}") from error
