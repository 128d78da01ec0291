"""Every request the back end sends, and every answer it gets, is as Twilio's own documents say."""

from pathlib import Path
from typing import Any

import pytest

from middleware.flex.conversations import Conversations
from middleware.flex.programmable_chat import ProgrammableChat
from middleware.relay.errors import FlexError
from middleware.relay.model import Author, Chat, ChatId, FlexRef, Message, MessageId
from tests.contract.openapi import Exchange, violations
from tests.flex.twilio import WAYS, Twilio, open_back_end, open_conversations, open_twilio
from tests.journeys.town import BACK_ENDS, open_town
from tests.relay.house import ADA

CHAT = Chat(ChatId("c" * 32), ADA, opened_at=0, visitor_name="Ada")
HELLO = Message(MessageId("m1"), CHAT.id, 1, Author.VISITOR, "Hello 👋", at=0)


async def exchanges(twilio: Twilio) -> list[Exchange]:
    return [_exchange(entry) for entry in await twilio.wire() if entry["kind"] == "rest"]


def _exchange(entry: Any) -> Exchange:
    return Exchange(
        method=entry["method"],
        path=entry["path"],
        query=tuple((name, value) for name, value in entry["query"]),
        form=tuple((name, value) for name, value in entry["form"]),
        headers=entry["headers"],
        status=entry["status"],
        answer=entry["response"],
    )


async def everything(flex: ProgrammableChat | Conversations, twilio: Twilio) -> None:
    """Each call of the port, with its lists, its powers and its refusals."""
    ref = await flex.open(CHAT)
    await flex.say(ref, HELLO)
    await flex.find_sent(ref, HELLO)
    task = (await twilio.state())["tasks"][0]["sid"]
    await twilio.desk(f"tasks/{task}/accept")
    await flex.history(ref, after_index=-1)
    await flex.agent_name("alex")
    await flex.open(CHAT)
    await flex.end(ref)
    for call in (flex.say(FlexRef("CH" + "0" * 32), HELLO), flex.history(FlexRef("CH" + "0" * 32), after_index=0)):
        try:
            await call
        except FlexError:
            continue


async def test_every_call_of_the_back_end_keeps_the_contract() -> None:
    """A parameter that Twilio does not know would be ignored in silence."""
    async with open_twilio() as twilio, open_back_end(twilio.url) as flex:
        await everything(flex, twilio)
        held = await exchanges(twilio)
    assert {"POST", "GET"} == {exchange.method for exchange in held}
    assert len(held) > 15
    assert [] == [violation for exchange in held for violation in violations(exchange)]


@pytest.mark.parametrize("way", WAYS)
async def test_every_call_of_conversations_keeps_the_contract(way: str) -> None:
    """In each way of opening, with a welcome."""
    async with open_twilio() as twilio, open_conversations(twilio.url, way=way, welcome="Welcome!") as flex:
        await everything(flex, twilio)
        held = await exchanges(twilio)
    assert len(held) > 15
    assert [] == [violation for exchange in held for violation in violations(exchange)]


@pytest.mark.parametrize("back_end", BACK_ENDS)
async def test_a_whole_visit_keeps_the_contract(tmp_path: Path, back_end: str) -> None:
    """From the first word to the end, as the town talks."""
    async with open_town(tmp_path, **BACK_ENDS[back_end]) as town:
        page, _ = await town.visitor("Ada")
        await page.grant("say", {"ask_id": "1", "text": "Hello"})
        channel = await town.accepted()
        await town.arrives(channel, "Hello")
        await town.agent_says(channel, "Hi")
        await page.hears("said")
        await town.agent_rewords(channel, 1, "Hi Ada")
        await page.hears("reworded")
        await town.by_api("POST", channel, 1, Body="Hi, Ada", Attributes="{}")
        await town.by_api("DELETE", channel, 1)
        await page.hears("withdrawn")
        await page.grant("end")
        await town.task("wrapping", "completed")
        held = await exchanges(town.twilio)
    assert [] == [violation for exchange in held for violation in violations(exchange)]
