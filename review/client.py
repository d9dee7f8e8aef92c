"""REST requests to Label Studio: reads are tried again, writes never without looking first.

Not through label-studio-sdk: 2.1.2 wants opencv below 4.13 where vLLM wants 4.13 or later, and its
client repeats writes by itself, which Label Studio would carry out twice.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from pairset.errors import MissingExtraError
from review.errors import (
    ProjectGoneError,
    RequestRejectedError,
    StudioUnreachableError,
    TokenRefusedError,
    UncertainWriteError,
)

try:
    import httpx

    from review.tokens import StudioToken
except ImportError as error:
    raise MissingExtraError("httpx", "review") from error

_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500
_EXCERPT_CHARACTERS = 300
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LOCKED = "database is locked"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, and how often to try a read again."""

    timeout_seconds: float = 60
    retries: int = 4
    first_wait_seconds: float = 0.5
    """Before the first retry; it doubles with each."""

    def wait_seconds(self, failures: int) -> float:
        return float(self.first_wait_seconds * 2 ** (failures - 1))


class StudioClient:
    """One server, one token."""

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        self._http = httpx.Client(
            base_url=self.url,
            timeout=httpx.Timeout(self.patience.timeout_seconds, connect=10),
            trust_env=urlsplit(url).hostname not in _LOOPBACK,
            auth=StudioToken(token),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> Any:
        """Read something, again after transient failures.

        Raises StudioUnreachableError once patience is at its end.
        """
        failures = 0
        while True:
            try:
                return self._once("GET", path, parameters=parameters)
            except UncertainWriteError as error:
                failures += 1
                if failures > self.patience.retries:
                    raise self.unreachable(str(error)) from error
                time.sleep(self.patience.wait_seconds(failures))

    def write(self, method: str, path: str, body: Any) -> Any:
        """Write something, once.

        Raises UncertainWriteError where it may or may not have happened, StudioUnreachableError
        where nothing listens.
        """
        return self._once(method, path, body=body)

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
        return StudioUnreachableError(f"Label Studio at {self.url} fails: {reason}. {advice}")

    def _once(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str | int] | None = None,
        body: Any = None,
    ) -> Any:
        try:
            response = self._http.request(method, path, params=parameters, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if method == "GET":
                raise UncertainWriteError(f"cannot connect: {error}") from error
            raise self.unreachable(f"cannot connect: {error}") from error
        except httpx.TimeoutException as error:
            seconds = self.patience.timeout_seconds
            raise UncertainWriteError(f"no answer to {path} within {seconds:g} s") from error
        except httpx.TransportError as error:
            raise UncertainWriteError(f"connection lost at {path}: {error}") from error
        except httpx.HTTPStatusError as error:
            response = error.response  # a personal token could not be exchanged
        self._check_status(response)
        try:
            return response.json() if response.content else None
        except ValueError as error:
            raise UncertainWriteError(f"{path} answered no JSON") from error

    def _check_status(self, response: httpx.Response) -> None:
        if response.is_success:
            return
        status, said = response.status_code, response.text[:_EXCERPT_CHARACTERS]
        path = response.url.path
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
            reason = _LOCKED if _LOCKED in response.text else said
            raise UncertainWriteError(f"{path} answered {status}: {reason}")
        if status in (401, 403):
            raise TokenRefusedError(
                f"Label Studio at {self.url} refuses the token ({status}): it is wrong, or has "
                "expired. Copy a new one from Account & Settings there, and give it as "
                "$LABEL_STUDIO_API_KEY. Nothing was changed."
            )
        if status == 404 and path.startswith("/api/projects/"):
            raise ProjectGoneError(
                f"Label Studio at {self.url} has no project {path.split('/')[3]} any more. The "
                "verdicts pulled so far are kept in the set. pairset review serve SET makes a new "
                "project, or name another with --project; then push again."
            )
        raise RequestRejectedError(status, f"Label Studio refused {path} ({status}): {said}")
