"""Back end `programmable_chat` against the simulator, over real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from middleware.flex.programmable_chat import HOOKS, ProgrammableChat
from middleware.flex.rest import Rejected
from middleware.relay.errors import ChatGone, NotSent
from middleware.relay.model import (
    AgentJoined,
    Author,
    Chat,
    ChatId,
    Echoed,
    Ended,
    FlexRef,
    Message,
    MessageId,
    Said,
    VisitorId,
)
from tests.flex.twilio import SEED, Twilio, open_back_end, open_twilio

CHAT = Chat(ChatId("c" * 32), VisitorId("ada"), opened_at=0, visitor_name="Ada")
NOWHERE = FlexRef("CH" + "0" * 32)


@pytest.fixture
async def twilio() -> AsyncIterator[Twilio]:
    async with open_twilio() as opened:
        yield opened


@pytest.fixture
async def flex(twilio: Twilio) -> AsyncIterator[ProgrammableChat]:
    async with open_back_end(twilio.url) as opened:
        yield opened


def hello(text: str = "Hello", *, at: float = 2e9) -> Message:
    return Message(MessageId(f"m-{text}"), CHAT.id, 1, Author.VISITOR, text, at=at)


async def task(twilio: Twilio) -> str:
    return str((await twilio.state())["tasks"][0]["sid"])


async def test_opening_makes_a_channel_of_the_flow_with_a_target_of_its_own(
    flex: ProgrammableChat, twilio: Twilio
) -> None:
    """A shared target would merge all visitors into one channel."""
    await flex.open(CHAT)
    form = dict((await twilio.wire())[0]["form"])
    assert {
        "FlexFlowSid": SEED.flow_sid,
        "Identity": f"visitor-{CHAT.id}",
        "ChatUserFriendlyName": "Ada",
        "ChatFriendlyName": "Chat with Ada",
        "Target": f"Ada {CHAT.id}",
    } == form


async def test_webhooks_hang_on_the_channel_before_the_first_message(flex: ProgrammableChat, twilio: Twilio) -> None:
    """Otherwise the first answer would be lost."""
    await flex.say(await flex.open(CHAT), hello())
    expected = ["POST Channels", "GET Webhooks", "POST Webhooks", "POST Webhooks", "POST Messages"]
    assert expected == await twilio.calls()


async def test_the_webhooks_ask_for_every_event_we_read_and_for_retries(flex: ProgrammableChat, twilio: Twilio) -> None:
    """Twilio's own retry count is zero."""
    await flex.open(CHAT)
    calls = [entry for entry in await twilio.wire() if entry["kind"] == "rest"]
    hooks = [call for call in calls if call["path"].endswith("Webhooks") and call["method"] == "POST"]
    assert [list(hook.events) for hook in HOOKS] == [
        [value for name, value in call["form"] if name == "Configuration.Filters"] for call in hooks
    ]
    assert [dict(call["form"])["Configuration.RetryCount"] for call in hooks] == ["3", "3"]


async def test_opening_again_finishes_what_is_half_made_and_doubles_nothing(
    flex: ProgrammableChat, twilio: Twilio
) -> None:
    """The first attempt may have been cut anywhere."""
    first = await flex.open(CHAT)
    assert first == await flex.open(CHAT)
    assert (await twilio.calls()).count("POST Webhooks") == 2


async def test_a_long_name_is_cut_to_what_twilio_takes(flex: ProgrammableChat, twilio: Twilio) -> None:
    """A name must not cost the chat."""
    await flex.open(Chat(ChatId("f" * 32), VisitorId("long"), opened_at=0, visitor_name="A" * 100))
    form = dict((await twilio.wire())[0]["form"])
    assert (64, 64) == (len(form["ChatUserFriendlyName"]), len(form["ChatFriendlyName"]))


async def test_two_chats_get_two_channels(flex: ProgrammableChat) -> None:
    """Also when both visitors have the same name."""
    other = Chat(ChatId("d" * 32), VisitorId("ada too"), opened_at=0, visitor_name="Ada")
    assert await flex.open(CHAT) != await flex.open(other)


async def test_saying_posts_as_the_visitor_with_webhooks_enabled(flex: ProgrammableChat, twilio: Twilio) -> None:
    """Without the header no task would ever be made."""
    ref = await flex.open(CHAT)
    receipt = await flex.say(ref, hello("Grüße\n👋"))
    entry = next(entry for entry in await twilio.wire() if entry.get("path", "").endswith("Messages"))
    assert receipt.index == 0
    assert {name.lower(): value for name, value in entry["headers"].items()}["x-twilio-webhook-enabled"] == "true"
    (channel,) = (await twilio.state())["channels"].values()
    assert [("Grüße\n👋", f"visitor-{CHAT.id}", "customer")] == [
        (message["body"], message["from"], message["kind"]) for message in channel["messages"]
    ]


async def test_the_first_message_makes_a_task_at_the_desk(flex: ProgrammableChat, twilio: Twilio) -> None:
    """That is what the flow is for."""
    await flex.say(await flex.open(CHAT), hello())
    assert [found["status"] for found in (await twilio.state())["tasks"]] == ["reserved"]


async def test_a_message_of_ours_is_found_by_its_id(flex: ProgrammableChat) -> None:
    """That is how a lost answer is told from a lost message."""
    ref = await flex.open(CHAT)
    receipt = await flex.say(ref, hello("one"))
    for n in range(60):
        await flex.say(ref, hello(f"more {n}"))
    assert receipt == await flex.find_sent(ref, hello("one", at=0))
    assert None is await flex.find_sent(ref, hello("never sent", at=0))


async def test_looking_stops_before_the_message_was_written(flex: ProgrammableChat, twilio: Twilio) -> None:
    """A long chat is not read to its beginning."""
    ref = await flex.open(CHAT)
    for n in range(60):
        await flex.say(ref, hello(f"{n}"))
    before = len(await twilio.calls())
    assert None is await flex.find_sent(ref, hello("never sent", at=4e9))
    assert len(await twilio.calls()) - before == 1


async def test_history_tells_who_is_in_what_was_said_and_the_end(flex: ProgrammableChat, twilio: Twilio) -> None:
    """Everything that a lost webhook would have told."""
    ref = await flex.open(CHAT)
    await flex.say(ref, hello())
    await twilio.desk(f"tasks/{await task(twilio)}/accept")
    await twilio.desk(f"channels/{ref}/messages", {"body": "Hi"})
    joined, echo, said = await flex.history(ref, after_index=-1)
    assert isinstance(joined, AgentJoined)
    assert SEED.agent_identity == joined.agent
    assert isinstance(echo, Echoed)
    assert (echo.index, echo.message) == (0, "m-Hello")
    assert isinstance(said, Said)
    assert (1, "Hi", SEED.agent_identity) == (said.index, said.text, said.author_id)
    await twilio.desk(f"tasks/{await task(twilio)}/end")
    assert [Ended] == [type(event) for event in await flex.history(ref, after_index=1)]


async def test_history_is_whole_over_many_pages(flex: ProgrammableChat) -> None:
    """Twilio's list comes in pages, newest first."""
    ref = await flex.open(CHAT)
    for n in range(120):
        await flex.say(ref, hello(f"{n}"))
    found = [event.index for event in await flex.history(ref, after_index=4) if isinstance(event, Echoed)]
    assert list(range(5, 120)) == found


@pytest.mark.parametrize(("accepted", "status"), [(False, "canceled"), (True, "wrapping")])
async def test_the_visitors_end_is_written_and_told_to_the_task(
    flex: ProgrammableChat, twilio: Twilio, *, accepted: bool, status: str
) -> None:
    """A waiting task is cancelled, an accepted one goes to wrap-up; the channel's other attributes stay."""
    ref = await flex.open(CHAT)
    await flex.say(ref, hello())
    if accepted:
        await twilio.desk(f"tasks/{await task(twilio)}/accept")
    await flex.end(ref)
    await flex.end(ref)
    state = await twilio.state()
    assert state["channels"][ref]["status"] == "INACTIVE"
    assert [status] == [found["status"] for found in state["tasks"]]


async def test_ending_keeps_the_channels_other_attributes(flex: ProgrammableChat, twilio: Twilio) -> None:
    """Attributes are replaced whole, so they must be read first."""
    ref = await flex.open(CHAT)
    await flex.say(ref, hello())
    await flex.end(ref)
    calls = [entry for entry in await twilio.wire() if entry["kind"] == "rest"]
    (update,) = [call for call in calls if call["path"].endswith(ref) and call["method"] == "POST"]
    assert '"from": "Ada ' in dict(update["form"])["Attributes"].replace('":"', '": "')


async def test_after_the_end_the_same_visitor_gets_a_new_channel(flex: ProgrammableChat) -> None:
    """A new chat is a new target."""
    first = await flex.open(CHAT)
    await flex.end(first)
    assert first != await flex.open(Chat(ChatId("e" * 32), VisitorId("ada"), opened_at=0))


async def test_the_agents_full_name_is_found(flex: ProgrammableChat) -> None:
    """By the chat identity, which is all a webhook tells."""
    assert SEED.agent_name == await flex.agent_name(SEED.agent_identity)
    assert None is await flex.agent_name('nobody" or "1" == "1')


@pytest.mark.parametrize("call", ["say", "end", "history", "find_sent"])
async def test_a_channel_that_is_not_there_is_gone(flex: ProgrammableChat, call: str) -> None:
    """The chat must end here too."""
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "say": lambda: flex.say(NOWHERE, hello()),
        "end": lambda: flex.end(NOWHERE),
        "history": lambda: flex.history(NOWHERE, after_index=-1),
        "find_sent": lambda: flex.find_sent(NOWHERE, hello()),
    }
    with pytest.raises(ChatGone, match="404"):
        await calls[call]()


async def test_a_wrong_token_is_waited_for_and_told_with_twilios_code(twilio: Twilio) -> None:
    """An operator reads in the log what to look up."""
    async with open_back_end(twilio.url, auth_token="wrong") as flex:
        with pytest.raises(NotSent, match=r"401, check TWILIO_AUTH_TOKEN; see .*/errors/20003"):
            await flex.open(CHAT)


async def test_a_flow_that_is_not_there_is_a_refusal(twilio: Twilio) -> None:
    """Not a chat that is gone: no chat was ever there."""
    async with open_back_end(twilio.url, flow_sid="FO" + "0" * 32) as flex:
        with pytest.raises(Rejected) as refusal:
            await flex.open(CHAT)
    assert not isinstance(refusal.value, ChatGone)
