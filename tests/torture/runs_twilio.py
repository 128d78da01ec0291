"""T3, T4: Twilio's REST API misbehaves."""

import asyncio

from middleware.simulator import Fault, Rule
from tests.torture.flexland import Manners
from tests.torture.order import Order
from tests.torture.runs_crashes import LOOKS_OFTEN, POSTS
from tests.torture.stage import Outcome, open_stage

_PASSING = (
    Rule(fault=Fault.TOO_MANY, chance=0.5),
    Rule(fault=Fault.TOO_MANY, chance=0.5, retry_after=1),
    Rule(fault=Fault.ERROR_BEFORE, chance=0.5, status=500),
    Rule(fault=Fault.ERROR_AFTER, chance=0.5, status=502),
    Rule(fault=Fault.ERROR_BEFORE, chance=1.0, status=503),
    Rule(fault=Fault.ERROR_AFTER, chance=0.1, status=504),
    Rule(fault=Fault.LATE, chance=0.1, seconds=(3.0, 12.0)),
    Rule(fault=Fault.RESET_BEFORE, chance=0.5),
    Rule(fault=Fault.RESET_AFTER, chance=0.5),
    Rule(fault=Fault.HALF_BODY, chance=0.5),
    Rule(fault=Fault.BROKEN_JSON, chance=0.5),
)


async def t3(order: Order) -> Outcome:
    """Each passing fault for a while, then flapping between all and nothing."""
    visitors, phase = order.figure(short=(15, 0.4), full=(60, 4.0))
    async with open_stage("T3 bad answers", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.5, 2.0))
        for rule in _PASSING:
            stage.flexland.befall(rule, seed=stage.dice.getrandbits(32))
            await asyncio.sleep(phase)
        for number in range(4):
            rules = (Rule(fault=Fault.ERROR_BEFORE), *_PASSING[3:4]) if number % 2 == 0 else ()
            stage.flexland.befall(*rules, seed=number)
            await asyncio.sleep(phase / 2)
        stage.hush()
        return await stage.settle()


async def t3_refused(order: Order) -> Outcome:
    """Some texts are refused for good: their visitors are told, everybody else goes on."""
    visitors, each = order.figure(short=(15, 6), full=(60, 30))
    rules = (
        Rule(fault=Fault.UNAUTHORIZED, chance=0.05, route=POSTS),
        Rule(fault=Fault.NOT_FOUND, chance=0.05, route=POSTS),
    )
    # A chat that Flex calls gone is over for its visitor, so agents, who still see it here, say nothing.
    async with open_stage(
        "T3 refusals", seed=order.seed, keep=order.keep, backend=order.backend, manners=Manners(chance=0)
    ) as stage:
        stage.flexland.befall(*rules, seed=order.seed)
        stage.crowd(visitors, each=each, pause=(0.1, 0.6))
        await stage.typed(within=120)
        return await stage.settle()


async def t4(order: Order) -> Outcome:
    """Twilio takes the message, its answer is cut off, and every second echo is lost."""
    cuts, visitors, each = order.figure(short=(50, 20, 6), full=(1000, 100, 20))
    async with open_stage(
        "T4 lost replies", seed=order.seed, keep=order.keep, backend=order.backend, settings=LOOKS_OFTEN
    ) as stage:
        stage.flexland.befall(
            Rule(fault=Fault.RESET_AFTER, chance=0.6, route=POSTS, count=cuts // 2),
            Rule(fault=Fault.BROKEN_JSON, chance=0.6, route=POSTS, count=cuts // 4),
            Rule(fault=Fault.ERROR_AFTER, chance=0.6, route=POSTS, count=cuts - cuts // 2 - cuts // 4),
            Rule(fault=Fault.LOSE, chance=0.5, route="onMessageSent"),
            seed=order.seed,
        )
        stage.crowd(visitors, each=each, pause=(0.05, 0.5))
        await stage.typed(within=200)
        return await stage.settle()
