"""Why there is no Label Studio to work with."""

from collections.abc import Iterable
from pathlib import Path

from pairset.errors import PairsetError

_LOG_TAIL_LINES = 25


class StudioError(PairsetError):
    """Label Studio cannot be installed, started or set up."""

    exit_code = 4


def with_log_tail(message: str, log: Path, secrets: Iterable[str] = ()) -> StudioError:
    """An error that ends with the last lines of a log, which lose every secret in them."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    for secret in secrets:
        text = text.replace(secret, "[hidden]")
    tail = "\n".join(f"  {line}" for line in text.splitlines()[-_LOG_TAIL_LINES:])
    return StudioError(f"{message} The end of {log}:\n{tail}")
