"""Checkpoints that can be trusted: each carries the digests of its files."""

import hashlib
import json
import shutil
from pathlib import Path

from pairset.files.storage import write_whole
from pairset.terminal.console import complain

MANIFEST = "manifest.json"
_PREFIX = "checkpoint-"


def seal(checkpoint: Path) -> None:
    """Write down what the files of a finished checkpoint hold; without it there is no checkpoint.

    Raises StorageError.
    """
    write_whole(str(checkpoint / MANIFEST), json.dumps(_digests(checkpoint)).encode())


def newest_sound(folder: Path) -> Path | None:
    """The latest checkpoint whose files are what they were; damaged ones are named and removed."""
    found = sorted(folder.glob(f"{_PREFIX}*"), key=_step, reverse=True)
    for checkpoint in found:
        if _is_sound(checkpoint):
            return checkpoint
        complain(f"{checkpoint.name} is damaged or was never finished: going on from an older one.")
        shutil.rmtree(checkpoint)
    return None


def _is_sound(checkpoint: Path) -> bool:
    try:
        written = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(written == _digests(checkpoint))


def _digests(checkpoint: Path) -> dict[str, str]:
    """Of every file but the manifest."""
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(checkpoint)): _digest(path)
        for path in files
        if not path.name.startswith(MANIFEST)
    }


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()


def _step(checkpoint: Path) -> int:
    number = checkpoint.name.removeprefix(_PREFIX)
    return int(number) if number.isdigit() else -1
