"""The OpenAI chat protocol, as far as it is needed: one request about a pair, one reply. Pure."""

import base64
import io
import json
import math
from typing import Any
from urllib.parse import urlsplit

from annotator.confidence import TokenLogprob, tail_of
from annotator.engines.protocol import Answer, Choice, Draws, Question, Statement, Tokens
from annotator.prompt import Message, Picture, Prompt, build_messages
from annotator.reply import ReplyError, ReplyErrorCode
from pairset.plain_files import EncodedImage

_FASTEST_COMPRESSION = 1
_MOST_TOP_LOGPROBS = 20
"""What the protocol allows, and vLLM by default."""


def api_url(server: str) -> str:
    """Base URL of the API: ``/v1`` is added where only a host was given."""
    url = server.rstrip("/")
    return url if urlsplit(url).path else f"{url}/v1"


def request_body(
    model: str, prompt: Prompt, question: Question, max_tokens: int, guided: bool
) -> dict[str, Any]:
    """Body of ``POST /chat/completions``: greedy, with log-probabilities of the chosen tokens."""
    body: dict[str, Any] = {
        "model": model,
        "messages": _messages(prompt, question),
        "temperature": 0,
        "max_tokens": max_tokens,
        "logprobs": True,
    }
    if guided:
        json_schema = {"name": "edit", "schema": prompt.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return body


def draw_body(model: str, prompt: Prompt, draws: Draws, guided: bool) -> dict[str, Any]:
    """Body of a request for one reply at random. No seed: on a CPU it would end vLLM's engine."""
    body = request_body(model, prompt, draws.question, draws.max_tokens, guided)
    return body | {"temperature": draws.temperature, "stop": [draws.stop]}


def score_body(model: str, prompt: Prompt, statement: Statement) -> dict[str, Any]:
    """Body of a request for the log-probabilities of a given reply, as vLLM takes it."""
    reply = {"role": "assistant", "content": [{"type": "text", "text": statement.reply}]}
    return {
        "model": model,
        "messages": [*_messages(prompt, statement.question), reply],
        "add_generation_prompt": False,
        "continue_final_message": True,
        "temperature": 0,
        "max_tokens": 1,
        "prompt_logprobs": 0,
    }


def choice_body(model: str, choice: Choice) -> dict[str, Any]:
    """Body of a request for one of two words, as vLLM takes it, with the likeliest tokens."""
    return {
        "model": model,
        "messages": _messages(choice.prompt, choice.question),
        "temperature": 0,
        "max_tokens": 1,
        "logprobs": True,
        "top_logprobs": _MOST_TOP_LOGPROBS,
        "structured_outputs": {"choice": list(choice.words)},
    }


def _messages(prompt: Prompt, question: Question) -> list[Message]:
    return build_messages(
        prompt, question.source, question.target, _data_url_part, question.exemplars
    )


def _data_url_part(picture: Picture) -> dict[str, Any]:
    """The image in the request itself: a plain file as it is, pixels as PNG, without loss."""
    content, media_type = _encoded(picture)
    encoded = base64.b64encode(content).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{encoded}"}}


def _encoded(picture: Picture) -> tuple[bytes, str]:
    if isinstance(picture, EncodedImage):
        return picture.content, picture.media_type
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=_FASTEST_COMPRESSION)
    return buffer.getvalue(), "image/png"


def encode_body(body: dict[str, Any]) -> bytes:
    """A request's body as it travels."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_completion(body: Any) -> Answer:
    """The answer in a response's JSON. Raises ReplyError for one that is no chat completion."""
    try:
        choice, usage = body["choices"][0], body.get("usage") or {}
        message = choice["message"]
        entries = (choice.get("logprobs") or {}).get("content") or ()
        return Answer(
            text=message.get("content") or "",
            finish_reason=choice.get("finish_reason"),
            tokens=tuple(TokenLogprob(entry["token"], entry["logprob"]) for entry in entries),
            prompt_tokens=usage.get("prompt_tokens"),
            completion_tokens=usage.get("completion_tokens"),
            refusal=message.get("refusal"),
        )
    except _STRANGE as error:
        raise _no_completion(error) from error


def read_tokens(body: Any, reply: str) -> Tokens:
    """The tokens of a reply that was the end of the prompt.

    Raises ReplyError (unsupported) where the response has no log-probabilities of the prompt.
    """
    try:
        steps = body.get("prompt_logprobs")
        if not steps:
            raise ReplyError(
                ReplyErrorCode.UNSUPPORTED,
                "the server gives no log-probabilities of a given reply; vLLM does",
            )
        # Without others to compare with, a step has its own token alone.
        read = [next(iter(step.values())) for step in steps if step]
        tokens = [
            TokenLogprob(entry.get("decoded_token") or "", entry["logprob"]) for entry in read
        ]
    except _STRANGE as error:
        raise _no_completion(error) from error
    return tuple(tail_of(tokens, reply))


def read_choice(body: Any, words: tuple[str, str]) -> float:
    """Probability of the first word against the second, by the likeliest first tokens.

    Raises ReplyError (unsupported) where neither word is among them.
    """
    try:
        (step,) = body["choices"][0]["logprobs"]["content"]
        likeliest = [(entry["token"], math.exp(entry["logprob"])) for entry in step["top_logprobs"]]
    except (*_STRANGE, ValueError) as error:
        raise _no_completion(error) from error
    first, second = (
        sum(likely for token, likely in likeliest if token and word.startswith(token))
        for word in words
    )
    if not first + second:
        raise ReplyError(
            ReplyErrorCode.UNSUPPORTED,
            f"the server does not hold a reply to {words[0]!r} or {words[1]!r}; vLLM does",
        )
    return first / (first + second)


_STRANGE = (KeyError, IndexError, TypeError, AttributeError)


def _no_completion(error: Exception) -> ReplyError:
    return ReplyError(
        ReplyErrorCode.SERVER_ERROR, f"the server's response is no chat completion: {error!r}"
    )
