"""Addresses of servers as people write them: completed, checked, and parted from their password."""

import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from pairset.errors import SettingsError

_SCHEMES = ("http", "https")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_HOST, _LONGEST_LABEL, _LONGEST_SHOWN = 253, 63, 200
_LONGEST_ADDRESS = 2000
_UNWELCOME = re.compile(r"[\x00-\x20\x7f-\xa0\\]")
_BEFORE_HOST = re.compile(r"^([a-zA-Z][a-zA-Z0-9+.-]*://)?.*@", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server listens, and who asks."""

    url: str
    """Without user and password, and without a slash at its end."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        return urlsplit(self.url).hostname in _LOOPBACK

    @property
    def credentials(self) -> tuple[str, str] | None:
        """User and password for basic authentication; None where the address has none."""
        if self.user is None and self.password is None:
            return None
        return self.user or "", self.password or ""


def server_address(said: str, flag: str) -> ServerAddress:
    """Read an address; ``http://`` is added where only a host and a port were given.

    Raises SettingsError, which shows neither user nor password, for what is no address of a server.
    """
    text = said.strip()
    if "://" not in text:
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        reason = _fault(text, parts)
    except ValueError as error:  # brackets that do not match, a port that is no number
        reason = _shown(str(error))
    if reason:
        raise SettingsError(
            f"{flag} {_shown(said)!r} is no address of a server: {reason}. Write it like "
            "http://gpu-box:8000."
        )
    host = parts.netloc.rpartition("@")[2]
    user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
    return ServerAddress(f"{parts.scheme.lower()}://{host}{parts.path}".rstrip("/"), user, password)


def _fault(text: str, parts: SplitResult) -> str | None:
    """Why this is no address; None where it is one. Raises ValueError for a port that is none."""
    if _UNWELCOME.search(text):
        return "it holds a space, a control character or a backslash"
    if parts.scheme.lower() not in _SCHEMES:
        return "it begins with neither http:// nor https://"
    if not parts.hostname:
        return "it names no host"
    if parts.port == 0 or parts.netloc.endswith(":"):
        return "its port is none"
    if len(text) > _LONGEST_ADDRESS:
        return "it is too long"
    if parts.query or parts.fragment:
        return "it goes on after the path, with ? or #"
    return _fault_of_host(parts.hostname)


def _fault_of_host(host: str) -> str | None:
    import httpx  # its own rules come last: it must take what we take

    labels = host.rstrip(".").split(".")
    if len(host) > _LONGEST_HOST or any(not 0 < len(label) <= _LONGEST_LABEL for label in labels):
        return "its host has a part that is empty or too long"
    try:
        httpx.URL(f"http://[{host}]" if ":" in host else f"http://{host}")
    except httpx.InvalidURL as error:
        return str(error)
    return None


def _shown(said: str) -> str:
    """What may be printed of an address: nothing up to its last @, and no query."""
    bare = _BEFORE_HOST.sub(lambda found: found[1] or "", said)
    return bare.partition("?")[0][:_LONGEST_SHOWN]
