"""T1, T9, T10, T19 with two nodes on one PostgreSQL, ringing by Redis, behind a balancer at which nothing sticks."""

import asyncio

from middleware.simulator import Fault, Rule
from tests.nodes.test_trouble import terminate_all
from tests.torture.order import Order
from tests.torture.runs_crashes import POSTS, STOP_SECONDS
from tests.torture.several import Town, open_town
from tests.torture.stage import Outcome
from tests.torture.times import spread

DRAIN_SECONDS = 2.0


async def t1_nodes(order: Order) -> Outcome:
    """One node after the other is killed under load; the other goes on, with what the dead one had in hand."""
    kills, visitors, each = order.figure(short=(4, 20, 12), full=(40, 150, 60))
    async with open_town("T1 kill -9", order) as town:
        stage = town.stage
        stage.crowd(visitors, each=each, pause=order.figure(short=(0.2, 0.6), full=(0.5, 2.5)), spread=2)
        for number in range(kills):
            stage.flexland.befall(Rule(fault=Fault.LATE, route=POSTS, chance=0.2, seconds=(0.2, 1.0)), seed=number)
            await asyncio.sleep(stage.dice.uniform(0.5, 1.5))
            keeper = town.keepers[number % 2]
            await keeper.kill()
            stage.faults += 1
            await asyncio.sleep(stage.dice.uniform(0, 1))
            await keeper.start()
        await stage.typed(within=180)
        return await stage.settle()


async def t9_postgres(order: Order) -> Outcome:
    """PostgreSQL is killed, ends every session, and is behind a network that swallows everything.

    Nobody stops typing while it is away, most of the time that is; all of it comes afterwards.
    """
    return await _t9(order, "T9 PostgreSQL", connections=5)


async def t9_one_connection(order: Order) -> Outcome:
    """The same, where each node may have one connection."""
    return await _t9(order, "T9 one connection", connections=1)


async def _t9(order: Order, name: str, *, connections: int) -> Outcome:
    visitors, times, away, stalled = order.figure(short=(10, 1, 1.0, 4.5), full=(60, 5, 5.0, 30.0))
    async with open_town(name, order, database_connections=connections) as town:
        stage = town.stage
        stage.crowd(visitors, each=100_000, pause=(0.3, 1.0))
        for _ in range(times):
            await asyncio.sleep(1.5)
            await terminate_all(town.postgres, "")
            await asyncio.sleep(1.5)
            await asyncio.to_thread(town.postgres.stop)
            await asyncio.sleep(away)
            await asyncio.to_thread(town.postgres.start)
            await asyncio.sleep(1.5)
            town.wire.stall()
            await asyncio.sleep(stalled)
            town.wire.flow()
            stage.faults += 3
        await asyncio.sleep(1.5)
        stage.hush()
        if not any("unavailable" in page.visitor.refusals for page in stage.pages):
            stage.problems.append("no ask was refused as unavailable: the store was not in trouble")
        _nobody_died(town)
        return await stage.settle(within=order.figure(short=90.0, full=600.0))


async def t10(order: Order) -> Outcome:
    """Redis is killed, stands still, is emptied, and throws its listeners out."""
    visitors, cycles, away = order.figure(short=(15, 1, 2.5), full=(80, 10, 30.0))
    async with open_town("T10 Redis", order) as town:
        stage, redis = town.stage, town.redis
        stage.crowd(visitors, each=100_000, pause=(0.3, 1.0))
        for _ in range(cycles):
            for command in ("FLUSHALL", "CLIENT KILL TYPE pubsub", "CLIENT KILL TYPE normal"):
                await asyncio.sleep(0.7)
                await asyncio.to_thread(redis.ask, command)
            redis.kill()
            await asyncio.sleep(away)
            await asyncio.to_thread(redis.start)
            await asyncio.sleep(1.5)
            redis.pause()
            await asyncio.sleep(away)
            redis.go_on()
            stage.faults += 5
        await asyncio.sleep(1.5)
        stage.hush()
        _nobody_died(town)
        return await stage.settle()


async def t19_nodes(order: Order) -> Outcome:
    """A rolling restart under load: a node goes in its two steps, comes back, and the other goes."""
    rounds, visitors, each = order.figure(short=(1, 20, 10), full=(20, 100, 200))
    took: list[float] = []
    async with open_town("T19 rolling restart", order, drain_seconds=DRAIN_SECONDS) as town:
        stage = town.stage
        stage.crowd(visitors, each=each, pause=(0.3, 1.2))
        for number in range(rounds):
            for keeper in town.keepers:
                stage.flexland.befall(Rule(fault=Fault.LATE, chance=0.2, seconds=(0.2, 2.0)), seed=number)
                await asyncio.sleep(stage.dice.uniform(0.5, 1.5))
                took.append(await keeper.stop())
                stage.faults += 1
                await keeper.start()
        await stage.typed(within=240)
        if max(took) > STOP_SECONDS + DRAIN_SECONDS:
            stage.problems.append(f"a stop took {max(took):.1f} s")
        stage.notes.append(f"stops, {DRAIN_SECONDS:g} s of draining among them: {spread(took)}")
        return await stage.settle()


def _nobody_died(town: Town) -> None:
    if not all(keeper.alive for keeper in town.keepers):
        town.stage.problems.append("a node died")
