"""What is asked of a server can be asked from within a loop that runs."""

import asyncio
from contextlib import closing

import pytest

from pairset.running.own_loop import OwnLoop, run_apart


async def doubled(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fails() -> None:
    raise ValueError("as it was raised")


def test_a_coroutine_runs_where_another_loop_is_running() -> None:
    async def within() -> int:
        return run_apart(doubled(21))

    assert asyncio.run(within()) == 42


def test_what_it_raises_arrives_as_it_was_raised() -> None:
    with closing(OwnLoop()) as loop:
        with pytest.raises(ValueError, match="as it was raised"):
            loop.run(fails())
        assert loop.run(doubled(1)) == 2
    loop.close()
