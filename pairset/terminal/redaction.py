"""Keep secrets out of what is printed of trouble and written to logs."""

import json
import os
import re
from collections.abc import Mapping

HIDDEN = "***"
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)
_USER_OF_A_URL = re.compile(r"(?<=://)[^/\s@?#]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic|token)(\s+)[A-Za-z0-9._~+/=-]{8,}")
_LEAST_LETTERS = 6
"""Shorter values would blot out common words, and guard nothing."""


def is_secret_name(name: str) -> bool:
    """Whether a setting or variable of this name holds a secret."""
    return _SECRET_NAME.search(name.replace("-", "_")) is not None


def secrets_of(environment: Mapping[str, str]) -> list[str]:
    """The secret values of an environment, however they may be quoted, the longest first."""
    from urllib.parse import quote

    values = {value.strip() for name, value in environment.items() if is_secret_name(name)}
    told = {value for value in values if len(value) >= _LEAST_LETTERS}
    told |= {json.dumps(value)[1:-1] for value in told} | {repr(value)[1:-1] for value in told}
    told |= {quote(value, safe="", errors="replace") for value in told}
    return sorted(told, key=len, reverse=True)


def redacted(text: str) -> str:
    """The text without the secrets of this process's environment, and without users of URLs."""
    for secret in secrets_of(os.environ):
        text = text.replace(secret, HIDDEN)
    text = _USER_OF_A_URL.sub(f"{HIDDEN}@", text)
    return _BEARER.sub(rf"\1\2{HIDDEN}", text)
