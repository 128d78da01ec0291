"""What `Store` promises of units of work, chats and messages."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from middleware.relay.model import (
    Agent,
    AskId,
    Author,
    Chat,
    ChatId,
    ChatState,
    Draft,
    Edited,
    Ender,
    FlexRef,
    Message,
    MessageId,
    MessageStatus,
    Place,
)
from middleware.relay.ports import Outcome, Reading, Store, Transaction, Unit, View
from middleware.relay.units import taking
from middleware.store.errors import RuleBroken
from tests.promises.stores import ADA, BOB, CHAT, OTHER, REF, Opener, adding, owing, said, two_chats
from tests.waiting import until


class Changed(Exception):
    """A unit changes its mind."""


# --- units of work


async def test_a_unit_gives_back_what_it_returns(store: Store) -> None:
    """The caller acts on what was decided inside the transaction, not on what it thought before."""

    async def unit(tx: Transaction) -> Chat | None:
        await tx.add_chat(CHAT)
        return await tx.chat(CHAT.id)

    assert CHAT == await store.write(unit)


async def test_a_failing_unit_raises_its_own_error_and_writes_nothing(store: Store) -> None:
    """A refused ask must leave no trace, and its caller must learn why."""

    async def unit(tx: Transaction) -> None:
        await tx.add_chat(CHAT)
        raise Changed

    with pytest.raises(Changed):
        await store.write(unit)
    assert None is await store.read(lambda view: view.chat(CHAT.id))


async def test_what_comes_of_a_unit_that_nobody_waits_for_is_told(store: Store) -> None:
    """Its result or its error, once, and never before whoever asked has gone on."""

    async def failing(_tx: Transaction) -> None:
        raise Changed

    await store.write(two_chats)
    told: list[tuple[str, Outcome]] = []
    take = taking(store)
    take(adding(said("Hello", ask="Hello")), lambda outcome: told.append(("said", outcome)))
    take(failing, lambda outcome: told.append(("failing", outcome)))
    assert [] == told
    await until(lambda: len(told) == 2, what="both outcomes")
    outcomes = dict(told)
    assert 1 == outcomes["said"].value.seq
    assert Changed is type(outcomes["failing"].error)
    assert outcomes["said"].value == await store.read(lambda view: view.message_of(ADA, ask=AskId("Hello")))


async def test_a_failing_unit_does_not_harm_those_written_with_it(store: Store) -> None:
    """Units of different visitors may share a commit; nobody pays for another's fault."""
    await store.write(two_chats)

    async def failing(tx: Transaction) -> None:
        await tx.add_message(said("never"))
        raise Changed

    units = [adding(said(text)) for text in "abc"]
    outcomes = await asyncio.gather(
        store.write(units[0]),
        store.write(failing),
        store.write(units[1]),
        store.write(failing),
        store.write(units[2]),
        return_exceptions=True,
    )
    assert [False, True, False, True, False] == [isinstance(outcome, Changed) for outcome in outcomes]
    messages = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))
    assert ([1, 2, 3], {"a", "b", "c"}) == ([one.seq for one in messages], {one.text for one in messages})


async def test_a_unit_that_awaits_something_else_is_a_fault_of_its_own(store: Store) -> None:
    """A transaction that waits for the network holds everybody up, so it is told at once and written nowhere."""

    async def unit(tx: Transaction) -> None:
        await tx.add_chat(CHAT)
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited"):
        await store.write(unit)
    assert None is await store.read(lambda view: view.chat(CHAT.id))


async def test_a_finished_write_is_there_when_the_store_is_opened_again(opener: Opener, tmp_path: Path) -> None:
    """A result means durable."""
    async with opener(tmp_path) as store:
        await store.write(two_chats)
    async with opener(tmp_path) as store:
        assert CHAT == await store.read(lambda view: view.chat(CHAT.id))


async def test_a_read_sees_every_finished_write(store: Store) -> None:
    """Who was told that something is written can read it."""
    await store.write(two_chats)
    for number in range(1, 51):
        await store.write(adding(said("again")))
        chat = await store.read(lambda view: view.chat(CHAT.id))
        assert chat is not None
        assert number == chat.last_seq


async def test_a_view_sees_one_state(store: Store) -> None:
    """A page of messages and the chat's last seq must fit together while others write."""
    await store.write(two_chats)

    async def view(reading: Reading) -> tuple[int, int]:
        chat = await reading.chat(CHAT.id)
        messages = await reading.messages_after(CHAT.id, seq=0, limit=1000)
        return (0 if chat is None else chat.last_seq), len(messages)

    writes = [asyncio.create_task(store.write(adding(said("again")))) for _ in range(100)]
    states = [await store.read(view) for _ in range(20)]
    await asyncio.gather(*writes)
    assert [] == [state for state in states if state[0] != state[1]]


async def test_a_failing_view_raises_its_own_error(store: Store) -> None:
    """Errors of the caller stay the caller's."""

    async def view(_reading: Reading) -> None:
        raise Changed

    with pytest.raises(Changed):
        await store.read(view)


async def test_a_caller_that_stops_waiting_harms_nobody(store: Store) -> None:
    """Sockets go away in the midst of an ask; the unit is whole or absent, and the store goes on."""
    await store.write(two_chats)
    tasks = [asyncio.create_task(store.write(adding(said("word")))) for _ in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    kept = [outcome for outcome in outcomes if isinstance(outcome, Message)]
    messages = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=99))
    assert list(range(1, len(messages) + 1)) == [message.seq for message in messages]
    assert [] == [message for message in kept if message not in messages]


# --- chats


async def test_a_chat_comes_back_as_it_was_written(store: Store) -> None:
    """Every field, by id and by its address at Flex."""
    full = Chat(
        ChatId("full"),
        ADA,
        opened_at=12.5,
        visitor_name="Ada 🌍",
        state=ChatState.ENDED,
        ended_by=Ender.VISITOR,
        ref=REF,
        agent=Agent("agent", "Grace"),
        last_seq=7,
        next_index=9,
    )
    await store.write(lambda tx: tx.add_chat(full))
    assert full == await store.read(lambda view: view.chat(full.id))
    assert full == await store.read(lambda view: view.chat_at(REF))


async def test_an_unknown_chat_is_none(store: Store) -> None:
    """Asking for what is not there is no error."""
    assert None is await store.read(lambda view: view.chat(ChatId("nobody's")))
    assert None is await store.read(lambda view: view.chat_at(REF))
    assert None is await store.read(lambda view: view.last_chat_of(ADA))


async def test_a_visitor_has_one_open_chat_at_most(store: Store) -> None:
    """Two would split a conversation between two agents."""
    await store.write(two_chats)
    with pytest.raises(RuleBroken):
        await store.write(lambda tx: tx.add_chat(replace(CHAT, id=ChatId("second"))))
    assert CHAT == await store.read(lambda view: view.last_chat_of(ADA))


async def test_the_last_chat_is_the_newest_open_or_ended(store: Store) -> None:
    """The widget shows the last visit until a new one begins, even if the clock went back meanwhile."""
    second = replace(CHAT, id=ChatId("second"), opened_at=CHAT.opened_at - 5)

    async def unit(tx: Transaction) -> list[Chat | None]:
        await two_chats(tx)
        await tx.end_chat(CHAT.id, by=Ender.FLEX, at=30.0)
        ended = await tx.last_chat_of(ADA)
        await tx.add_chat(second)
        return [ended, await tx.last_chat_of(ADA)]

    ended = replace(CHAT, state=ChatState.ENDED, ended_by=Ender.FLEX)
    assert [ended, second] == await store.write(unit)


async def test_a_chat_ends_once(store: Store) -> None:
    """Of visitor and agent who hang up together, the first has ended it, and only one is told so."""

    async def unit(tx: Transaction) -> list[bool]:
        await two_chats(tx)
        enders = (Ender.VISITOR, Ender.FLEX)
        return [await tx.end_chat(CHAT.id, by=ender, at=30.0) for ender in enders]

    assert [True, False] == await store.write(unit)
    assert False is await store.write(lambda tx: tx.end_chat(ChatId("nobody's"), by=Ender.FLEX, at=30.0))
    ended = replace(CHAT, state=ChatState.ENDED, ended_by=Ender.VISITOR)
    assert ended == await store.read(lambda view: view.chat(CHAT.id))
    assert OTHER == await store.read(lambda view: view.chat(OTHER.id))


async def test_what_is_learnt_of_a_chat_is_kept(store: Store) -> None:
    """The address, the agent and the next index, each on its own, and of this chat only."""

    async def unit(tx: Transaction) -> None:
        await two_chats(tx)
        await tx.set_ref(CHAT.id, REF)
        await tx.set_agent(CHAT.id, Agent("grace"))
        await tx.set_next_index(CHAT.id, 5)

    await store.write(unit)
    known = replace(CHAT, ref=REF, agent=Agent("grace"), next_index=5)
    assert known == await store.read(lambda view: view.chat_at(REF))
    assert OTHER == await store.read(lambda view: view.chat(OTHER.id))
    await store.write(lambda tx: tx.set_agent(CHAT.id, None))
    assert replace(known, agent=None) == await store.read(lambda view: view.chat(CHAT.id))


async def test_an_address_at_flex_belongs_to_one_chat(store: Store) -> None:
    """Otherwise one visitor would read another's agent."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.set_ref(CHAT.id, REF))
    with pytest.raises(RuleBroken):
        await store.write(lambda tx: tx.set_ref(OTHER.id, REF))


# --- messages


async def test_messages_take_the_next_places_of_their_chat(store: Store) -> None:
    """`seq` is dense and each chat counts for itself, so a widget knows when something is missing."""

    async def unit(tx: Transaction) -> list[int]:
        await two_chats(tx)
        drafts = [said("a"), replace(said("x"), chat=OTHER.id), said("b"), said("c")]
        return [(await tx.add_message(draft)).seq for draft in drafts]

    assert [1, 1, 2, 3] == await store.write(unit)
    chat = await store.read(lambda view: view.chat(CHAT.id))
    assert replace(CHAT, last_seq=3) == chat


async def test_a_message_comes_back_as_it_was_written(store: Store) -> None:
    """Every field, and any text."""
    text = "línea\n\x00 <b>🌍</b> '; DROP TABLE message; --"
    draft = Draft(CHAT.id, Author.AGENT, text, at=20.5, status=MessageStatus.SENT, name="Grace", ask=AskId("ask"))
    await store.write(two_chats)
    message = await store.write(adding(draft))
    expected = Message(message.id, CHAT.id, 1, Author.AGENT, text, 20.5, MessageStatus.SENT, "Grace", AskId("ask"))
    assert expected == message
    assert [expected] == await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))


async def test_messages_have_ids_of_their_own(store: Store) -> None:
    """Flex gives our id back in the echo; it must mean one message."""
    await store.write(two_chats)
    messages = await asyncio.gather(*(store.write(adding(said("same"))) for _ in range(100)))
    assert 100 == len({message.id for message in messages})


async def test_a_message_needs_its_chat(store: Store) -> None:
    """A fault in a unit is told, not written."""
    with pytest.raises(RuleBroken):
        await store.write(adding(said("to nobody")))


async def test_messages_after_a_place_come_in_order_and_no_more_than_asked(store: Store) -> None:
    """That is the catch-up of a widget that was away."""
    await store.write(two_chats)
    for text in "abcde":
        await store.write(adding(said(text)))
    await store.write(adding(replace(said("x"), chat=OTHER.id)))
    page = await store.read(lambda view: view.messages_after(CHAT.id, seq=1, limit=3))
    assert ["b", "c", "d"] == [message.text for message in page]
    assert [] == await store.read(lambda view: view.messages_after(CHAT.id, seq=5, limit=3))
    assert [] == await store.read(lambda view: view.messages_after(ChatId("nobody's"), seq=0, limit=3))


async def test_the_message_of_an_ask_is_found_again(store: Store) -> None:
    """A repeated ask is answered with the first message; the same words of another visitor are another ask."""
    await store.write(two_chats)
    mine = await store.write(adding(said("hello", ask="ask-1")))
    theirs = await store.write(adding(replace(said("hello", ask="ask-1"), chat=OTHER.id)))
    assert mine == await store.read(lambda view: view.message_of(ADA, ask=AskId("ask-1")))
    assert theirs == await store.read(lambda view: view.message_of(BOB, ask=AskId("ask-1")))
    assert None is await store.read(lambda view: view.message_of(ADA, ask=AskId("ask-2")))


async def test_an_ask_makes_one_message_even_over_two_chats(store: Store) -> None:
    """An ask resent after the chat had ended must not be said again in the next."""
    await store.write(two_chats)
    await store.write(adding(said("hello", ask="ask-1")))
    await store.write(lambda tx: tx.end_chat(CHAT.id, by=Ender.FLEX, at=30.0))
    second = replace(CHAT, id=ChatId("second"))
    await store.write(lambda tx: tx.add_chat(second))
    with pytest.raises(RuleBroken):
        await store.write(adding(replace(said("hello", ask="ask-1"), chat=second.id)))
    assert second == await store.read(lambda view: view.last_chat_of(ADA))


async def test_how_far_a_message_has_come_changes_once(store: Store) -> None:
    """Receipt and echo both settle a message; the visitor is told once."""
    await store.write(two_chats)
    message = await store.write(adding(said("hello")))
    sent = replace(message, status=MessageStatus.SENT)
    assert sent == await store.write(lambda tx: tx.set_status(message.id, MessageStatus.SENT))
    assert None is await store.write(lambda tx: tx.set_status(message.id, MessageStatus.SENT))
    assert None is await store.write(lambda tx: tx.set_status(MessageId("nobody's"), MessageStatus.SENT))
    assert [sent] == await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))


async def test_a_message_is_found_by_its_place_at_flex(store: Store) -> None:
    """A change there says no more than the index; two chats have the same indexes."""
    await store.write(two_chats)
    mine = await store.write(adding(replace(said("mine"), place=Place(4, worded_at=20.999))))
    theirs = await store.write(adding(replace(said("theirs"), chat=OTHER.id, place=Place(4))))
    await store.write(adding(said("nowhere yet")))
    found = [await store.write(_lying_at(chat, index)) for chat, index in ((CHAT, 4), (OTHER, 4), (CHAT, 5))]
    assert [mine, theirs, None] == found
    assert mine == await store.write(lambda tx: tx.message(mine.id))
    assert None is await store.write(lambda tx: tx.message(MessageId("nobody's")))


def _lying_at(chat: Chat, index: int) -> Unit[Message | None]:
    return lambda tx: tx.message_at(chat.id, index=index)


async def test_a_message_is_rewritten_where_it_stands(store: Store) -> None:
    """Text, mark and place at Flex; nothing else of it, and nothing of others."""
    await store.write(two_chats)
    first, second = [await store.write(adding(said(text))) for text in ("one", "two")]
    place = Place(7, worded_at=20.25, learned_at=30.5)
    changed = replace(first, text="ONE", edited=Edited.REWORDED, place=place)
    await store.write(lambda tx: tx.rewrite(replace(changed, author=Author.BOT, at=99.0, name="nobody")))
    assert [changed, second] == await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))
    assert changed == await store.write(lambda tx: tx.message_at(CHAT.id, index=7))


async def test_changed_are_the_messages_reworded_or_withdrawn_up_to_a_place(store: Store) -> None:
    """A page that was away shows what stands before its position as it reads now."""
    await store.write(two_chats)
    for number, edited in enumerate((Edited.REWORDED, None, Edited.WITHDRAWN, Edited.REWORDED), start=1):
        message = await store.write(adding(said(f"{number}")))
        await store.write(_rewriting(replace(message, edited=edited, place=Place(number))))
    asked = [_changed(upto=9), _changed(upto=3), _changed(upto=9, limit=2), _changed(upto=0), _changed(OTHER, upto=9)]
    found = [[message.seq for message in await store.read(view)] for view in asked]
    assert [[1, 3, 4], [1, 3], [1, 3], [], []] == found


def _rewriting(message: Message) -> Unit[None]:
    return lambda tx: tx.rewrite(message)


def _changed(chat: Chat = CHAT, *, upto: int, limit: int = 9) -> View[list[Message]]:
    return lambda view: view.changed(chat.id, upto=upto, limit=limit)


async def test_unsent_are_the_visitors_messages_under_way_or_failed(store: Store) -> None:
    """A page that is loaded anew must show what did not come through."""
    await store.write(two_chats)
    drafts = [
        said("sent", status=MessageStatus.SENT),
        said("sending"),
        replace(said("agent's", status=MessageStatus.SENT), author=Author.AGENT),
        said("failed", status=MessageStatus.FAILED),
        replace(said("bob's"), chat=OTHER.id),
    ]
    for draft in drafts:
        message = await store.write(adding(draft))
        if message.status is MessageStatus.SENDING:
            await store.write(owing(message))
    unsent = await store.read(lambda view: view.unsent(CHAT.id))
    assert [(2, "sending"), (4, "failed")] == [(message.seq, message.text) for message in unsent]
    assert [] == await store.read(lambda view: view.unsent(ChatId("nobody's")))


async def test_what_flex_has_is_not_unsent_though_it_is_owed(store: Store) -> None:
    """Whoever answers late, when another has the delivery by now, has written that it was sent."""
    await store.write(two_chats)
    message = await store.write(adding(said("hello")))
    await store.write(owing(message))
    await store.write(lambda tx: tx.set_sent(message, index=0))
    assert [] == await store.read(lambda view: view.unsent(CHAT.id))


# --- looking back


async def looks(store: Store, *, now: float, until: float = 900.0, limit: int = 9) -> list[ChatId]:
    chats = await store.write(lambda tx: tx.chats_to_look_at(now=now, until=until, limit=limit))
    return [chat.id for chat in chats]


async def test_of_two_planned_looks_the_earlier_holds(store: Store) -> None:
    """A hole that is looked into soon must not wait for the look in an hour, nor be put off by it."""
    await store.write(two_chats)

    async def unit(tx: Transaction) -> None:
        for at in (500.0, 300.0, 400.0):
            await tx.watch(CHAT.id, at=at)

    await store.write(unit)
    assert 300.0 == await store.read(lambda view: view.next_look())


async def test_a_look_can_be_given_up(store: Store) -> None:
    """An ended chat whose tail was read is left in peace, and can be watched anew."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.watch(CHAT.id, at=300.0))
    await store.write(lambda tx: tx.watch(CHAT.id, at=None))
    assert None is await store.read(lambda view: view.next_look())
    await store.write(lambda tx: tx.watch(CHAT.id, at=500.0))
    assert 500.0 == await store.read(lambda view: view.next_look())


async def test_due_looks_come_longest_due_first_and_are_moved(store: Store) -> None:
    """Should the looker die, somebody looks again at `until`; nobody looks twice before."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.watch(CHAT.id, at=300.0))
    await store.write(lambda tx: tx.watch(OTHER.id, at=200.0))
    assert [] == await looks(store, now=199.0)
    assert [OTHER.id] == await looks(store, now=300.0, limit=1)
    assert [CHAT.id] == await looks(store, now=300.0)
    assert [] == await looks(store, now=899.0)
    assert 900.0 == await store.read(lambda view: view.next_look())
    assert {CHAT.id, OTHER.id} == set(await looks(store, now=900.0))


async def test_every_open_chat_with_a_place_at_flex_is_watched_after_an_absence(store: Store) -> None:
    """Chats that are over or not yet at Flex have nothing to catch up; an earlier look stays."""
    ended = Chat(ChatId("ended"), BOB, opened_at=1.0, state=ChatState.ENDED, ref=FlexRef("ref-of-ended"))

    async def unit(tx: Transaction) -> int:
        await two_chats(tx)
        await tx.add_chat(ended)
        await tx.set_ref(CHAT.id, REF)
        return await tx.watch_open(at=300.0)

    assert 1 == await store.write(unit)
    assert [CHAT.id] == await looks(store, now=300.0, until=400.0)
    assert 0 == await store.write(lambda tx: tx.watch_open(at=500.0))
    assert 400.0 == await store.read(lambda view: view.next_look())
