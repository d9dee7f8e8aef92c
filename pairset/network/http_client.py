"""Requests to servers whose replies may be of any kind: each is read whole, and has bounds.

httpx bounds single reads alone and unpacks whatever it is sent: a reply that drips would never end,
and one of a megabyte would fill the memory.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import Any

import httpx

from pairset.errors import SettingsError
from pairset.network.addresses import ServerAddress
from pairset.network.credentials import Secrets, basic_credentials, without_credentials
from pairset.network.server_words import excerpt_of
from pairset.text import storable

LONGEST_BODY_BYTES = 16 * 2**20
"""Of a reply, unpacked. 8,000 tokens with their log-probabilities take one megabyte."""
_CONNECT_SECONDS = 10
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PACKED = {"gzip": _GZIP_OR_ZLIB, "x-gzip": _GZIP_OR_ZLIB, "deflate": _GZIP_OR_ZLIB}
_OF_THE_WAY = (b"content-encoding", b"content-length", b"transfer-encoding")


class UnreadableBodyError(httpx.RequestError):
    """A reply is longer than any may be, or packed in a way that was not asked for."""


class BoundedClient(httpx.AsyncClient):
    """Asks one server; every reply is there whole within ``seconds``, or there is an error.

    Raises httpx.TransportError, of which httpx.ReadTimeout for a reply that takes too long, and
    UnreadableBodyError; SettingsError for a proxy or certificates of the environment that cannot
    be used. Loopback servers, and those that run here by another name (``is_ours``), are never
    asked through a proxy.
    """

    def __init__(
        self,
        address: ServerAddress,
        seconds: float,
        headers: dict[str, str] | None = None,
        most_connections: int | None = None,
        most_bytes: int = LONGEST_BODY_BYTES,
        is_ours: bool = False,
    ) -> None:
        options: dict[str, Any] = {
            "base_url": f"{address.url}/",
            "auth": address.credentials,
            "headers": {"Accept-Encoding": "identity", **(headers or {})},
            "timeout": httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)),
            "trust_env": not (address.is_loopback or is_ours),
            "limits": httpx.Limits(max_connections=most_connections),
        }
        try:
            super().__init__(**options)
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            raise SettingsError(
                f"Cannot ask {address.url} by the proxy or the certificates that the environment "
                f"names (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE): "
                f"{without_credentials(str(error))}"
            ) from error
        self._seconds, self._most_bytes = seconds, most_bytes
        shown = basic_credentials(*address.credentials) if address.credentials else None
        key = (headers or {}).get("Authorization", "").rpartition(" ")[2]
        self.secrets = Secrets([key, address.password, shown])
        """What no text of the server may repeat."""

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request; the response has been read to its end."""
        try:
            async with asyncio.timeout(self._seconds):
                response = await super().send(request, **{**options, "stream": True})
                try:
                    content = await _read(response, self._most_bytes)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            reason = f"no whole reply within {self._seconds:g} s"
            raise httpx.ReadTimeout(reason, request=request) from error
        headers = [each for each in response.headers.raw if each[0].lower() not in _OF_THE_WAY]
        return httpx.Response(
            response.status_code, headers=headers, content=content, request=request
        )

    def excerpt(self, response: httpx.Response) -> str:
        """What a server said, for a person: its own error message, else how the reply begins."""
        return self.secrets.hide(excerpt_of(response.content))


async def _read(response: httpx.Response, most_bytes: int) -> bytes:
    """The body, unpacked. Raises UnreadableBodyError."""
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding in ("", "identity"):
        return await _gathered(response.aiter_raw(), None, most_bytes)
    if coding not in _PACKED:
        raise UnreadableBodyError(f"the reply is packed as {storable(coding)[:40]!r}, unasked")
    try:
        unpacker = zlib.decompressobj(_PACKED[coding])
        return await _gathered(response.aiter_raw(), unpacker, most_bytes)
    except zlib.error as error:
        raise UnreadableBodyError(f"the reply is no {coding}: {error}") from error


async def _gathered(
    chunks: AsyncIterator[bytes], unpacker: "zlib._Decompress | None", most_bytes: int
) -> bytes:
    content = bytearray()
    async for chunk in chunks:
        room = most_bytes - len(content) + 1
        content += unpacker.decompress(chunk, room) if unpacker else chunk[:room]
        if len(content) > most_bytes:
            raise UnreadableBodyError(f"the reply is longer than {most_bytes // 2**20} MiB")
        if unpacker and unpacker.eof:  # what follows would be kept, however much it is
            return bytes(content)
    if unpacker and content:
        raise UnreadableBodyError("the packed reply is cut off")
    return bytes(content)
