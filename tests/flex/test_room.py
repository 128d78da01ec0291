"""Room for so many: nobody has a place that was not left, and none is lost, whoever gives up waiting and when."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.flex.room import Room


async def test_a_place_is_taken_at_once_while_there_is_one() -> None:
    room = Room(2)
    assert room.take()
    assert room.take()
    assert not room.take()
    room.leave()
    assert room.take()


async def test_who_waits_longest_comes_first_and_nobody_overtakes() -> None:
    room, came = Room(1), list[str]()

    async def come(name: str) -> None:
        await room.wait(60)
        came.append(name)

    assert room.take()
    waiting = [asyncio.create_task(come(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    room.leave()
    assert not room.take(), "it is the first's, who has not run yet"
    await waiting[0]
    assert came == ["first"]
    room.leave()
    await waiting[1]
    assert came == ["first", "second"]


async def test_one_waits_no_longer_than_told() -> None:
    room = Room(1)
    assert room.take()
    with pytest.raises(TimeoutError):
        await room.wait(0.001)
    room.leave()
    assert room.take(), "nobody keeps what nobody waits for"


async def test_a_place_given_to_one_who_gives_up_in_that_moment_goes_to_the_next() -> None:
    room = Room(1)
    assert room.take()
    given_up, next_one = (asyncio.create_task(room.wait(60)) for _ in range(2))
    await asyncio.sleep(0)
    room.leave()
    given_up.cancel()
    await next_one
    room.leave()
    assert room.take()
    assert given_up.cancelled()


@given(st.integers(min_value=1, max_value=3), st.integers(), st.integers(min_value=1, max_value=30))
async def test_no_place_is_lost_or_made(many: int, seed: int, guests: int) -> None:
    dice, room, inside, most = random.Random(seed), Room(many), 0, 0  # noqa: S311 — it only chooses

    async def stay() -> None:
        nonlocal inside, most
        if not room.take():
            await room.wait(60)
        try:
            inside += 1
            most = max(most, inside)
            for _ in range(dice.randrange(4)):
                await asyncio.sleep(0)
        finally:
            inside -= 1
            room.leave()

    tasks = [asyncio.create_task(stay()) for _ in range(guests)]
    for _ in range(guests // 2):
        await asyncio.sleep(0)
        dice.choice(tasks).cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert most <= many
    assert sum(room.take() for _ in range(many + 1)) == many
