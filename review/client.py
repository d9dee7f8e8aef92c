"""One Label Studio and the token that opens it, by the methods of label-studio-sdk.

``studio.sdk.projects``, ``.tasks``, ``.views`` … is the SDK. ``LabelStudioBase`` has them all; its
subclass ``LabelStudio`` takes a second to import pandas and OpenCV, and warns of deprecations.
"""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from pairset.errors import MissingExtraError
from review.errors import StudioUnreachableError, UncertainWriteError

try:
    from label_studio_sdk.base_client import LabelStudioBase
    from label_studio_sdk.core.api_error import ApiError

    from review.http import Patience, StudioHttp
except ImportError as error:
    raise MissingExtraError("label-studio-sdk", "review") from error

__all__ = ["Patience", "StudioClient"]

R = TypeVar("R")


class StudioClient:
    """One server, one token: a legacy one, or a personal one that the SDK exchanges and renews.

    Raises TokenRefusedError for a personal token that says of itself that it has expired.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        token = token.strip()
        self._http = StudioHttp(self.url, self.patience)
        try:
            # Without the slash the SDK exchanges tokens outside the folder that the URL may name.
            self.sdk = LabelStudioBase(
                base_url=f"{self.url}/", api_key=token, httpx_client=self._http
            )
        except ApiError as error:
            self._http.close()
            raise self._http.refused(error.status_code or 401) from error
        self._http.renew_access = lambda: self.sdk.tokens.refresh(refresh=token).access

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def get_json(self, path: str, parameters: Mapping[str, str | int]) -> Any:
        """Read what the SDK's models cannot hold."""
        return self._request("GET", path, params=parameters).json()

    def post_json(self, path: str, body: Any) -> None:
        """Write what the SDK would take too long over. Raises UncertainWriteError as any write."""
        self._request("POST", path, json=body)

    def once(self, write: Callable[[], R]) -> R:
        """Write something that is not to be repeated here, whatever becomes of it.

        Raises StudioUnreachableError where it may or may not have happened.
        """
        try:
            return write()
        except UncertainWriteError as error:
            raise self.unreachable(str(error)) from error

    def unreachable(self, reason: str) -> StudioUnreachableError:
        """The server cannot be worked with now: why, and what to do."""
        return self._http.unreachable(reason)

    def _request(self, method: str, path: str, **content: Any) -> Any:
        headers = self.sdk._client_wrapper.get_headers()  # the token, exchanged if need be
        return self._http.request(method, f"{self.url}{path}", headers=headers, **content)
