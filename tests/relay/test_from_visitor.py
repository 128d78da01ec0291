"""The visitor's asks."""

import asyncio

import pytest

from middleware.relay.errors import AlreadyEnded, NotOpen
from middleware.relay.from_visitor import About
from middleware.relay.model import (
    AskId,
    ChatEnded,
    ChatOpened,
    Ender,
    Message,
    MessageSaid,
    MessageStatus,
    VisitorId,
)
from middleware.relay.outbox import Words
from tests.relay.house import ADA, Heart

BOB = VisitorId("bob")


async def test_a_first_open_makes_a_chat_and_rings(heart: Heart) -> None:
    """The visitor's other pages learn of it."""
    chat = await heart.from_visitor.open(ADA, About("Ada", {"page": "/shop"}))
    assert ("Ada", {"page": "/shop"}) == (chat.visitor_name, chat.context)
    assert [ChatOpened(chat)] == heart.bell.rung


async def test_a_second_open_gives_the_same_chat(heart: Heart) -> None:
    """Two tabs, or a lost acknowledgement, must not make two channels."""
    first, second = await asyncio.gather(heart.from_visitor.open(ADA), heart.from_visitor.open(ADA))
    await heart.deliver_all()
    assert first.id == second.id
    assert ["open"] == heart.flex.calls


async def test_what_is_said_is_stored_owed_and_rung(heart: Heart) -> None:
    """In one transaction: there is no message that nobody owes."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    assert (1, MessageStatus.SENDING) == (message.seq, message.status)
    assert MessageSaid(message) == heart.bell.rung[-1]
    await heart.deliver_all()
    assert [message.id] == heart.flex.sent(ref)


async def test_a_repeated_ask_gives_the_first_message_and_owes_nothing(heart: Heart) -> None:
    """The page resends until it is acknowledged; Flex must hear it once."""
    _, ref = await heart.open()
    first = await heart.say("Hello")
    again = await heart.say("Hello")
    await heart.deliver_all()
    assert first.id == again.id
    assert [first.id] == heart.flex.sent(ref)


async def test_what_is_said_together_is_one_write_in_its_order(heart: Heart) -> None:
    """Flex hears it one after the other, whoever delivers it."""
    _, ref = await heart.open()
    said = await heart.from_visitor.say_all(ADA, [Words(AskId(f"{number}"), f"{number}") for number in range(5)])
    messages = [one for one in said if isinstance(one, Message)]
    assert [1, 2, 3, 4, 5] == [message.seq for message in messages]
    assert [MessageSaid(message) for message in messages] == heart.bell.rung[-5:]
    await heart.deliver_all()
    assert [message.id for message in messages] == heart.flex.sent(ref)


async def test_what_is_said_together_is_each_known_again(heart: Heart) -> None:
    """Also if the page said the same twice in one breath."""
    await heart.open()
    first = await heart.say("Hello")
    words = [Words(AskId("ask-Hello"), "Hello"), Words(AskId("new"), "Are you there?"), Words(AskId("new"), "…")]
    again, new, twice = await heart.from_visitor.say_all(ADA, words)
    assert first == again
    assert new == twice
    assert ["Hello", "Are you there?"] == await heart.texts()


async def test_what_was_said_before_the_end_is_known_beside_what_comes_too_late(heart: Heart) -> None:
    """One refusal is no other's."""
    await heart.open()
    first = await heart.say("Hello")
    await heart.from_visitor.end(ADA)
    words = [Words(AskId("late"), "Wait!"), Words(AskId("ask-Hello"), "Hello")]
    late, again = await heart.from_visitor.say_all(ADA, words)
    assert isinstance(late, AlreadyEnded)
    assert late.__traceback__ is None  # It would keep all that was said.
    assert first.id == (again.id if isinstance(again, Message) else None)


async def test_a_repeated_ask_is_known_even_after_the_end(heart: Heart) -> None:
    """The acknowledgement was lost, then the agent ended: the message was said all the same."""
    await heart.open()
    first = await heart.say("Hello")
    await heart.from_visitor.end(ADA)
    assert first.id == (await heart.say("Hello")).id


async def test_nothing_can_be_said_without_a_chat(heart: Heart) -> None:
    """The refusal says what to do."""
    with pytest.raises(NotOpen, match="ask `open` first"):
        await heart.say("Hello")


async def test_nothing_can_be_said_after_the_end(heart: Heart) -> None:
    """The page opens a new chat and says it there."""
    await heart.open()
    await heart.from_visitor.end(ADA)
    with pytest.raises(AlreadyEnded, match="ask `open` for a new one"):
        await heart.say("Hello")


async def test_after_the_end_open_makes_a_new_chat(heart: Heart) -> None:
    """A new visit is a new channel."""
    first, _ = await heart.open()
    await heart.from_visitor.end(ADA)
    second, _ = await heart.open()
    assert first.id != second.id
    assert [] == await heart.messages()


async def test_an_end_is_delivered_behind_what_was_said(heart: Heart) -> None:
    """The last words come before the end."""
    _, ref = await heart.open()
    await heart.say("Bye")
    await heart.from_visitor.end(ADA)
    await heart.deliver_all()
    assert ["open", "say", "end"] == heart.flex.calls
    assert [ref] == heart.flex.ended
    assert ChatEnded(Ender.VISITOR) in heart.bell.rung


async def test_ending_twice_is_ending_once(heart: Heart) -> None:
    """The button may be pressed in two tabs."""
    await heart.open()
    await heart.from_visitor.end(ADA)
    await heart.from_visitor.end(ADA)
    await heart.deliver_all()
    assert 1 == heart.flex.calls.count("end")
    assert 1 == heart.bell.rung.count(ChatEnded(Ender.VISITOR))


async def test_ending_nothing_is_refused(heart: Heart) -> None:
    """There is nothing to end."""
    with pytest.raises(NotOpen):
        await heart.from_visitor.end(ADA)


async def test_the_same_ask_id_of_another_visitor_is_another_ask(heart: Heart) -> None:
    """Ids are made in browsers; two may be alike, or be made alike."""
    await heart.open(ADA)
    await heart.open(BOB)
    mine = await heart.from_visitor.say(ADA, Words(AskId("1"), "I am Ada"))
    theirs = await heart.from_visitor.say(BOB, Words(AskId("1"), "I am Bob"))
    assert mine.chat != theirs.chat
    assert ["I am Ada"] == await heart.texts(ADA)
    assert ["I am Bob"] == await heart.texts(BOB)


async def test_many_messages_at_once_keep_their_order(heart: Heart) -> None:
    """`seq` is given in the order the asks came."""
    _, ref = await heart.open()
    said = await asyncio.gather(*(heart.say(f"{n}") for n in range(50)))
    await heart.deliver_all()
    assert [message.seq for message in said] == list(range(1, 51))
    assert [message.id for message in said] == heart.flex.sent(ref)
