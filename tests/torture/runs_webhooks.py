"""T5, T6, T8: Twilio's webhooks come twice, late, in any order, or not; and how long their answers take."""

import asyncio
import time
from dataclasses import replace

from middleware.simulator import Fault, Rule
from tests.torture.flexland import Manners
from tests.torture.order import Order
from tests.torture.stage import Outcome, Stage, open_stage
from tests.torture.times import spread

TWILIO_WAITS = 5.0
"""Seconds within which Twilio wants a webhook answered."""

_SHY = Manners(chance=1.0, texts=(1, 1))


async def t5(order: Order) -> Outcome:
    """Doubled, shuffled, late and replayed, also across a restart; agents reword and take back what they said."""
    visitors, rounds = order.figure(short=(20, 8), full=(100, 32))
    async with open_stage(
        "T5 webhooks", seed=order.seed, keep=order.keep, backend=order.backend, manners=_SHY
    ) as stage:
        stage.flexland.befall(
            Rule(fault=Fault.REPEAT, chance=0.8, copies=(1, 5)),
            Rule(fault=Fault.REPLAY, chance=0.2, seconds=(1.0, order.figure(short=4.0, full=20.0))),
            Rule(fault=Fault.SHUFFLE, chance=0.4, seconds=(0.5, 2.0)),
            Rule(fault=Fault.DELAY, chance=0.3, seconds=(0.1, order.figure(short=3.0, full=15.0))),
            seed=order.seed,
        )
        stage.crowd(visitors, each=2, pause=(0.5, 1.0))
        await asyncio.sleep(2)
        for number in range(rounds):
            await _agents_speak(stage, count=1)
            _agents_revise(stage)
            if number in (rounds // 3, 2 * rounds // 3):
                await stage.keeper.stop()
                await asyncio.sleep(0.3)
                await stage.keeper.start()
        await stage.typed(within=30)
        outcome = await stage.settle()
        carried = f"{len(stage.flexland.hooks)} webhooks carried"
        return replace(outcome, notes=(carried, *outcome.notes))


async def t6(order: Order) -> Outcome:
    """One webhook in ten never comes. Flex's list is read a second after a hole, and every LOOK_BACK_SECONDS."""
    visitors, rounds = order.figure(short=(20, 8), full=(60, 30))
    settings = {"look_back_seconds": 2.0}
    async with open_stage(
        "T6 webhooks lost", seed=order.seed, keep=order.keep, backend=order.backend, manners=_SHY, settings=settings
    ) as stage:
        stage.flexland.befall(Rule(fault=Fault.LOSE, chance=0.1), seed=order.seed)
        stage.crowd(visitors, each=2, pause=(0.5, 1.0))
        await asyncio.sleep(2)
        for _ in range(rounds):
            await _agents_speak(stage, count=2)
            _agents_revise(stage)
        await stage.typed(within=30)
        stage.notes.append("LOOK_BACK_SECONDS=2")
        return await stage.settle()


async def t8(order: Order) -> Outcome:
    """The disk stalls for 2 seconds: every answer within Twilio's 5, and none before its commit."""
    visitors, stalls = order.figure(short=(15, 1), full=(50, 8))
    async with open_stage(
        "T8 slow disk", seed=order.seed, keep=order.keep, backend=order.backend, manners=_SHY
    ) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.3, 1.0))
        await asyncio.sleep(1.5)
        for _ in range(stalls):
            until = (await stage.keeper.tell(stall=2.0))["stalled_until"]
            begun = time.monotonic()
            stage.faults += 1
            await asyncio.sleep(order.figure(short=2.5, full=3.0))
            early = [hook for hook in stage.flexland.hooks if hook.status == 200 and hook.within(begun, until)]
            if early:
                stage.problems.append(f"{len(early)} webhooks were answered while nothing could be committed")
        stage.hush()
        outcome = await stage.settle()
        return _judged(stage, outcome)


async def _agents_speak(stage: Stage, *, count: int) -> None:
    """In every channel an agent says so many texts."""
    for channel in stage.flexland.channels:
        stage.flexland.say(channel, count)
        await asyncio.sleep(stage.dice.uniform(0.002, 0.01))


def _agents_revise(stage: Stage) -> None:
    """In every second channel an agent rewords a text, or takes one back."""
    for channel in stage.flexland.channels:
        if stage.dice.random() < 0.5:
            stage.flexland.revise(channel)


def _judged(stage: Stage, outcome: Outcome) -> Outcome:
    took = [hook.seconds for hook in stage.flexland.hooks]
    late = [seconds for seconds in took if seconds >= TWILIO_WAITS]
    problems = (*outcome.problems, *([f"{len(late)} webhooks were answered too late"] if late else []))
    return replace(outcome, problems=problems, notes=(*outcome.notes, f"webhook answers: {spread(took)}"))
