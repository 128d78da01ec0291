"""Hands: what is owed is claimed as it is written, for the node that writes it, and never for two."""

from typing import cast

import pytest

from middleware.relay.errors import NotOpen, StoreUnavailable
from middleware.relay.model import AskId, MessageStatus, VisitorId
from middleware.relay.outbox import Words
from middleware.relay.ports import Store
from tests.relay.house import ADA, PACE, Heart, claiming
from tests.relay.test_to_flex import Forgetful, statuses


async def test_what_is_said_in_a_chat_that_owes_nothing_needs_no_round(heart: Heart) -> None:
    """It is claimed as it is written, and what is said behind it by whoever has finished it."""
    _, ref = await heart.open()
    asks, worker = claiming(heart)
    said = [await asks.say(ADA, Words(AskId(f"{number}"), f"{number}")) for number in range(5)]
    await worker.idle()
    assert [message.id for message in said] == heart.flex.sent(ref)
    assert 0 == await worker.round()
    assert [MessageStatus.SENT] * 5 == await statuses(heart)


async def test_no_more_is_claimed_than_there_are_hands(heart: Heart) -> None:
    """What no hand is free for stays for other nodes; the worker is woken for it."""
    chats = [(await heart.open(VisitorId(f"v{number}")))[1] for number in range(PACE.at_once + 2)]
    asks, worker = claiming(heart)
    heart.flex.gate.clear()
    for number in range(len(chats)):
        await asks.say(VisitorId(f"v{number}"), Words(AskId("1"), "Hello"))
    now = heart.clock.now()
    left = await heart.store.write(lambda tx: tx.claim(now=now, until=now + 60, limit=99))
    assert 2 == len(left)
    heart.flex.gate.set()
    await worker.idle()
    assert PACE.at_once == sum(len(heart.flex.sent(ref)) for ref in chats)


async def test_an_ask_that_is_refused_leaves_its_hand_free(heart: Heart) -> None:
    """Or a few of them would keep the node from delivering."""
    asks, worker = claiming(heart)
    for _ in range(PACE.at_once + 1):
        with pytest.raises(NotOpen):
            await asks.say(ADA, Words(AskId("1"), "Hello"))
    assert worker.claiming() is not None


async def test_a_claim_of_an_ask_that_the_store_could_not_tell_of_is_given_back(heart: Heart) -> None:
    """The connection broke at the commit: the message is stored and claimed, and no hand has it."""
    _, ref = await heart.open()
    store = Forgetful(heart.store)
    asks, worker = claiming(heart, cast(Store, store))
    store.away = 1
    with pytest.raises(StoreUnavailable):
        await asks.say(ADA, Words(AskId("1"), "Hello"))
    assert worker.claiming() is None
    assert 1 == await worker.round()
    await worker.idle()
    assert 1 == len(heart.flex.sent(ref))
    assert worker.claiming() is not None


async def test_nothing_is_given_back_while_a_claim_is_being_made(heart: Heart) -> None:
    """Its number is not known yet: it would be posted by two."""
    _, ref = await heart.open()
    store = Forgetful(heart.store)
    asks, worker = claiming(heart, cast(Store, store))
    until = worker.claiming()
    store.away = 1
    with pytest.raises(StoreUnavailable):
        await asks.say(ADA, Words(AskId("1"), "Hello"))
    assert 0 == await worker.round()
    worker.claimed([], until=until)
    assert 1 == await worker.round()
    await worker.idle()
    assert 1 == len(heart.flex.sent(ref))
