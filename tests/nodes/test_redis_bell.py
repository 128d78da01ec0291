"""The bell over a real Redis: it rings, it goes silent without hurting anybody, and it comes back by itself."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from middleware.redis_bell import RedisBell
from tests.servers.redis import Redis
from tests.servers.wire import laid
from tests.waiting import until

CHANNEL = "the nodes of one house"


@dataclass(slots=True)
class Node:
    """A node's bell, and what it hears."""

    bell: RedisBell
    heard: list[str] = field(default_factory=list)
    holes: int = 0

    def missed(self) -> None:
        """Some rings may have been lost."""
        self.holes += 1

    async def well(self) -> bool:
        """Whether it hears what it rings."""
        return await self.bell.word() == "ok"


@asynccontextmanager
async def node(url: str, *, channel: str = CHANNEL, awake: bool = True) -> AsyncIterator[Node]:
    """A node that hears, unless it need not be `awake`."""
    async with RedisBell(url, channel=channel) as bell:
        made = Node(bell)
        bell.listen(heard=made.heard.append, missed=made.missed)
        if awake:
            await turns(made, well=True)
        yield made


async def turns(made: Node, *, well: bool) -> None:
    """Wait until it is well, or is not."""

    async def turned() -> bool:
        return await made.well() == well

    await until(turned, what="Redis to ring again" if well else "Redis to be missed")


async def test_a_ring_is_heard_by_every_node_in_its_order(redis: Redis) -> None:
    """By the node that rings as well: it knows its own."""
    async with node(redis.url) as one, node(redis.url) as other:
        rings = [f"{number} life ada" for number in range(500)]
        one.bell.ring(rings[:200])
        one.bell.ring(rings[200:])
        await until(lambda: len(other.heard) >= 500 and len(one.heard) >= 500, what="all five hundred rings")
        assert rings == other.heard == one.heard


async def test_houses_that_share_a_redis_do_not_hear_one_another(redis: Redis) -> None:
    """A test installation beside the real one, say."""
    async with node(redis.url) as one, node(redis.url, channel="another house") as other:
        one.bell.ring(["1 life ada"])
        await until(lambda: one.heard, what="the ring")
        assert [] == other.heard


async def test_a_redis_that_is_killed_and_comes_back_is_heard_again(redis: Redis) -> None:
    """Nobody is told an error, whoever listens knows of the hole, and a node may even start meanwhile."""
    async with node(redis.url) as one:
        holes = one.holes
        redis.kill()
        await turns(one, well=False)
        one.bell.ring(["lost"])
        async with node(redis.url, awake=False) as late:
            redis.start()
            await turns(one, well=True)
            await turns(late, well=True)
            await until(lambda: one.holes > holes, what="a hole")
            one.bell.ring(["2 life ada"])
            await until(lambda: "2 life ada" in late.heard, what="the ring")


async def test_a_redis_that_stands_still_is_noticed(redis: Redis) -> None:
    """Its connections look alive; only what this node rings for itself says that they are not."""
    async with node(redis.url) as one, node(redis.url) as other:
        for number in range(2):
            redis.pause()
            await turns(one, well=False)
            await turns(other, well=False)
            one.bell.ring(["lost, or late"])
            redis.go_on()
            await turns(one, well=True)
            await turns(other, well=True)
            one.bell.ring([f"{number} life ada"])
            await until(lambda number=number: f"{number} life ada" in other.heard, what="the ring")


async def test_a_listener_that_is_half_open_is_noticed(redis: Redis) -> None:
    """The network swallows what Redis sends; waiting for it would be for ever."""
    async with laid(redis.port) as wire, node(f"redis://127.0.0.1:{wire.port}") as far, node(redis.url) as near:
        wire.stall()
        await turns(far, well=False)
        near.bell.ring(["lost"])
        wire.cut()
        wire.flow()
        await turns(far, well=True)
        near.bell.ring(["1 life ada"])
        await until(lambda: "1 life ada" in far.heard, what="the ring")


@pytest.mark.parametrize("command", ["CLIENT KILL TYPE pubsub", "FLUSHALL"])
async def test_what_an_administrator_does_is_got_over(redis: Redis, command: str) -> None:
    """Listeners are thrown out, or all data is thrown away, of which there is none."""
    async with node(redis.url) as one, node(redis.url) as other:
        holes = other.holes
        await asyncio.to_thread(redis.ask, command)
        if "KILL" in command:
            await until(lambda: other.holes > holes, what="a hole")
        await turns(other, well=True)
        one.bell.ring(["1 life ada"])
        await until(lambda: "1 life ada" in other.heard, what="the ring")


async def test_a_flood_of_rings_costs_rings_and_not_memory(redis: Redis) -> None:
    """While Redis is away they are dropped: by the time it is back, everybody has looked."""
    async with node(redis.url) as one:
        redis.kill()
        await turns(one, well=False)
        for _ in range(100):
            one.bell.ring(["1 life ada"] * 1000)
        assert len(one.bell._rings) <= 10_000


async def test_each_change_is_one_line_of_the_log(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    """A Redis that is away for a night must not fill the disk."""
    caplog.set_level(logging.INFO, logger="middleware.redis_bell")
    async with node(redis.url) as one:
        redis.kill()
        await turns(one, well=False)
        await asyncio.sleep(1)
        redis.start()
        await turns(one, well=True)
    said = [record.getMessage() for record in caplog.records]
    assert ["Redis does not ring; nodes look at the store instead.", "Redis rings again."] == said


async def test_what_others_write_to_the_channel_is_heard_as_it_is(redis: Redis) -> None:
    """Bytes that are no text must not end the listening."""
    async with node(redis.url) as one:
        await asyncio.to_thread(redis.ask, f'PUBLISH "{CHANNEL}" "\\xff\\xfe"')
        await until(lambda: one.heard, what="the ring")
        one.bell.ring(["1 life ada"])
        await until(lambda: "1 life ada" in one.heard, what="the ring")


async def test_a_fault_at_one_ring_does_not_make_a_node_deaf(redis: Redis, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody would notice that it listens no more."""
    async with node(redis.url) as one:

        def stumble(ring: str) -> None:
            one.heard.append(ring)
            if len(one.heard) == 1:
                raise RuntimeError("a fault of ours")

        one.bell.listen(heard=stumble, missed=one.missed)
        holes = one.holes
        one.bell.ring(["1 life ada"])
        await until(lambda: one.holes > holes, what="a hole")
        one.bell.ring(["2 life ada"])
        await until(lambda: "2 life ada" in one.heard, what="the ring")
        assert "Ringing by Redis failed in an unforeseen way." in caplog.messages


async def test_a_url_that_is_refused_stops_no_node(redis: Redis) -> None:
    """A wrong password is noticed at `/ready` and in the log; visitors are served all the same."""
    async with node(f"redis://somebody:wrong@127.0.0.1:{redis.port}", awake=False) as one, node(redis.url) as other:
        one.bell.ring(["1 life ada"])
        other.bell.ring(["2 life ada"])
        await until(lambda: other.heard, what="the ring")
        assert not await one.well()
        assert (["2 life ada"], []) == (other.heard, one.heard)
