"""What `Store` promises of the inbox: every event once, and those that came early kept in order."""

from dataclasses import replace

import pytest

from middleware.relay.model import (
    AgentJoined,
    AgentLeft,
    Author,
    Echoed,
    Ended,
    Event,
    EventKey,
    FlexRef,
    MessageId,
    Reworded,
    Said,
    Withdrawn,
)
from middleware.relay.ports import Store, Transaction
from middleware.store.errors import RuleBroken
from tests.promises.stores import CHAT, REF, two_chats

ELSEWHERE = FlexRef("ref-of-bob")
SAID = Said(REF, EventKey("said"), 3, Author.AGENT, "agent-1", "línea 🌍\n\x00'", at=20.5)
REWORDED = Reworded(REF, EventKey("reworded"), 3, "otra línea", at=20.75, ours=MessageId("message"))
WITHDRAWN = Withdrawn(REF, EventKey("withdrawn"), 3)
EVENTS: list[Event] = [
    SAID,
    replace(SAID, key=EventKey("in a later wording"), worded_at=20.999),
    REWORDED,
    replace(REWORDED, key=EventKey("undated rewording"), at=None, ours=None),
    WITHDRAWN,
    replace(SAID, key=EventKey("undated"), index=4, at=None),
    Echoed(REF, EventKey("echoed"), 5, MessageId("message")),
    Ended(REF, EventKey("ended")),
    AgentJoined(REF, EventKey("joined"), "agent-1"),
    AgentLeft(REF, EventKey("left"), "agent-1"),
]


async def remember(store: Store, key: str) -> bool:
    return await store.write(lambda tx: tx.remember(EventKey(key), ref=REF, at=20.0))


async def keep_all(store: Store, *events: Event) -> None:
    async def unit(tx: Transaction) -> None:
        for event in events:
            await tx.remember(event.key, ref=event.ref, at=20.0)
            await tx.hold(event)

    await store.write(unit)


async def take_at(store: Store, index: int) -> Event | None:
    return await store.write(lambda tx: tx.take_held_at(REF, index))


def said_at(index: int, key: str) -> Said:
    return replace(SAID, key=EventKey(key), index=index)


async def test_an_event_is_remembered_once(store: Store) -> None:
    """Twilio calls twice; only the first is applied."""
    assert [True, False, True] == [await remember(store, key) for key in ("a", "a", "b")]


async def test_an_event_of_a_unit_that_failed_is_not_remembered(store: Store) -> None:
    """The key and what the event changed are one: Twilio's next call must find both undone."""

    async def unit(tx: Transaction) -> None:
        await tx.remember(EventKey("a"), ref=REF, at=20.0)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.write(unit)
    assert True is await remember(store, "a")


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: str(event.key))
async def test_a_held_event_comes_back_as_it_was(store: Store, event: Event) -> None:
    """Whatever its kind."""
    await keep_all(store, event)
    assert [event] == await store.write(lambda tx: tx.take_held(REF))


async def test_held_events_come_by_index_and_those_without_last_as_they_came(store: Store) -> None:
    """An end that outran the last words is applied behind them."""
    ended = Ended(REF, EventKey("ended"))
    left = AgentLeft(REF, EventKey("a-left"), "agent-1")
    ten, nine = said_at(10, "ten"), said_at(9, "nine")
    await keep_all(store, ended, ten, left, nine)
    assert [nine, ten, ended, left] == await store.write(lambda tx: tx.take_held(REF))


async def test_held_events_are_taken_once_and_stay_remembered(store: Store) -> None:
    """Applied is applied, whoever tells it again."""
    await keep_all(store, SAID)
    assert [SAID] == await store.write(lambda tx: tx.take_held(REF))
    assert [] == await store.write(lambda tx: tx.take_held(REF))
    assert False is await remember(store, SAID.key)


async def test_held_events_of_another_address_stay(store: Store) -> None:
    """One chat's opening must not bring another's words."""
    theirs = replace(SAID, ref=ELSEWHERE, key=EventKey("theirs"))
    await keep_all(store, SAID, theirs)
    assert [SAID] == await store.write(lambda tx: tx.take_held(REF))
    assert theirs == await store.write(lambda tx: tx.take_held_at(ELSEWHERE, theirs.index))


async def test_the_held_event_of_an_index_is_taken_alone(store: Store) -> None:
    """The event that follows a filled hole is taken; the one behind the next hole waits on."""
    three, five = said_at(3, "three"), said_at(5, "five")
    await keep_all(store, five, three)
    assert [three, None, None] == [await take_at(store, index) for index in (3, 3, 4)]
    assert [five] == await store.write(lambda tx: tx.take_held(REF))


async def test_utterances_below_an_index_are_taken_in_order(store: Store) -> None:
    """Flex's list has passed over them, so nobody waits for what is missing between them."""
    two, three, five = said_at(2, "two"), said_at(3, "three"), said_at(5, "five")
    await keep_all(store, five, three, REWORDED, two)
    assert [two, three] == await store.write(lambda tx: tx.take_held_below(REF, 5))
    assert [] == await store.write(lambda tx: tx.take_held_below(REF, 5))
    assert [five, REWORDED] == await store.write(lambda tx: tx.take_held(REF))


async def test_held_changes_are_taken_with_their_message_as_they_came(store: Store) -> None:
    """They wait for the message, not for a turn: they never stand in the place of it, and make nobody look for it."""
    other, theirs = replace(WITHDRAWN, index=4, key=EventKey("other")), replace(REWORDED, ref=ELSEWHERE)
    await keep_all(store, WITHDRAWN, other, REWORDED)
    await keep_all(store, replace(theirs, key=EventKey("theirs")))
    assert None is await store.write(lambda tx: tx.held_since(REF))
    assert None is await take_at(store, 3)
    assert [] == await store.write(lambda tx: tx.take_held_below(REF, 9))
    assert [WITHDRAWN, REWORDED] == await store.write(lambda tx: tx.take_changes(REF, 3))
    assert [] == await store.write(lambda tx: tx.take_changes(REF, 3))
    assert [other] == await store.write(lambda tx: tx.take_held(REF))


async def test_a_taken_event_can_be_held_again(store: Store) -> None:
    """After the opening is settled, an event may still be ahead of its turn."""
    await keep_all(store, SAID)

    async def unit(tx: Transaction) -> None:
        for event in await tx.take_held(REF):
            await tx.hold(event)

    await store.write(unit)
    assert SAID == await take_at(store, SAID.index)


async def test_an_event_that_was_not_remembered_cannot_be_held(store: Store) -> None:
    """It would be lost without a word."""
    with pytest.raises(RuleBroken):
        await store.write(lambda tx: tx.hold(SAID))


async def test_a_chat_says_whether_events_of_it_are_held(store: Store) -> None:
    """Whoever applies the next event must know without looking for each."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.set_ref(CHAT.id, REF))

    async def holds() -> list[bool]:
        async def unit(tx: Transaction) -> list[bool]:
            found = [await tx.chat(CHAT.id), await tx.chat_at(REF), await tx.advance(CHAT.id, index=99)]
            return [chat is not None and chat.holds for chat in found]

        return await store.write(unit)

    assert [False] * 3 == await holds()
    await keep_all(store, SAID)
    assert [True] * 3 == await holds()
    await take_at(store, 3)
    assert [False] * 3 == await holds()


async def test_a_chat_that_gets_its_address_holds_what_came_there_before(store: Store) -> None:
    """An event may outrun the opening of its chat."""
    await store.write(two_chats)
    await keep_all(store, SAID)
    await store.write(lambda tx: tx.set_ref(CHAT.id, REF))
    chat = await store.read(lambda view: view.chat_at(REF))
    assert chat is not None
    assert chat.holds
