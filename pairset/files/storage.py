"""Files that are there whole or not at all, and in words why a disk or a store did not take one."""

import contextlib
import errno
import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

from pairset.errors import StorageError
from pairset.files.processes import Life, Process, this_process

UNFINISHED = ".unfinished"
_SECONDS_OF_STRANGERS = 24 * 3600.0
"""After so long what a writer of another machine began is taken to be given up."""
_BEGUN = re.compile(
    r".+\.(?P<machine>[0-9a-f]{8})-(?P<number>\d{1,19})-(?P<started>\d{1,19})-[0-9a-f]{8}"
    + re.escape(UNFINISHED)
)
_GO_ON = "The same command goes on where this one ended."
_ADVICE = {
    errno.ENOSPC: f"Free some space there. {_GO_ON}",
    errno.EDQUOT: f"Your share of that disk is used up: remove something. {_GO_ON}",
    errno.EROFS: "Nothing can be written there: copy the set, or name a folder elsewhere.",
    errno.EACCES: "You may not do that there: ask its owner, or name a folder of your own.",
    errno.EPERM: "You may not do that there: ask its owner, or name a folder of your own.",
    errno.EIO: f"The disk, or the way to it, fails: look at the system's log. {_GO_ON}",
    errno.ESTALE: f"The shared folder is another one now: mount it anew. {_GO_ON}",
    errno.ENAMETOOLONG: "Name a shorter folder.",
    errno.EFBIG: "Files may not be so large there: see ulimit -f, or take another file system.",
    errno.EMFILE: f"Raise the number of files that may be open: ulimit -n 4096. {_GO_ON}",
    errno.ENFILE: f"The whole machine has too many files open. {_GO_ON}",
    errno.ENOMEM: f"Memory ran out. {_GO_ON}",
    errno.ENOTDIR: "A file stands where a folder is needed: move it, or name another folder.",
    errno.EISDIR: "A folder stands where a file is needed: move it, or name another folder.",
    errno.ELOOP: "Links there lead in a circle, or a link stands where a file is needed.",
    errno.EMLINK: "That folder takes no more.",
    errno.ENOTCONN: f"The shared folder is not there any more: mount it anew. {_GO_ON}",
    errno.EHOSTDOWN: f"The machine that keeps it does not answer. {_GO_ON}",
    errno.EREMOTEIO: f"The machine that keeps it fails. {_GO_ON}",
}
_REMOTE_ERRORS = (
    ("botocore.exceptions", ("BotoCoreError", "ClientError")),
    ("aiohttp", ("ClientError",)),
    ("fsspec.exceptions", ("FSTimeoutError",)),
    ("gcsfs.retry", ("HttpError",)),
    ("google.auth.exceptions", ("GoogleAuthError",)),
    ("azure.core.exceptions", ("AzureError",)),
)


def write_whole(path: str, content: bytes, mode: int = 0o664, *, must_be_new: bool = False) -> None:
    """Write a local file that is there whole or not at all, even after ``kill -9`` or power loss.

    A temporary name beside it, fsync, rename. ``mode`` is less what the umask takes away; whatever
    that is, none but owner and group may write. Raises StorageError, and FileExistsError where the
    file must be new and is not.
    """
    unfinished = unfinished_name(path)
    with storage_errors(path):
        folder = Path(path).parent
        make_folder(folder)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(unfinished, flags, mode), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if must_be_new:
                _put_new(unfinished, path)
            else:
                os.replace(unfinished, path)
        finally:
            with contextlib.suppress(OSError):
                Path(unfinished).unlink()
        _sync_folder(folder)


def private(path: str, flags: int) -> int:
    """An opener of files that their owner alone reads; no link is followed. Raises OSError."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def unfinished_name(path: str) -> str:
    """A name beside a file for what is not whole yet; it tells who writes it."""
    return f"{path}.{this_process()}-{uuid.uuid4().hex[:8]}{UNFINISHED}"


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that power loss does not take them away.

    Whatever the umask, only owner and group may write there.

    Raises OSError.
    """
    if folder.is_dir():
        return
    make_folder(folder.parent)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o775)
    _sync_folder(folder.parent)


def remove_leftovers(folders: Iterable[str]) -> int:
    """Take away what dead writers left unfinished, at any depth; returns how many files.

    What a living process of this machine writes stays, and so does, for a day, what another
    machine began. Links are not followed.
    """
    removed = 0
    for folder in folders:
        for parent, _, names in os.walk(folder):
            for name in names:
                path = Path(parent, name)
                if name.endswith(UNFINISHED) and is_given_up(path):
                    with contextlib.suppress(OSError):
                        path.unlink()
                        removed += 1
    return removed


def storage_error(error: Exception, path: str = "") -> StorageError | None:
    """The error in words, with what to do; None where it is not about storage."""
    if isinstance(error, OSError) and error.errno in _ADVICE:
        place = path or _named(error.filename)
        said = os.strerror(error.errno)
        return StorageError(f"{place}: {said}. {_ADVICE[error.errno]}".removeprefix(": "))
    if isinstance(error, storage_faults()) and (path or not isinstance(error, OSError)):
        said = " ".join(str(error).split()) or type(error).__name__
        return StorageError(f"{path}: {said}".removeprefix(": "))
    return None


@contextlib.contextmanager
def storage_errors(path: str) -> Iterator[None]:
    """Say in words what goes wrong with a file that is being written. Raises StorageError.

    FileExistsError stays itself: who asks for a new file wants to know.
    """
    try:
        yield
    except (FileExistsError, StorageError):
        raise
    except storage_faults() as error:
        known = storage_error(error, path)
        if known is None:
            raise
        raise known from error


def storage_faults() -> tuple[type[Exception], ...]:
    """OSError, and what those clients of object stores raise that are loaded now."""
    remote = (
        getattr(sys.modules[module], name)
        for module, names in _REMOTE_ERRORS
        for name in names
        if hasattr(sys.modules.get(module), name)
    )
    return OSError, *remote


def _named(filename: object) -> str:
    return os.fsdecode(filename) if isinstance(filename, str | bytes) else ""


def _put_new(unfinished: str, path: str) -> None:
    try:
        os.link(unfinished, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.replace(unfinished, path)


def _sync_folder(folder: Path) -> None:
    """Let a rename outlast power loss; some file systems know no such thing."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except PermissionError:  # a folder one may write into and not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(handle)


def is_given_up(path: Path) -> bool:
    """Whether nobody writes any more what bears the name of something unfinished."""
    begun = _BEGUN.fullmatch(path.name)
    if begun:
        writer = Process(begun["machine"], int(begun["number"]), int(begun["started"]))
        if writer.life is not Life.UNKNOWN:
            return writer.life is Life.ENDED
    try:
        return time.time() - path.lstat().st_mtime > _SECONDS_OF_STRANGERS
    except OSError:
        return False
