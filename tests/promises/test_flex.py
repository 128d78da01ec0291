"""What `Flex` promises, held by every back end, the one in memory included."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from middleware.relay.errors import BadWebhook, WebhookRefused
from middleware.relay.model import (
    Author,
    Chat,
    ChatId,
    Echoed,
    Event,
    FlexRef,
    Message,
    MessageId,
    Reworded,
    Said,
    VisitorId,
    Withdrawn,
)
from middleware.relay.ports import Flex, LooksForSent, NamesAgents, WebhookRequest
from tests.fakes.flex import FakeFlex
from tests.flex.twilio import WAYS, Twilio, open_back_end, open_conversations, open_twilio

CHAT = Chat(ChatId("c" * 32), VisitorId("ada"), opened_at=0, visitor_name="Ada")
OTHER = Chat(ChatId("d" * 32), VisitorId("bob"), opened_at=0, visitor_name="Ada")


@dataclass(frozen=True, slots=True)
class Subject:
    """A back end, and how an agent speaks at its other side, changes what they said, and takes it out, by index."""

    flex: Flex
    speak: Callable[[FlexRef, str], Awaitable[object]]
    reword: Callable[[FlexRef, int, str], Awaitable[object]]
    withdraw: Callable[[FlexRef, int], Awaitable[object]]


@asynccontextmanager
async def in_memory() -> AsyncIterator[Subject]:
    flex = FakeFlex()

    async def speak(ref: FlexRef, text: str) -> object:
        return flex.speak(ref, text)

    async def reword(ref: FlexRef, index: int, text: str) -> object:
        return flex.reword(ref, index, text, at=5.2)

    async def withdraw(ref: FlexRef, index: int) -> object:
        return flex.withdraw(ref, index)

    yield Subject(flex, speak, reword, withdraw)


@asynccontextmanager
async def programmable_chat() -> AsyncIterator[Subject]:
    async with open_twilio() as twilio, open_back_end(twilio.url) as flex:
        yield _at_the_desk(flex, twilio)


@asynccontextmanager
async def conversations(way: str) -> AsyncIterator[Subject]:
    async with open_twilio() as twilio, open_conversations(twilio.url, way=way) as flex:
        yield _at_the_desk(flex, twilio)


def _at_the_desk(flex: Flex, twilio: Twilio) -> Subject:
    return Subject(flex, partial(_speak, twilio), partial(_reword, twilio), partial(_withdraw, twilio))


async def _speak(twilio: Twilio, ref: FlexRef, text: str) -> object:
    return await twilio.desk(f"channels/{ref}/messages", {"body": text})


async def _reword(twilio: Twilio, ref: FlexRef, index: int, text: str) -> object:
    return await twilio.desk(f"channels/{ref}/messages/{await _sid(twilio, ref, index)}", {"body": text})


async def _withdraw(twilio: Twilio, ref: FlexRef, index: int) -> None:
    await twilio.take_out(ref, await _sid(twilio, ref, index))


async def _sid(twilio: Twilio, ref: FlexRef, index: int) -> str:
    messages = (await twilio.state())["channels"][ref]["messages"]
    return str(next(message["sid"] for message in messages if message["index"] == index))


OPENERS: dict[str, Callable[[], AbstractAsyncContextManager[Subject]]] = {
    "in_memory": in_memory,
    "programmable_chat": programmable_chat,
    **{f"conversations-{way}": partial(conversations, way) for way in WAYS},
}


@pytest.fixture(params=OPENERS)
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with OPENERS[request.param]() as opened:
        yield opened


def message(text: str, chat: Chat = CHAT) -> Message:
    return Message(MessageId(f"m-{text}"), chat.id, 1, Author.VISITOR, text, at=0)


def utterances(events: list[Event]) -> list[tuple[int, str]]:
    return [
        (event.index, event.message if isinstance(event, Echoed) else event.text)
        for event in events
        if isinstance(event, Echoed | Said)
    ]


async def test_a_chat_opened_twice_has_one_address(subject: Subject) -> None:
    """`open`: asked twice, there is still one."""
    assert await subject.flex.open(CHAT) == await subject.flex.open(CHAT)


async def test_two_chats_have_two_addresses(subject: Subject) -> None:
    """Also of visitors who share a name."""
    assert await subject.flex.open(CHAT) != await subject.flex.open(OTHER)


async def test_receipts_count_up_from_nothing(subject: Subject) -> None:
    """The index is dense: that is what makes a hole visible."""
    ref = await subject.flex.open(CHAT)
    receipts = [await subject.flex.say(ref, message(text)) for text in ("one", "two", "three")]
    assert [0, 1, 2] == [receipt.index for receipt in receipts]
    assert 3 == len({receipt.key for receipt in receipts})


async def test_history_holds_both_sides_in_order(subject: Subject) -> None:
    """Ours as echoes, theirs as what was said."""
    ref = await subject.flex.open(CHAT)
    await subject.flex.say(ref, message("one"))
    await subject.speak(ref, "two")
    await subject.flex.say(ref, message("three"))
    assert [(0, "m-one"), (1, "two"), (2, "m-three")] == utterances(await subject.flex.history(ref, after_index=-1))


async def test_history_begins_behind_the_index(subject: Subject) -> None:
    """Only what is new."""
    ref = await subject.flex.open(CHAT)
    for text in ("one", "two", "three"):
        await subject.speak(ref, text)
    assert [(2, "three")] == utterances(await subject.flex.history(ref, after_index=1))


async def test_history_tells_a_message_as_it_reads_now(subject: Subject) -> None:
    """And when it was changed, so that an older webhook changes it no more."""
    ref = await subject.flex.open(CHAT)
    await subject.speak(ref, "one")
    await subject.reword(ref, 0, "ONE")
    said = [event for event in await subject.flex.history(ref, after_index=-1) if isinstance(event, Said)]
    assert [(0, "ONE", True)] == [(event.index, event.text, event.worded_at > 0) for event in said]


async def test_history_tells_by_the_way_what_was_changed_below_the_index(subject: Subject) -> None:
    """The webhook may be lost; what was not touched, and what lies above the index, is not told of."""
    ref = await subject.flex.open(CHAT)
    for text in ("one", "two", "three", "four"):
        await subject.speak(ref, text)
    await subject.reword(ref, 0, "ONE")
    await subject.withdraw(ref, 1)
    await subject.withdraw(ref, 2)
    events = await subject.flex.history(ref, after_index=1)
    changed = {event.index: event.text for event in events if isinstance(event, Reworded)}
    assert ("ONE", [1]) == (changed[0], [event.index for event in events if isinstance(event, Withdrawn)])
    assert [(3, "four")] == utterances(events)


async def test_a_receipt_and_the_list_name_a_message_alike(subject: Subject) -> None:
    """One key for a message, however it is learned of; otherwise it would be written twice."""
    ref = await subject.flex.open(CHAT)
    receipt = await subject.flex.say(ref, message("one"))
    (echo,) = await subject.flex.history(ref, after_index=-1)
    assert receipt.key == echo.key


async def test_a_sent_message_is_found_and_another_is_not(subject: Subject) -> None:
    """The power `LooksForSent`."""
    assert isinstance(subject.flex, LooksForSent)
    ref = await subject.flex.open(CHAT)
    receipt = await subject.flex.say(ref, message("one"))
    assert receipt == await subject.flex.find_sent(ref, message("one"))
    assert await subject.flex.find_sent(ref, message("two")) is None


async def test_an_unknown_agent_has_no_name(subject: Subject) -> None:
    """The power `NamesAgents`."""
    assert isinstance(subject.flex, NamesAgents)
    assert await subject.flex.agent_name("nobody") is None


async def test_ending_twice_is_no_error(subject: Subject) -> None:
    """A delivery may be tried again."""
    ref = await subject.flex.open(CHAT)
    await subject.flex.end(ref)
    await subject.flex.end(ref)


async def test_an_unsigned_webhook_is_refused(subject: Subject) -> None:
    """Whatever it says."""
    with pytest.raises(WebhookRefused):
        subject.flex.read_webhook(WebhookRequest("POST", "/new-message", {}, b""))
    assert issubclass(BadWebhook, WebhookRefused)
