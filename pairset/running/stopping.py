"""Ctrl-C and SIGTERM: the first ends a run in good order, the second at once."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

_SECONDS_UNTIL_AGAIN = 0.1
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM came: whoever cleans up after Ctrl-C does so now too."""


def exit_code_of(stop: KeyboardInterrupt) -> int:
    """What a shell says of a command that a signal ended."""
    return 128 + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT)


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block the first signal raises KeyboardInterrupt, or Terminated; the second exits.

    Workers and servers that were started end with this process. A signal that is ignored, as in a
    shell's background, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    global _stop
    stop = _stop = _Stop()
    before = {each: signal.signal(each, stop) for each in heard}
    hook, sys.unraisablehook = sys.unraisablehook, stop.hear_again
    try:
        yield
    finally:
        _stop = None
        sys.unraisablehook = hook
        if stop.asked is None:  # else a second signal ends what is still cleaning up
            for each, handler in before.items():
                signal.signal(each, handler)


class _Stop:
    def __init__(self) -> None:
        self.asked: type[KeyboardInterrupt] | None = None
        self._tell = sys.unraisablehook

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.asked is not None:
            os._exit(128 + number)
        self.asked = Terminated if number == signal.SIGTERM else KeyboardInterrupt
        raise self.asked

    def hear_again(self, lost: "sys.UnraisableHookArgs") -> None:
        """Python drops what is raised while it clears away an object: then the signal comes again,
        a little later.
        """
        if not (self.asked and issubclass(lost.exc_type, KeyboardInterrupt)):
            self._tell(lost)
            return
        self.asked = None
        number = signal.SIGTERM if issubclass(lost.exc_type, Terminated) else signal.SIGINT
        again = threading.Timer(_SECONDS_UNTIL_AGAIN, os.kill, (os.getpid(), number))
        again.daemon = True
        again.start()


def heed() -> None:
    """Raise again what a library has swallowed; for loops over work, never while cleaning up."""
    if _stop is not None and _stop.asked is not None:
        raise _stop.asked


@contextlib.contextmanager
def ctrl_c_for_us_alone() -> Iterator[None]:
    """Processes that are started in the block never see Ctrl-C: whoever started them ends them.

    Ctrl-C goes to all processes of a terminal. One that comes meanwhile is heard afterwards.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_stop: _Stop | None = None
