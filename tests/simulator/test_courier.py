"""The courier keeps to Twilio's deadline, tries again when that may help, and leaves nothing behind."""

import asyncio

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import unused_port

from middleware.simulator import Pace, Seed, serve_simulator
from tests.simulator.house import House
from tests.waiting import DEADLINE


async def deliver(house: House, *answers: int | str, retries: int = 3, url: str | None = None) -> list[tuple[str, str]]:
    """What became of one event: (RetryCount, token) of each attempt."""
    channel = await house.open_channel()
    changes = {"Configuration__Url": url} if url else {}
    await house.hang(channel, "onMessageSent", Configuration__RetryCount=retries, **changes)
    house.receiver.answers.extend(answers)
    await house.say(channel)
    await house.delivered()
    sent = house.receiver.deliveries
    return [(each.fields["RetryCount"], each.headers["I-Twilio-Idempotency-Token"]) for each in sent]


@pytest.mark.parametrize("answer", [429, 503, 504, "never"])
async def test_what_may_pass_is_tried_again(house: House, answer: int | str) -> None:
    """One token over all attempts is how a receiver knows the event again."""
    attempts = await deliver(house, answer, answer, 200)

    assert ["0", "1", "2"] == [count for count, _ in attempts]
    assert 1 == len({token for _, token in attempts})


@pytest.mark.parametrize("answer", [200, 204, 302, 400, 403, 404, 500, 502])
async def test_any_other_answer_is_final(house: House, answer: int) -> None:
    """A 500 of ours loses the event: Twilio does not come back."""
    assert 1 == len(await deliver(house, answer))


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_it_gives_up_after_the_configured_retries(house: House, retries: int) -> None:
    """The default is not to retry at all."""
    attempts = await deliver(house, *[503] * 9, retries=retries)

    assert retries + 1 == len(attempts)
    entries = [entry for entry in house.log if entry["kind"] == "webhook"]
    assert [(n, 503) for n in range(retries + 1)] == [(entry["attempt"], entry["status"]) for entry in entries]


async def test_nobody_listening_is_a_reason_to_try_again(house: House) -> None:
    """A deployment takes seconds, and so may a lost webhook."""
    await deliver(house, retries=2, url=f"http://127.0.0.1:{unused_port()}/hook")

    entries = [entry for entry in house.log if entry["kind"] == "webhook"]
    assert [(0, None), (1, None), (2, None)] == [(entry["attempt"], entry["status"]) for entry in entries]
    assert all("connect" in entry["error"].lower() for entry in entries)


async def test_a_late_answer_counts_as_none(house: House) -> None:
    """The log says why."""
    await deliver(house, "never", retries=0)

    assert ["no answer within 1 s"] == [entry["error"] for entry in house.log if entry["kind"] == "webhook"]


async def test_events_of_a_channel_arrive_in_order(house: House) -> None:
    """A calm demo; Twilio promises no order, and mischief takes it away."""
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent", Configuration__RetryCount=1)
    house.receiver.answers.extend([503])
    for number in range(20):
        await house.say(channel, str(number))
    await house.delivered()

    bodies = [each.fields["Body"] for each in house.receiver.deliveries]
    assert ["0", *map(str, range(20))] == bodies


@pytest.mark.parametrize("pace", [Pace(answer_within=DEADLINE)])
async def test_one_dead_receiver_holds_up_no_other(house: House) -> None:
    """Order is kept for a channel and an address, not for everybody."""
    slow, quick = await house.open_channel(), await house.open_channel()
    await house.hang(slow, "onMessageSent")
    await house.hang(quick, "onMessageSent")
    house.receiver.answers.extend(["never", 200])
    await house.say(slow, "slow")
    await house.receiver.until(lambda all_: len(all_) == 1)
    await house.say(quick, "quick")

    await house.receiver.until(lambda all_: len(all_) == 2)
    assert "quick" == house.receiver.deliveries[-1].fields["Body"]
    assert not [entry for entry in house.log if entry["kind"] == "webhook" and entry["status"] is None]


async def test_stopping_leaves_nothing_behind(house: House) -> None:
    """No task and no connection outlives the block, not even one that waits for an answer."""
    before = asyncio.all_tasks()
    house.receiver.answers.append("never")
    seed = Seed()
    async with serve_simulator(seed, pace=Pace(answer_within=60)) as address, ClientSession() as http:
        there = House(house.app, address, seed, http, house.receiver)
        channel = await there.open_channel()
        await there.hang(channel, "onMessageSent")
        await there.say(channel)
        await house.receiver.until(lambda all_: len(all_) == 1)

    left = {task for task in asyncio.all_tasks() - before if "_carry" in repr(task)}
    assert set() == left
