"""What is said of an error that nobody foresaw, and where its trace goes."""

import importlib.metadata
import os
import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from pairset import __version__
from pairset.files.set_folder import LOGS, is_set_folder
from pairset.terminal.journal import create_private, remove_old_logs
from pairset.terminal.redaction import redacted
from pairset.text import storable

_LONGEST_REASON = 300


def report_crash(error: BaseException, verb: str, set_folder: Path | None) -> str:
    """Write the trace to a file of its own, and say what happened, where, and whom to tell."""
    place = _write_trace(_trace(error, verb), verb, set_folder)
    kept = f"The trace is in {place}." if place else "Its trace could not be written anywhere."
    return (
        f"this was not foreseen: {in_one_line(error)}\n{kept} Nothing that was finished is lost: "
        f"the same command goes on from there.\nPlease report it, with that file: {_where()}"
    )


def in_one_line(error: BaseException) -> str:
    """Kind and words of an error."""
    words = " ".join(redacted(str(error)).split())
    if len(words) > _LONGEST_REASON:
        words = f"{words[:_LONGEST_REASON]}…"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _trace(error: BaseException, verb: str) -> str:
    head = (
        f"pairset {__version__} {verb}, Python {platform.python_version()}, {platform.platform()}\n"
        f"{sys.argv[1:]!r}\n\n"
    )
    return redacted(head + "".join(traceback.format_exception(error)))


def _write_trace(text: str, verb: str, set_folder: Path | None) -> Path | None:
    """Into the set's logs, else into a temporary file; None where the disk takes neither."""
    encoded = storable(text).encode()
    try:
        if set_folder and is_set_folder(set_folder):
            time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
            path = set_folder / LOGS / f"{verb.replace(' ', '-')}-{time}.trace"
            descriptor = create_private(path)
            _write_and_close(descriptor, encoded)
            remove_old_logs(path.parent)
            return path
    except OSError:
        pass  # a set that cannot be written to: the temporary folder is next
    try:
        descriptor, name = tempfile.mkstemp(prefix="pairset-", suffix=".trace")
        _write_and_close(descriptor, encoded)
    except OSError:
        return None
    return Path(name)


def _write_and_close(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _where() -> str:
    """The page for reports, as the package's metadata names it."""
    try:
        urls = importlib.metadata.metadata("pairset").get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        urls = []
    pages = dict(str(line).split(", ", 1) for line in urls if ", " in str(line))
    named = (pages.get(label) for label in ("Issues", "Repository", "Homepage"))
    return next((page for page in named if page), "to where you have pairset from")
