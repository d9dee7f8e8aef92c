"""Requests to a server: one function tries once, another owns the retries."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

from annotator.engines.foreign import foreign_json
from annotator.prompting.reply import ReplyError, ReplyErrorCode
from pairset.errors import EngineDownError, SettingsError
from pairset.network.addresses import ServerAddress
from pairset.network.credentials import HIDDEN, key_from_environment
from pairset.network.http_client import BoundedClient, UnreadableBodyError
from pairset.network.server_words import failure_in
from pairset.running.own_loop import run_apart
from pairset.text import printable

TOKEN_VARIABLES = ("PAIRSET_API_KEY", "OPENAI_API_KEY")
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_JSON = {"Content-Type": "application/json"}
_LISTING_SECONDS = 30
_LONGEST_NAME = 256
_DIGITS_OF_WAIT = 9
"""More are longer than any wait here, and do not fit into a number."""


class TransientError(Exception):
    """One try failed in a way that another try may mend."""

    def __init__(self, code: ReplyErrorCode, message: str, wait_seconds: float = 0) -> None:
        super().__init__(message)
        self.code = code
        self.wait_seconds = wait_seconds
        """What the server asked to wait."""


class UnreachableError(TransientError):
    """Nothing listens at the server's address."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits before the retries: exponential, with full jitter, at most so long."""

    retries: int
    first_seconds: float = 0.5
    longest_seconds: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def retrying(self) -> AsyncRetrying:
        """Calls a function again after each TransientError; raises the last."""
        return AsyncRetrying(
            sleep=self.sleep,
            stop=stop_after_attempt(self.retries + 1),
            wait=self._wait_seconds,
            retry=retry_if_exception_type(TransientError),
            reraise=True,
        )

    def _wait_seconds(self, state: RetryCallState) -> float:
        """A random wait, or as long as the server asks for."""
        drawn = wait_random_exponential(self.first_seconds, self.longest_seconds)(state)
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, TransientError) else 0
        return min(max(drawn, asked), self.longest_seconds)


def token_from_environment() -> str | None:
    """The API token, from the environment only: settings are saved with every run.

    Raises SettingsError for one that no header holds.
    """
    return key_from_environment(TOKEN_VARIABLES)


def connect(
    address: ServerAddress, token: str | None, seconds: float, concurrency: int | None = None
) -> BoundedClient:
    """A client for a server: ``seconds`` is the longest wait for a whole reply."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return BoundedClient(address, seconds, headers, concurrency)


async def try_once(client: BoundedClient, body: bytes) -> object:
    """Send one chat request, encoded JSON; returns the response's JSON, clean of keys.

    Raises TransientError for transport errors, 429 and 5xx, ReplyError for a request the server
    will never take and for a reply that is none, SettingsError where token, path or model are
    wrong.
    """
    try:
        response = await client.post("chat/completions", content=body, headers=_JSON)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(ReplyErrorCode.SERVER_ERROR, f"cannot connect: {error}") from error
    except httpx.TimeoutException as error:
        raise TransientError(ReplyErrorCode.TIMEOUT, "the server did not reply in time") from error
    except httpx.TransportError as error:
        said = client.secrets.hide(repr(error))
        raise TransientError(ReplyErrorCode.SERVER_ERROR, f"connection lost: {said}") from error
    except UnreadableBodyError as error:
        raise ReplyError(ReplyErrorCode.SERVER_ERROR, str(error)) from error
    check_status(client, response)
    answered = _json_of(client, response)
    failure = failure_in(answered)
    if failure and failure.status:
        raise _error_for(failure.status, failure.message)
    if failure:
        raise ReplyError(ReplyErrorCode.SERVER_ERROR, f"the server failed: {failure.message}")
    return answered


def _json_of(client: BoundedClient, response: httpx.Response) -> object:
    try:
        return foreign_json(response.content, client.secrets.hide)
    except ReplyError as error:
        raise ReplyError(error.code, f"{error}: {client.excerpt(response)}") from error


def check_status(client: BoundedClient, response: httpx.Response) -> None:
    """Raise what a status means, as ``try_once`` says."""
    if response.is_success:
        return
    status, said = response.status_code, client.excerpt(response)
    if status in (401, 403):
        names = " or ".join(f"${name}" for name in TOKEN_VARIABLES)
        raise SettingsError(
            f"{response.url} wants a valid API token: set {names}. Where it wants a user and a "
            f"password, write http://USER:PASSWORD@HOST; they are never saved. It said: {said}"
        )
    if status == 404:
        raise SettingsError(f"{response.url} is not there: check --server and --model. {said}")
    raise _error_for(status, f"status {status}: {said}", retry_after_seconds(response))


def _error_for(status: int, message: str, wait_seconds: float = 0) -> ReplyError | TransientError:
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
        return TransientError(ReplyErrorCode.SERVER_ERROR, message, wait_seconds)
    return ReplyError(ReplyErrorCode.REQUEST_REJECTED, message)


def retry_after_seconds(response: httpx.Response) -> float:
    """What the server asks to wait, in seconds or until a date; 0 for what is neither."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:_DIGITS_OF_WAIT])
    try:
        until = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


async def send(client: BoundedClient, body: bytes, backoff: Backoff) -> object:
    """Send one chat request, trying again after transient failures.

    Raises EngineDownError where nothing listens any more, else the last TransientError.
    """
    try:
        return await backoff.retrying()(try_once, client, body)
    except UnreachableError as error:
        raise down(str(client.base_url), str(error)) from error


def down(url: str, reason: str) -> EngineDownError:
    """The server does not answer any more: what that means and what to do."""
    return EngineDownError(
        f"The server at {url} does not answer ({reason}). What was annotated is kept: start the "
        "server again and repeat the same command, or choose another --server."
    )


async def check_alive(client: BoundedClient) -> None:
    """Raise EngineDownError unless the server still says what it serves."""
    try:
        response = await client.get("models")
    except httpx.RequestError as error:
        raise down(str(client.base_url), client.secrets.hide(repr(error))) from error
    if not response.is_success:
        raise down(str(client.base_url), f"status {response.status_code}")


def list_models(address: ServerAddress, token: str | None) -> dict[str, str | None]:
    """What a server serves: each name, and of an adapter the name of the model it belongs to.

    Names that cannot be shown or are none are left out. Raises EngineDownError where no server
    answers, SettingsError where it wants another token or is no such API.
    """
    return run_apart(_list_models(address, token))


async def _list_models(address: ServerAddress, token: str | None) -> dict[str, str | None]:
    async with connect(address, token, _LISTING_SECONDS) as client:
        hide = client.secrets.hide
        try:
            response = await client.get("models")
            check_status(client, response)
            listed = _json_of(client, response)
        except (httpx.TransportError, TransientError) as error:
            raise down(address.url, hide(str(error) or repr(error))) from error
        except (httpx.RequestError, ReplyError) as error:
            raise _no_api(address, str(error)) from error
        models = listed.get("data") if isinstance(listed, dict) else None
        if not isinstance(models, list):
            raise _no_api(address, client.excerpt(response))
    entries = [each for each in models if isinstance(each, dict) and _is_name(each.get("id"))]
    return {
        each["id"]: each["parent"] if isinstance(each.get("parent"), str) else None
        for each in entries
    }


def _is_name(said: object) -> bool:
    """Whether a model can be asked for by it: a line of text that repeats no key."""
    return (
        isinstance(said, str)
        and 0 < len(said) <= _LONGEST_NAME
        and said.strip() == said == printable(said)
        and not {"\n", "\t", "\ufffd"} & set(said)
        and HIDDEN not in said
    )


def _no_api(address: ServerAddress, reason: str) -> SettingsError:
    return SettingsError(f"{address.url} is no OpenAI-compatible API: {reason}")
