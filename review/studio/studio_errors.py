"""Why there is no Label Studio to work with."""

from collections.abc import Iterable
from pathlib import Path

from pairset.errors import PairsetError
from pairset.running.child_server import end_of_log


class StudioError(PairsetError):
    """Label Studio cannot be installed, started or set up."""

    exit_code = 4


def with_log_tail(message: str, log: Path, secrets: Iterable[str] = ()) -> StudioError:
    """An error that ends with the last lines of a log, which lose every secret in them."""
    return StudioError(f"{message} The end of {log}:\n{end_of_log(log, secrets)}")
