"""One writer for each thing a set holds; who only reads never waits.

    SET/locks/mine.lock    who holds it: machine, process, user, since when

On a file system the kernel keeps the lock and lets go of it when its holder ends, ``kill -9``
included: the file may stay, and may hold anything. Where the kernel keeps none, and on object
stores, the holder renews its file (``pairset/locking/leases.py``).
"""

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from pairset.errors import StorageError
from pairset.files.processes import Life
from pairset.files.set_folder import FOLDERS, LOCKS
from pairset.files.storage import make_folder, remove_leftovers, storage_errors
from pairset.locking.holders import Holder, busy, read_holder, this_holder
from pairset.locking.leases import lease
from pairset.store import PairSet, safe_name

_KEEPS_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)
_SECONDS_FOR_THE_DEAD = 10.0
"""How long what a killed run has started may take to end."""
_SECONDS_FOR_THE_DYING = 1.0
"""How long a killed process may take to give its memory back; until then it looks alive."""
_SECONDS_BETWEEN_LOOKS = 0.1
_MOST_BYTES = 4096

_held: set[int] = set()
"""Descriptors of the locks that this process holds."""


@contextlib.contextmanager
def writing(pair_set: PairSet, verb: str, key: str = "") -> Iterator[None]:
    """Be the only run of a verb on a set, or on what ``key`` names there, until the block ends.

    Takes away what dead runs left unfinished. Raises SetBusyError, which says who holds it, and
    StorageError where nothing can be written.
    """
    name = safe_name("-".join(filter(None, (verb.replace(" ", "-"), key))))
    place = f"{pair_set.root}/{LOCKS}/{name}.lock"
    lock = _kernel_lock if pair_set.is_local else lease
    with lock(pair_set, place, this_holder(verb)):
        if pair_set.is_local:
            remove_leftovers(f"{pair_set.root}/{folder}" for folder in FOLDERS)
        yield


@contextlib.contextmanager
def _kernel_lock(pair_set: PairSet, place: str, we: Holder) -> Iterator[None]:
    handle = _open(place)
    try:
        if not _take(pair_set.url, handle):
            with lease(pair_set, place, we):
                yield
            return
        _held.add(handle)
        _sign(handle, we.signed())
        yield
        _sign(handle, b"")
    finally:
        _held.discard(handle)
        os.close(handle)


def _open(place: str) -> int:
    """Open a lock's file. Raises StorageError, also where it is no file: a pipe, a link."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with storage_errors(place):
        make_folder(Path(place).parent)
        handle = os.open(place, flags, 0o664)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise StorageError(f"{place} is no regular file. Remove it; the same command makes one.")
    return handle


def _take(set_url: str, handle: int) -> bool:
    """Take the lock; False where the file system keeps none. Raises SetBusyError."""
    start = time.monotonic()
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            who = read_holder(os.pread(handle, _MOST_BYTES, 0))
            is_dead = who is not None and who.process.life is Life.ENDED
            patience = _SECONDS_FOR_THE_DEAD if is_dead else _SECONDS_FOR_THE_DYING
            if time.monotonic() > start + patience:
                raise busy(set_url, who) from error
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        except OSError as error:
            if error.errno not in _KEEPS_NO_LOCKS:
                raise
            return False
        else:
            return True


def _sign(handle: int, content: bytes) -> None:
    """Say who holds it. On a full disk nobody is told; the lock holds all the same."""
    with contextlib.suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, content, 0)


@contextlib.contextmanager
def waiting_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file, after whoever holds it now."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file. Raises BlockingIOError where another process holds it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_held(path: Path) -> bool:
    """Whether a process holds the lock of a file now."""
    if not path.exists():
        return False
    try:
        with exclusive_lock(path):
            return False
    except BlockingIOError:
        return True


def _let_go_after_fork() -> None:
    """A forked child would hold the locks of a parent that was killed."""
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go_after_fork)
