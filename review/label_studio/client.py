"""One Label Studio and the token that opens it, by the methods of label-studio-sdk.

``studio.sdk.projects``, ``.tasks``, ``.views`` … is the SDK. ``LabelStudioBase`` has them all; its
subclass ``LabelStudio`` takes a second to import pandas and OpenCV, and warns of deprecations.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from pairset.errors import MissingExtraError
from pairset.network.credentials import header_value
from review.label_studio.errors import StudioUnreachableError, UncertainWriteError

try:
    from label_studio_sdk.base_client import LabelStudioBase
    from label_studio_sdk.core.api_error import ApiError

    from review.label_studio.transport import Patience, StudioHttp
except ImportError as error:
    package = "tenacity" if error.name == "tenacity" else "label-studio-sdk"
    raise MissingExtraError(package, "review") from error

__all__ = ["Patience", "StudioClient"]

R = TypeVar("R")


class StudioClient:
    """One server, one token: a legacy one, or a personal one that the SDK exchanges and renews.

    Raises TokenRefusedError for a personal token that says of itself that it has expired.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self.url = url.rstrip("/")
        self.patience = patience or Patience()
        token = header_value(token, "The token of Label Studio") or ""
        with ExitStack() as stack:
            self._http = StudioHttp(self.url, self.patience, token)
            stack.callback(self._http.close)
            self.sdk = self._sdk(token)
            self._http.renew_access = lambda: self.sdk.tokens.refresh(refresh=token).access
            self._closing = stack.pop_all()

    def _sdk(self, token: str) -> LabelStudioBase:
        try:
            # Without the slash the SDK exchanges tokens outside the folder that the URL may name.
            return LabelStudioBase(base_url=f"{self.url}/", api_key=token, httpx_client=self._http)
        except ApiError as error:
            raise self._http.refused(error.status_code or 401) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    def get_json(self, path: str, parameters: Mapping[str, str | int]) -> object:
        """Read what the SDK's models cannot hold."""
        return self._request("GET", path, params=parameters).json()

    def post_json(self, path: str, body: object) -> None:
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
