"""Below Twilio's rates, rather than into them."""

import asyncio

import pytest

from middleware.flex.pacing import Pace
from middleware.relay.errors import NotSent


async def test_turns_of_one_key_keep_their_distance() -> None:
    """Whatever comes at once is spread."""
    pace, loop = Pace(rate=100), asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.gather(*(pace.turn("a") for _ in range(5)))
    assert loop.time() - begun >= 0.039


async def test_a_turn_far_away_is_refused_with_the_time_to_wait() -> None:
    """A delivery that waits in the outbox blocks nobody; one that waits in a call does."""
    pace = Pace(rate=1, most_wait=0)
    await pace.turn("a")
    with pytest.raises(NotSent) as refusal:
        await pace.turn("a")
    assert refusal.value.retry_after is not None
    assert 0 < refusal.value.retry_after <= 1


async def test_another_key_does_not_wait() -> None:
    """The rate is each conversation's own."""
    pace = Pace(rate=1, most_wait=0)
    await pace.turn("a")
    await pace.turn("b")
