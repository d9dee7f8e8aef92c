"""How long a request waits before it is tried again, by a clock that notes and does not wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from annotator.engines.chat_api import api_address
from annotator.engines.http import Backoff, TransientError, connect, send
from pairset.errors import EngineDownError
from tests.annotator.fake_server import FakeServer, failure, reply


class NotingClock:
    def __init__(self) -> None:
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


async def sent(url: str, backoff: Backoff) -> Any:
    async with connect(api_address(url), None, seconds=30) as client:
        return await send(client, b"{}", backoff)


def waits_of(fake: FakeServer, backoff: Callable[[NotingClock], Backoff]) -> list[float]:
    clock = NotingClock()
    asyncio.run(sent(fake.url, backoff(clock)))
    return clock.waits


def test_waits_are_drawn_below_a_bound_that_doubles_up_to_the_longest(fake: FakeServer) -> None:
    fake.queue.extend([*[failure(503)] * 6, reply()])

    waits = waits_of(fake, lambda clock: Backoff(6, 0.5, 4.0, clock.sleep))

    assert all(0 <= wait <= most for wait, most in zip(waits, (0.5, 1, 2, 4, 4, 4), strict=True))
    assert len(set(waits)) == 6


@pytest.mark.parametrize(("asked", "waited"), [("3", 3.0), ("120", 30.0)])
def test_a_server_is_given_the_time_it_asks_for_but_no_more_than_the_longest(
    fake: FakeServer, asked: str, waited: float
) -> None:
    fake.queue.extend([failure(429, Retry_After=asked), reply()])

    assert waits_of(fake, lambda clock: Backoff(1, 0.001, 30.0, clock.sleep)) == [waited]


def test_the_last_failure_is_raised_after_the_last_retry(fake: FakeServer) -> None:
    fake.otherwise = lambda: failure(503)
    clock = NotingClock()

    with pytest.raises(TransientError, match="status 503"):
        asyncio.run(sent(fake.url, Backoff(2, sleep=clock.sleep)))
    assert (len(fake.requests), len(clock.waits)) == (3, 2)

    with pytest.raises(EngineDownError, match="does not answer"):
        asyncio.run(sent("http://127.0.0.1:9", Backoff(2, sleep=clock.sleep)))
    assert len(clock.waits) == 4


def test_a_wait_that_is_cancelled_ends_at_once(fake: FakeServer) -> None:
    fake.otherwise = lambda: failure(503)

    async def cancelled_while_waiting() -> None:
        waiting = asyncio.Event()

        def sleep(_: float) -> Awaitable[None]:
            waiting.set()
            return asyncio.sleep(600)

        task = asyncio.create_task(sent(fake.url, Backoff(5, sleep=sleep)))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled_while_waiting())
    assert len(fake.requests) == 1
