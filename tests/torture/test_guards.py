"""The harness can fail: with one guard taken away, each of these small runs must be rejected."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from middleware.simulator import Fault, Rule
from tests.torture.checker import Verdict
from tests.torture.flexland import Manners
from tests.torture.runs_crashes import POSTS
from tests.torture.stage import Stage, open_stage
from tests.waiting import until

SEED = 7
CHATTY = Manners(chance=1.0, texts=(1, 2), pause=(0.0, 0.2))


def stage_with(**spec: Any) -> AbstractAsyncContextManager[Stage]:
    return open_stage("guards", seed=SEED, manners=CHATTY, **spec)


async def verdict_of(stage: Stage, *, visitors: int = 8, each: int = 6) -> Verdict:
    """A little talk, and what came of it."""
    stage.crowd(visitors, each=each, pause=(0.02, 0.1), spread=0.1)
    await stage.typed(within=20)
    return (await stage.settle(within=3)).verdict


async def test_without_looking_for_what_was_sent_texts_are_doubled() -> None:
    """After a lost answer, and a lost echo, only Flex knows whether it has the text."""
    async with stage_with(flex="blind") as stage:
        stage.flexland.befall(
            Rule(fault=Fault.RESET_AFTER, route=POSTS, chance=0.3),
            Rule(fault=Fault.LOSE, route="onMessageSent", chance=0.5),
            seed=SEED,
        )
        assert (await verdict_of(stage)).doubled


async def test_without_knowing_events_again_texts_are_doubled() -> None:
    """Twilio's webhooks come twice when an answer was late; what came behind its turn is said at the next look."""
    async with stage_with(store="forgetful") as stage:
        stage.flexland.befall(Rule(fault=Fault.REPEAT, route="onMessageSent", chance=1.0, copies=(1, 2)), seed=SEED)
        stage.crowd(8, each=6, pause=(0.02, 0.1), spread=0.1)
        await stage.typed(within=20)
        await until(lambda: stage.judge().doubled, what="a text to be shown twice")


async def test_without_flexs_own_list_lost_webhooks_stay_lost() -> None:
    """Nothing else knows what never came."""
    async with stage_with(flex="short_sighted") as stage:
        stage.flexland.befall(Rule(fault=Fault.LOSE, route="onMessageSent", chance=0.3), seed=SEED)
        assert (await verdict_of(stage)).lost


async def test_acknowledging_before_the_commit_loses_texts() -> None:
    """A kill between the two is all it takes."""
    async with stage_with(store="hasty", commit_seconds=0.1) as stage:
        stage.crowd(10, each=40, pause=(0.05, 0.1), spread=0.1)
        for _ in range(3):
            await asyncio.sleep(0.8)
            await stage.keeper.kill()
            await stage.keeper.start()
        stage.hush()
        assert (await stage.settle(within=3)).verdict.lost


async def test_a_bell_at_the_wrong_door_is_noticed() -> None:
    """What is told to the neighbour is leaked, and missing where it belongs."""
    async with stage_with(bell="wrong") as stage:
        verdict = await verdict_of(stage, visitors=12)
        assert verdict.leaked or verdict.lost
        assert not verdict.clean


async def test_claims_without_order_disorder_a_chat() -> None:
    """Only the oldest delivery of a chat may go out."""
    async with stage_with(store="disorderly") as stage:
        stage.flexland.befall(Rule(fault=Fault.LATE, seconds=(0.1, 0.3)), seed=SEED)
        assert (await verdict_of(stage)).disordered


async def test_a_log_that_repeats_what_was_said_is_noticed() -> None:
    """Whoever may read the log must not read along."""
    async with stage_with(store="talkative") as stage:
        stage.crowd(2, each=2, pause=(0.02, 0.1), spread=0.1)
        await stage.typed(within=20)
        outcome = await stage.settle()
        assert outcome.verdict.clean
        assert ["the log holds a text"] == [problem.partition(":")[0] for problem in outcome.problems]


async def test_with_every_guard_nothing_is_found() -> None:
    """The same small talk, whole: the findings above are the missing guards' own."""
    async with stage_with() as stage:
        stage.flexland.befall(Rule(fault=Fault.RESET_AFTER, route=POSTS, chance=0.3), seed=SEED)
        stage.crowd(8, each=6, pause=(0.02, 0.1), spread=0.1)
        await stage.typed(within=20)
        outcome = await stage.settle()
        assert [] == outcome.verdict.stories()
        assert outcome.passed
