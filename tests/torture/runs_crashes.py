"""T1, T2, T19: the node dies, or is told to go."""

import asyncio

from middleware.simulator import Fault, Rule
from tests.torture.order import Order
from tests.torture.points import POINTS
from tests.torture.stage import Outcome, Stage, open_stage
from tests.torture.times import spread

STOP_SECONDS = 10.0
"""What a node that is asked to stop may take."""

POSTS = "POST .*Messages$"


async def t1(order: Order) -> Outcome:
    """Killed at random moments under load, and up again on the same port and store."""
    kills, visitors, each = order.figure(short=(5, 20, 12), full=(50, 200, 45))
    async with open_stage("T1 kill -9", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=each, pause=order.figure(short=(0.1, 0.4), full=(0.5, 2.5)), spread=2)
        for _ in range(kills):
            await asyncio.sleep(stage.dice.uniform(0.1, order.figure(short=0.8, full=2.0)))
            await stage.keeper.kill()
            stage.faults += 1
            await asyncio.sleep(stage.dice.uniform(0, 0.2))
            await stage.keeper.start()
        await stage.typed(within=120)
        return await stage.settle()


async def t2(order: Order) -> Outcome:
    """The node ends itself at each named point, at one of its first visits there."""
    times, visitors = order.figure(short=(1, 12), full=(4, 40))
    unreached: list[str] = []
    async with open_stage(
        "T2 crash points", seed=order.seed, keep=order.keep, backend=order.backend, settings=LOOKS_OFTEN
    ) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.2, 0.8))
        for point in [point for point in POINTS for _ in range(times)]:
            await stage.keeper.kill()
            await stage.keeper.start(crash_point=point, crash_at=stage.dice.randint(1, 12 if times > 1 else 3))
            stage.flexland.befall(*_TROUBLE, seed=stage.dice.getrandbits(32))
            _meet_newcomers(stage)
            if await stage.keeper.dies(within=4):
                stage.faults += 1
            else:
                unreached.append(point)
        if not stage.keeper.alive:
            await stage.keeper.start()
        stage.hush()
        if unreached:
            stage.notes.append(f"not reached in 4 s: {', '.join(unreached)}")
        return await stage.settle()


LOOKS_OFTEN = {"look_back_seconds": 1.0}
_TROUBLE = (
    Rule(fault=Fault.RESET_AFTER, route=POSTS, chance=0.15),
    Rule(fault=Fault.LOSE, route="onMessageSent", chance=0.1),
)
"""So that the points around looking for what was sent, and around reading Flex's list, are reached."""


def _meet_newcomers(stage: Stage) -> None:
    """Some are new, so that a chat is opened and an agent met."""
    stage.crowd(3, each=2, pause=(0.1, 0.3), spread=0.1)


async def t19(order: Order) -> Outcome:
    """SIGTERM and up again under load, while Twilio answers slowly now and then."""
    restarts, visitors, each = order.figure(short=(1, 20, 6), full=(20, 100, 60))
    slow = order.figure(short=(0.2, 3.0), full=(0.5, 9.0))
    took: list[float] = []
    async with open_stage("T19 clean stops", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=each, pause=(0.3, 1.2))
        for number in range(restarts):
            stage.flexland.befall(Rule(fault=Fault.LATE, chance=0.3, seconds=slow), seed=number)
            await asyncio.sleep(stage.dice.uniform(0.5, 1.5))
            took.append(await stage.keeper.stop())
            stage.faults += 1
            await stage.keeper.start()
        await stage.typed(within=120)
        if max(took) > STOP_SECONDS:
            stage.problems.append(f"a stop took {max(took):.1f} s")
        stage.notes.append(f"stops: {spread(took)}")
        return await stage.settle()
