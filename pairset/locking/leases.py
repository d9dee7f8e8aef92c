"""A lock where no kernel keeps one: a small object that its holder renews.

No clock is trusted, neither ours nor a store's: a holder whose object does not change while one
looks at it for a while is dead. A holder of this machine is asked for at once. Two that take over
the same dead lease in the same moment both read back what they wrote: the later one has it.
"""

import _thread
import contextlib
import threading
import time
import uuid
from collections.abc import Iterator

from pairset.errors import SetBusyError
from pairset.files.processes import Life
from pairset.files.storage import storage_errors, storage_faults
from pairset.locking.holders import Holder, busy, read_holder
from pairset.store import PairSet
from pairset.terminal.console import complain

BEAT_SECONDS = 10.0
SILENT_SECONDS = 45.0
"""A holder that was not seen to renew for so long is dead."""
SETTLE_SECONDS = 1.0
"""How long a store may take until all readers see what was written."""
_LOOKS_WHILE_WAITING = 45


@contextlib.contextmanager
def lease(pair_set: PairSet, place: str, we: Holder) -> Iterator[None]:
    """Hold an object of the set's store, and renew it in a thread, until the block ends.

    Raises SetBusyError where another holds it, or has taken it over meanwhile.
    """
    ours = _Lease(pair_set, place, we)
    with storage_errors(place):
        pair_set.filesystem.makedirs(place.rsplit("/", 1)[0], exist_ok=True)
        ours.take()
    renewing = threading.Thread(target=ours.renew, daemon=True)
    renewing.start()
    try:
        yield
    except KeyboardInterrupt as stop:
        if ours.taken_by is None:
            raise
        raise ours.lost() from stop
    finally:
        ours.ended.set()
        renewing.join(BEAT_SECONDS)
        ours.release()


class _Lease:
    def __init__(self, pair_set: PairSet, place: str, we: Holder) -> None:
        self._set_url = pair_set.url
        self._store = pair_set.filesystem
        self._settle = 0.0 if "memory" in self._store.protocol else SETTLE_SECONDS
        self._place = place
        self._we = we
        self._nonce = uuid.uuid4().hex
        self._beats = 0
        self.ended = threading.Event()
        self.taken_by: bytes | None = None
        """What another holder has written where we held it."""

    def take(self) -> None:
        """Take it, or take it over from a dead holder. Raises SetBusyError."""
        while True:
            content = self._read()
            if content is None:
                is_ours = self._create()
            else:
                is_ours = self._is_dead(content) and self._take_over(content)
            if is_ours:
                return

    def renew(self) -> None:
        """Show that we live, until the end; stop the run where another has taken over."""
        while not self.ended.wait(BEAT_SECONDS):
            with contextlib.suppress(*storage_faults()):  # the next beat tries again
                content = self._read()
                if content is not None and not self._is_ours(content):
                    self.taken_by = content
                    _thread.interrupt_main()
                    return
                self._store.pipe_file(self._place, self._signed())

    def release(self) -> None:
        with contextlib.suppress(*storage_faults()):
            if self._is_ours(self._read() or b""):
                self._store.rm_file(self._place)

    def lost(self) -> SetBusyError:
        who = read_holder(self.taken_by or b"")
        return SetBusyError(
            f"This run was not heard of for {SILENT_SECONDS:.0f} s and was taken for dead: "
            f"{busy(self._set_url, who)}"
        )

    def _is_dead(self, content: bytes) -> bool:
        """Whether the holder is; False where the lease changed hands. Raises SetBusyError."""
        who = read_holder(content)
        life = who.process.life if who else Life.UNKNOWN
        if life in (Life.RUNS, Life.STOPPED):
            raise busy(self._set_url, who)
        if life is Life.ENDED or not content:
            return True
        at = f"{who.verb} on {who.host}" if who else "another run"
        complain(f"Seeing whether {at} still lives: {SILENT_SECONDS:.0f} s at most …")
        for _ in range(_LOOKS_WHILE_WAITING):
            time.sleep(SILENT_SECONDS / _LOOKS_WHILE_WAITING)
            now = self._read()
            if now is None:
                return False
            if now != content:
                raise busy(self._set_url, read_holder(now))
        return True

    def _create(self) -> bool:
        try:
            self._store.pipe_file(self._place, self._signed(), mode="create")
        except FileExistsError:
            return False
        return self._has_settled()

    def _take_over(self, content: bytes) -> bool:
        if self._read() != content:
            return False
        self._store.pipe_file(self._place, self._signed())
        return self._has_settled()

    def _has_settled(self) -> bool:
        time.sleep(self._settle)
        return self._is_ours(self._read() or b"")

    def _signed(self) -> bytes:
        self._beats += 1
        return self._we.signed(nonce=self._nonce, beat=self._beats)

    def _is_ours(self, content: bytes) -> bool:
        return self._nonce.encode() in content

    def _read(self) -> bytes | None:
        try:
            return bytes(self._store.cat_file(self._place))
        except FileNotFoundError:
            return None
