"""Reaching for weights on the model hub, and saying what else there is when that fails."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from pairset.models.checkpoints import CheckedLoading, check_checkpoint, check_weights, is_place

_HUB = "https://huggingface.co"
_PATIENCE_SECONDS = 5.0


@contextmanager
def fetching(weights: str, kind: str) -> Iterator[None]:
    """Load weights inside: what goes wrong becomes ModelUnavailableError with the choices.

    Where the hub does not answer at once, its client is set to look in its cache only: it would
    go on trying for minutes.
    """
    with CheckedLoading(partial(_choices, weights, kind)):
        _look_at(weights, kind)
        if not Path(weights).exists() and not _hub_answers():
            _use_cache_only()
        logging.disable(logging.ERROR)  # what the libraries log of a failure is told here
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


def _look_at(weights: str, kind: str) -> None:
    """Check a local checkpoint before it is loaded. Raises ValueError."""
    path = Path(weights)
    if is_place(weights) and not path.exists():
        raise ValueError("there is no such folder or file")
    if path.is_file():
        check_weights(path)
    elif path.is_dir() and kind != "open_clip":  # of which the name may be a folder's by chance
        check_checkpoint(path)


def _choices(weights: str, kind: str, reason: str) -> str:
    first_line = reason.split("\n", 1)[0]
    return (
        f"Cannot load {weights} as {kind}: {first_line}\n"
        "Choose one of:\n"
        f"  --encoder {kind}:…  with a local checkpoint or folder in place of the hub name\n"
        "  pairset mine SET PHOTOS --encoder lite0   the offline encoder, which needs no download "
        "(weaker)\n"
        "or run where the model hub can be reached once; it keeps what it downloads."
    )


def _use_cache_only() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    import huggingface_hub.constants

    huggingface_hub.constants.HF_HUB_OFFLINE = True


def _hub_answers() -> bool:
    if os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on"):
        return False
    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return True  # only the proxy knows; the client's own time limits must do
    hub = urlsplit(os.environ.get("HF_ENDPOINT", _HUB))
    try:
        port = hub.port or (80 if hub.scheme == "http" else 443)
        with socket.create_connection((hub.hostname or "", port), _PATIENCE_SECONDS):
            return True
    except OSError:
        return False
