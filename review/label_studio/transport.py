"""What the SDK sends its requests through: one place that knows what a failed answer means.

Every answer but a success becomes one of our errors before label-studio-sdk sees it. So its own
retries, which would repeat writes, never begin: reads are tried again here, writes never.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential,
)

from pairset.network.addresses import ServerAddress
from pairset.network.credentials import Secrets
from pairset.network.http_client import BoundedClient, UnreadableBodyError
from pairset.network.server_words import excerpt_of, with_texts
from pairset.running.own_loop import OwnLoop
from review.label_studio.errors import (
    ProjectGoneError,
    RequestRejectedError,
    StudioUnreachableError,
    TokenRefusedError,
    UncertainWriteError,
)

_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_LONGEST_BODY_BYTES = 64 * 2**20
"""Of one answer. A page of 100 tasks with masks takes a few megabytes."""
_LOCKED = "database is locked"
_EXCHANGE = "/api/token/refresh/"
_PROJECTS = "/api/projects/"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try a read again."""

    timeout_seconds: float = 60
    retries: int = 4
    first_wait_seconds: float = 0.5
    """Before the first retry; it doubles with each."""
    sleep: Callable[[float], None] = time.sleep

    def retrying(self, unreachable: Callable[[str], StudioUnreachableError]) -> Retrying:
        """Tries again after each UncertainWriteError; at the end raises what the reason makes."""

        def give_up(state: RetryCallState) -> NoReturn:
            error = state.outcome.exception() if state.outcome else None
            raise unreachable(str(error)) from error

        return Retrying(
            sleep=self.sleep,
            stop=stop_after_attempt(self.retries + 1),
            wait=wait_exponential(self.first_wait_seconds),
            retry=retry_if_exception_type(UncertainWriteError),
            retry_error_callback=give_up,
        )


class StudioHttp(httpx.Client):
    """Sends requests to one server; raises our errors for whatever is not a success.

    UncertainWriteError where a write may or may not have happened, StudioUnreachableError where
    nothing listens or patience is at its end, TokenRefusedError, ProjectGoneError,
    RequestRejectedError.
    """

    def __init__(self, url: str, patience: Patience, token: str) -> None:
        super().__init__(headers={"Accept-Encoding": "identity"}, trust_env=False)
        self._loop = OwnLoop()
        self._bounded = BoundedClient(
            ServerAddress(url), patience.timeout_seconds, most_bytes=_LONGEST_BODY_BYTES
        )
        self.url = url
        self.patience = patience
        self.renew_access: Callable[[], str] | None = None
        """Gives another access token where the server takes the present one for expired."""
        self._token = token
        self._renewed: dict[str, str] = {}
        """Header to send instead of one that the server refused."""

    def close(self) -> None:
        super().close()
        self._loop.run(self._bounded.aclose())
        self._loop.close()

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        if not _is_harmless_twice(request):
            return self._once(request, options)
        return self.patience.retrying(self.unreachable)(self._once, request, options)

    def unreachable(self, reason: str) -> StudioUnreachableError:
        """The server cannot be worked with now: why, and what to do."""
        if _LOCKED in reason:
            advice = (
                "Its SQLite database is held by another process: wait or stop that process, then "
                "repeat the same command. A busy team wants PostgreSQL behind Label Studio."
            )
        else:
            advice = (
                "Start it again (pairset review serve SET), or check --url, and repeat the same "
                "command: nothing is lost, and nothing will be there twice."
            )
        said = reason.rstrip(".")
        return StudioUnreachableError(f"Label Studio at {self.url} fails: {said}. {advice}")

    def refused(self, status: int) -> TokenRefusedError:
        """The server, or the date in the token, says no."""
        return TokenRefusedError(
            f"Label Studio at {self.url} refuses the token ({status}): it is wrong, or has "
            "expired. Copy a new one from Account & Settings there, and give it as "
            "$LABEL_STUDIO_API_KEY. Nothing was changed."
        )

    def _once(self, request: httpx.Request, options: dict[str, object]) -> httpx.Response:
        shown = request.headers.get("authorization", "")
        if shown in self._renewed:
            request.headers["Authorization"] = self._renewed[shown]
        response = self._transmit(request, options)
        if response.status_code == 401 and self.renew_access and _shows_access(request):
            # The SDK goes by this machine's clock; a server whose clock is ahead expires earlier.
            self._renewed = {shown: f"Bearer {self.renew_access()}"}
            request.headers["Authorization"] = self._renewed[shown]
            response = self._transmit(request, options)
        self._check_status(response)
        return self._without_secrets(response)

    def _transmit(self, request: httpx.Request, options: dict[str, object]) -> httpx.Response:
        path = request.url.path
        try:
            return self._loop.run(self._bounded.send(request, **options))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if _is_harmless_twice(request):
                raise UncertainWriteError(f"cannot connect: {error}") from error
            raise self.unreachable(f"cannot connect: {error}") from error
        except httpx.TimeoutException as error:
            seconds = self.patience.timeout_seconds
            raise UncertainWriteError(f"no answer to {path} within {seconds:g} s") from error
        except httpx.TransportError as error:
            said = self._secrets(request).hide(str(error))
            raise UncertainWriteError(f"connection lost at {path}: {said}") from error
        except UnreadableBodyError as error:
            raise UncertainWriteError(f"{path}: {error}") from error

    def _without_secrets(self, response: httpx.Response) -> httpx.Response:
        """The answer without the token in any text. Raises UncertainWriteError for no JSON."""
        request, hide = response.request, self._secrets(response.request).hide
        try:
            said = json.loads(response.content or b"null")  # some writes are answered by nothing
            hidden = with_texts(said, hide)
        except (ValueError, RecursionError) as error:
            raise UncertainWriteError(f"{request.url.path} answered no JSON") from error
        if hidden == said or request.url.path.endswith(_EXCHANGE):
            return response
        return httpx.Response(
            response.status_code, content=json.dumps(hidden).encode(), request=request
        )

    def _said(self, response: httpx.Response) -> str:
        return self._secrets(response.request).hide(excerpt_of(response.content))

    def _secrets(self, request: httpx.Request) -> Secrets:
        """The token, and what it was exchanged for."""
        return Secrets([self._token, request.headers.get("authorization", "").rpartition(" ")[2]])

    def _check_status(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        status, said = response.status_code, self._said(response)
        path = response.url.path
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
            reason = _LOCKED if _LOCKED in response.text else said
            raise UncertainWriteError(f"{path} answered {status}: {reason}")
        if status in (401, 403):
            raise self.refused(status)
        _, is_project, rest = path.partition(_PROJECTS)
        if status == 404 and is_project:
            raise ProjectGoneError(
                f"Label Studio at {self.url} has no project {rest.split('/')[0]} any more. The "
                "verdicts pulled so far are kept in the set. pairset review serve SET makes a new "
                "project, or name another with --project; then push again."
            )
        raise RequestRejectedError(status, f"Label Studio refused {path} ({status}): {said}")


def _is_harmless_twice(request: httpx.Request) -> bool:
    return request.method == "GET" or request.url.path.endswith(_EXCHANGE)


def _shows_access(request: httpx.Request) -> bool:
    """Whether it goes by an access token that a personal token was exchanged for."""
    shown = request.headers.get("authorization", "")
    return shown.startswith("Bearer ") and not request.url.path.endswith(_EXCHANGE)
