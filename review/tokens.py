"""How a request proves who sends it: legacy tokens, or personal ones that must be exchanged."""

from collections.abc import Generator

import httpx

_UNAUTHORIZED = 401


class StudioToken(httpx.Auth):
    """A token as Label Studio's account page shows it.

    A legacy token (40 hexadecimal digits) is sent as it is. A personal access token is a JWT that
    buys access tokens of a few minutes at ``/api/token/refresh``.
    """

    requires_response_body = True

    def __init__(self, token: str) -> None:
        self._token = token.strip()
        self._access: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if self._token.count(".") != 2:
            request.headers["Authorization"] = f"Token {self._token}"
            yield request
            return
        if self._access is None:
            yield from self._refresh(request)
        request.headers["Authorization"] = f"Bearer {self._access}"
        response = yield request
        if response.status_code == _UNAUTHORIZED:
            yield from self._refresh(request)
            request.headers["Authorization"] = f"Bearer {self._access}"
            yield request

    def _refresh(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raises httpx.HTTPStatusError where the server gives no access token."""
        url = request.url.copy_with(raw_path=b"/api/token/refresh")
        response = yield httpx.Request("POST", url, json={"refresh": self._token})
        self._access = response.raise_for_status().json()["access"]
