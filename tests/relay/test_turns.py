"""Turns come in the order of waiting, and none is lost with one who gives up."""

import asyncio

import pytest

from middleware.relay.turns import Turns


def _later() -> float:
    return asyncio.get_running_loop().time() + 60


async def test_the_one_who_has_waited_longest_is_called_first() -> None:
    turns, came = Turns(), list[str]()

    async def come(name: str) -> None:
        await turns.wait(until=_later())
        came.append(name)

    waiting = [asyncio.create_task(come(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    for name in ("first", "second"):
        assert turns.call()
        await waiting.pop(0)
        assert came[-1] == name
    assert not turns.call(), "nobody waits any more"


async def test_whoever_has_waited_long_enough_is_called_no_more() -> None:
    turns = Turns()
    with pytest.raises(TimeoutError):
        await turns.wait(until=asyncio.get_running_loop().time() + 0.001)
    assert not turns.call()


async def test_a_turn_that_comes_as_its_owner_gives_up_is_the_next_ones() -> None:
    """Else the next would wait beside a line that is free."""
    turns = Turns()
    given_up, next_one = (asyncio.create_task(turns.wait(until=_later())) for _ in range(2))
    await asyncio.sleep(0)
    assert turns.call()
    given_up.cancel()
    await next_one
    assert given_up.cancelled()
