"""The OpenAI chat protocol, as far as it is needed: one request about a pair, one reply. Pure."""

import base64
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from annotator.confidence import TokenLogprob
from annotator.engines.protocol import Answer, Question
from annotator.prompt import Prompt, build_messages
from annotator.reply import ReplyError, ReplyErrorCode

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage

_FASTEST_COMPRESSION = 1


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
        "messages": build_messages(
            prompt, question.source, question.target, _data_url_part, question.exemplars
        ),
        "temperature": 0,
        "max_tokens": max_tokens,
        "logprobs": True,
    }
    if guided:
        json_schema = {"name": "edit", "schema": prompt.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return body


def _data_url_part(image: "PillowImage") -> dict[str, Any]:
    """The image in the request itself, as PNG: without loss, as the other engines see it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=_FASTEST_COMPRESSION)
    encoded = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}"}}


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
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ReplyError(
            ReplyErrorCode.SERVER_ERROR, f"the server's response is no chat completion: {error!r}"
        ) from error
