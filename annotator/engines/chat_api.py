"""The OpenAI chat protocol, as far as it is needed: one request about a pair, one reply. Pure."""

import base64
import io
import json
import math
from dataclasses import replace
from urllib.parse import urlsplit

from annotator.confidence import TokenLogprob, tail_of
from annotator.engines.foreign import sound_answer, sound_logprob, sound_tokens, text_of
from annotator.engines.protocol import Answer, Choice, Draws, Question, Statement, Tokens
from annotator.prompting.prompt import Message, Picture, Prompt, build_messages
from annotator.prompting.reply import ReplyError, ReplyErrorCode
from pairset.network.addresses import ServerAddress, server_address
from pairset.network.server_words import failure_in
from pairset.plain_files import EncodedImage
from pairset.text import storable

_FASTEST_COMPRESSION = 1
_MOST_TOP_LOGPROBS = 20
"""What the protocol allows, and vLLM by default."""
_TEXTS = ("content", "reasoning_content", "reasoning")
"""Of a message. Some servers take a whole reply for the thoughts before one."""
_LONGEST_REPLY_CHARACTERS = 256 * 1024
_EXCERPT_CHARACTERS = 300


def api_address(server: str, flag: str = "--server") -> ServerAddress:
    """Where the API is: ``/v1`` is added where only a host was given.

    Raises SettingsError for what is no address.
    """
    address = server_address(server, flag)
    return address if urlsplit(address.url).path else replace(address, url=f"{address.url}/v1")


def request_body(
    model: str, prompt: Prompt, question: Question, max_tokens: int, guided: bool
) -> dict[str, object]:
    """Body of ``POST /chat/completions``: greedy, with log-probabilities of the chosen tokens."""
    body: dict[str, object] = {
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


def draw_body(model: str, prompt: Prompt, draws: Draws, guided: bool) -> dict[str, object]:
    """Body of a request for one reply at random. No seed: on a CPU it would end vLLM's engine."""
    body = request_body(model, prompt, draws.question, draws.max_tokens, guided)
    return body | {"temperature": draws.temperature, "stop": [draws.stop]}


def score_body(model: str, prompt: Prompt, statement: Statement) -> dict[str, object]:
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


def choice_body(model: str, choice: Choice) -> dict[str, object]:
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


def _data_url_part(picture: Picture) -> dict[str, object]:
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


def encode_body(body: dict[str, object]) -> bytes:
    """A request's body as it travels."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_completion(body: object) -> Answer:
    """The answer in a response's JSON.

    Raises ReplyError with what the server said for one that is no chat completion.
    """
    choice = _first_choice(body)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _no_completion(body)
    usage = body.get("usage") if isinstance(body, dict) else None
    usage = usage if isinstance(usage, dict) else {}
    text = next(filter(None, (text_of(message.get(name)) for name in _TEXTS)), "")
    if len(text) > _LONGEST_REPLY_CHARACTERS:
        raise ReplyError(
            ReplyErrorCode.INVALID_REPLY,
            f"the reply has {len(text)} characters: {text[:_EXCERPT_CHARACTERS]}…",
        )
    return sound_answer(
        text,
        choice.get("finish_reason"),
        _tokens_of(choice),
        usage.get("prompt_tokens"),
        usage.get("completion_tokens"),
        message.get("refusal"),
    )


def _first_choice(body: object) -> dict[str, object]:
    choices = body.get("choices") if isinstance(body, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict):
        return choice
    raise _no_completion(body)


def _tokens_of(choice: dict[str, object]) -> list[TokenLogprob]:
    """Of a choice, unchecked but for their shape; none where one is of another shape."""
    entries = _entries(choice)
    steps = [each for each in entries if isinstance(each, dict)]
    if len(steps) < len(entries) or not all(isinstance(each.get("token"), str) for each in steps):
        return []
    return [TokenLogprob(each["token"], each.get("logprob", math.nan)) for each in steps]


def _entries(choice: dict[str, object]) -> list[object]:
    logprobs = choice.get("logprobs")
    entries = logprobs.get("content") if isinstance(logprobs, dict) else None
    return entries if isinstance(entries, list) else []


def read_tokens(body: object, reply: str) -> Tokens:
    """The tokens of a reply that was the end of the prompt; none where their numbers are not sound.

    Raises ReplyError (unsupported) where the response has no log-probabilities of the prompt.
    """
    steps = body.get("prompt_logprobs") if isinstance(body, dict) else None
    if not steps or not isinstance(steps, list):
        _first_choice(body)
        raise ReplyError(
            ReplyErrorCode.UNSUPPORTED,
            "the server gives no log-probabilities of a given reply; vLLM does",
        )
    # Without others to compare with, a step has its own token alone.
    read = [next(iter(step.values())) for step in steps if step and isinstance(step, dict)]
    tokens = [
        TokenLogprob(str(entry.get("decoded_token") or ""), entry.get("logprob", math.nan))
        for entry in read
        if isinstance(entry, dict)
    ]
    return sound_tokens(tail_of(tokens, reply))


def read_choice(body: object, words: tuple[str, str]) -> float:
    """Probability of the first word against the second, by the likeliest first tokens.

    Raises ReplyError: unsupported where neither word is among them, server_error where what is
    there is no probability.
    """
    entries = _entries(_first_choice(body))
    step = entries[0] if len(entries) == 1 else None
    likeliest = step.get("top_logprobs") if isinstance(step, dict) else None
    if not isinstance(likeliest, list):
        raise _no_completion(body)
    shares = [_share(likeliest, word) for word in words]
    if not sum(shares):
        raise ReplyError(
            ReplyErrorCode.UNSUPPORTED,
            f"the server does not hold a reply to {words[0]!r} or {words[1]!r}; vLLM does",
        )
    return shares[0] / sum(shares)


def _share(likeliest: list[object], word: str) -> float:
    """Probability of all tokens that the word may begin with."""
    total = 0.0
    for entry in likeliest:
        if not isinstance(entry, dict):
            continue
        token = entry.get("token")
        if isinstance(token, str) and token and word.startswith(token):
            logprob = sound_logprob(entry.get("logprob"))
            if logprob is None:
                raise ReplyError(
                    ReplyErrorCode.SERVER_ERROR, f"the server gives no log-probability: {entry}"
                )
            total += math.exp(logprob)
    return total


def _no_completion(body: object) -> ReplyError:
    failure = failure_in(body)
    said = failure.message if failure else json.dumps(body, ensure_ascii=False)
    return ReplyError(
        ReplyErrorCode.SERVER_ERROR,
        f"the server's response is no chat completion: {storable(said)[:_EXCERPT_CHARACTERS]}",
    )
