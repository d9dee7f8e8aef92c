"""The log file of a run: ``SET/logs/VERB-time.log``, readable by its owner alone.

It holds everything said and complained, with the time, and what this program notes for whoever
looks for a fault. Secrets of the environment are left out. A set on an object store keeps none.
"""

import logging
import os
import re
import stat
from datetime import UTC, datetime
from pathlib import Path

from pairset.files.set_folder import LOGS, is_set_folder
from pairset.terminal.redaction import redacted
from pairset.text import printable

_KEPT = 30
"""Logs of one set; the oldest are removed."""
_MOST_CHARACTERS = 10_000_000
_NAME = re.compile(r"[a-z-]+-\d{8}T\d{6}\.\d{6}Z\.(log|trace)")


class Journal:
    """Begins its file once the folder is a set; what was said before is written then."""

    def __init__(self, set_folder: Path, verb: str) -> None:
        started = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        self._set_folder = set_folder
        self._path = set_folder / LOGS / f"{verb.replace(' ', '-')}-{started}.log"
        self._waiting: list[str] = []
        self._descriptor: int | None = None
        self._room = _MOST_CHARACTERS

    def note(self, text: str) -> None:
        """Write some lines. A disk that takes none is not complained about: the run goes on."""
        if self._room <= 0 or not text:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        lines = "".join(f"{now} {line}\n" for line in printable(redacted(text)).splitlines())
        self._room -= len(lines)
        self._waiting.append(lines if self._room > 0 else f"{now} This log is full.\n")
        self._write_waiting()

    def close(self) -> None:
        """End the file."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _write_waiting(self) -> None:
        try:
            if self._descriptor is None and is_set_folder(self._set_folder):
                self._descriptor = create_private(self._path)
                remove_old_logs(self._path.parent)
            if self._descriptor is not None:
                os.write(self._descriptor, "".join(self._waiting).encode("utf-8", "replace"))
                self._waiting.clear()
        except OSError:
            self._room = 0


class JournalHandler(logging.Handler):
    """Writes what is logged into a journal."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(logging.DEBUG)
        self._journal = journal

    def emit(self, record: logging.LogRecord) -> None:
        self._journal.note(self.format(record))


def local_folder(set_url: str) -> Path | None:
    """The folder of a set on this machine, None for one elsewhere."""
    place = set_url.removeprefix("file://")
    return None if "://" in place or "\x00" in place else Path(place)


def create_private(path: Path) -> int:
    """Make a file that only its owner reads, in a folder of its own; no link is followed.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if stat.S_ISLNK(path.parent.lstat().st_mode):
        raise NotADirectoryError(str(path.parent))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def remove_old_logs(folder: Path) -> None:
    """Keep the latest logs; files of other names are left alone. Raises OSError."""
    logs = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    for path in sorted(logs, key=lambda path: path.name.rsplit("-", 1)[-1])[:-_KEPT]:
        path.unlink(missing_ok=True)
