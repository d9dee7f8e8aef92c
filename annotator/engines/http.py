"""Requests to a server: one function tries once, another owns the retries."""

import asyncio
import os
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from annotator.reply import ReplyError, ReplyErrorCode
from pairset.errors import EngineDownError, SettingsError

TOKEN_VARIABLES = ("PAIRSET_API_KEY", "OPENAI_API_KEY")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_EXCERPT_CHARACTERS = 300
_JSON = {"Content-Type": "application/json"}


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

    def wait_seconds(self, failures: int) -> float:
        """A random wait after so many failures."""
        most = min(self.longest_seconds, self.first_seconds * 2 ** (failures - 1))
        return random.uniform(0, most)


def token_from_environment() -> str | None:
    """The API token, from the environment only: settings are saved with every run."""
    return next((os.environ[name] for name in TOKEN_VARIABLES if os.environ.get(name)), None)


def client_options(url: str, token: str | None, timeout_seconds: float) -> dict[str, Any]:
    """Options of an httpx client for a server. Loopback servers are never asked through a proxy."""
    return {
        "base_url": f"{url}/",
        "headers": {"Authorization": f"Bearer {token}"} if token else {},
        "timeout": httpx.Timeout(timeout_seconds, connect=10),
        "trust_env": urlsplit(url).hostname not in _LOOPBACK,
    }


async def try_once(client: httpx.AsyncClient, body: bytes) -> Any:
    """Send one chat request, encoded JSON; returns the response's JSON.

    Raises TransientError for transport errors, 429 and 5xx, ReplyError for a request the server
    will never take, SettingsError where token, path or model are wrong.
    """
    try:
        response = await client.post("chat/completions", content=body, headers=_JSON)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise UnreachableError(ReplyErrorCode.SERVER_ERROR, f"cannot connect: {error}") from error
    except httpx.TimeoutException as error:
        raise TransientError(ReplyErrorCode.TIMEOUT, "the server did not reply in time") from error
    except httpx.TransportError as error:
        raise TransientError(ReplyErrorCode.SERVER_ERROR, f"connection lost: {error!r}") from error
    check_status(response)
    try:
        return response.json()
    except ValueError as error:
        raise ReplyError(ReplyErrorCode.SERVER_ERROR, "the response is no JSON") from error


def check_status(response: httpx.Response) -> None:
    """Raise what a status means, as ``try_once`` says."""
    if response.is_success:
        return
    status, said = response.status_code, response.text[:_EXCERPT_CHARACTERS]
    if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
        raise TransientError(
            ReplyErrorCode.SERVER_ERROR, f"status {status}: {said}", _retry_after(response)
        )
    if status in (401, 403):
        names = " or ".join(f"${name}" for name in TOKEN_VARIABLES)
        raise SettingsError(f"{response.url} wants a valid API token: set {names}.")
    if status == 404:
        raise SettingsError(f"{response.url} is not there: check --server and --model. {said}")
    raise ReplyError(ReplyErrorCode.REQUEST_REJECTED, f"status {status}: {said}")


def _retry_after(response: httpx.Response) -> float:
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdigit() else 0.0


async def send(client: httpx.AsyncClient, body: bytes, backoff: Backoff) -> Any:
    """Send one chat request, trying again after transient failures.

    Raises EngineDownError where nothing listens any more, else the last TransientError.
    """
    failures = 0
    while True:
        try:
            return await try_once(client, body)
        except TransientError as error:
            failures += 1
            if failures > backoff.retries:
                if isinstance(error, UnreachableError):
                    raise down(str(client.base_url), str(error)) from error
                raise
            wait_seconds = max(backoff.wait_seconds(failures), error.wait_seconds)
            await asyncio.sleep(min(wait_seconds, backoff.longest_seconds))


def down(url: str, reason: str) -> EngineDownError:
    """The server does not answer any more: what that means and what to do."""
    return EngineDownError(
        f"The server at {url} does not answer ({reason}). What was annotated is kept: start the "
        "server again and repeat the same command, or choose another --server."
    )


async def check_alive(client: httpx.AsyncClient) -> None:
    """Raise EngineDownError unless the server still says what it serves."""
    try:
        response = await client.get("models")
    except httpx.TransportError as error:
        raise down(str(client.base_url), repr(error)) from error
    if not response.is_success:
        raise down(str(client.base_url), f"status {response.status_code}")


def list_models(url: str, token: str | None) -> dict[str, str | None]:
    """What a server serves: each name, and of an adapter the name of the model it belongs to.

    Raises EngineDownError where no server answers, SettingsError where it wants another token.
    """
    try:
        with httpx.Client(**client_options(url, token, timeout_seconds=30)) as client:
            response = client.get("models")
        check_status(response)
        models = response.json()["data"]
        return {model["id"]: model.get("parent") for model in models}
    except (httpx.TransportError, TransientError) as error:
        raise down(url, str(error)) from error
    except (ReplyError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(f"{url} is no OpenAI-compatible API: {error}") from error
