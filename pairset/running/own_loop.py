"""An event loop in a thread of its own: who calls may have one that runs, as notebooks do."""

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import closing
from typing import Any, TypeVar

T = TypeVar("T")


class OwnLoop:
    """Runs coroutines to their end, one after the other, in one loop until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        # A daemon: a request that was interrupted must not hold the end of the program.
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises; it is cancelled where the wait is interrupted."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except KeyboardInterrupt:
            future.cancel()
            raise

    def close(self) -> None:
        """End the thread; nothing runs afterwards."""
        if self._loop.is_closed():
            return
        self.run(self._loop.shutdown_asyncgens())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def run_apart(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run one coroutine in a loop of its own."""
    with closing(OwnLoop()) as loop:
        return loop.run(coroutine)
