"""Messages reworded and withdrawn at Flex, seen from the visitor's page: whole stories, on every back end."""

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.page import Page
from tests.journeys.test_a_chat import every_back_end
from tests.journeys.town import BACK_ENDS, Town, open_town
from tests.waiting import until

OUT_OF_ORDER = (
    {"fault": "delay", "route": "onMessage(Sent|Added)", "seconds": [0.6, 0.6]},
    {"fault": "repeat", "route": "onMessage(Updated|Removed)", "copies": [2, 2]},
    {"fault": "replay", "route": "onMessage(Updated|Removed)", "seconds": [0.3, 0.9]},
)
"""Messages come after their changes, and changes come three times and more."""


async def chatting(town: Town, name: str = "Ada") -> tuple[Page, Any, str]:
    """A visitor who has said something, and an agent who is there."""
    page, opened = await town.visitor(name)
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name=name)
    await town.arrives(channel, "Hello")
    await page.hears("agent", lambda news: news["agent"])
    return page, opened, channel


def shown(messages: list[Any]) -> list[tuple[int, str, str | None]]:
    return [(message["seq"], message["text"], message["edited"]) for message in messages]


@every_back_end
async def test_an_agent_mends_a_message_and_takes_another_back(town: Town) -> None:
    """Every page of the visitor's hears it once; nobody else hears anything."""
    page, opened, channel = await chatting(town)
    other, _, _ = await chatting(town, "Bob")
    tab = await town.page({"token": opened["token"]})
    await tab.hears("opened")
    for text in ("Helo Ada", "Your pasword is 1234", "How are you?"):
        await town.agent_says(channel, text)
    await page.hears("said", lambda news: news["message"]["seq"] == 4)
    await town.agent_rewords(channel, 1, "Hello Ada")
    await town.agent_withdraws(channel, 2)
    await town.agent_says(channel, "Anything else?")
    for each in (page, tab):
        await each.hears("said", lambda news: news["message"]["seq"] == 5)
        assert [{"chat": opened["chat"]["id"], "seq": 2, "text": "Hello Ada"}] == each.told("reworded")
        assert [{"chat": opened["chat"]["id"], "seq": 3}] == each.told("withdrawn")
    assert ([], [], []) == (other.told("reworded"), other.told("withdrawn"), other.told("said"))
    answer = await page.grant("resume", {})
    assert shown(answer["messages"])[1:3] == [(2, "Hello Ada", "reworded"), (3, "", "withdrawn")]


@every_back_end
async def test_a_page_that_was_away_shows_what_it_had_as_it_reads_now(town: Town) -> None:
    """It is told which of the messages it has were changed; the others come as they are."""
    page, opened, channel = await chatting(town)
    for text in ("one", "two", "three"):
        await town.agent_says(channel, text)
    await page.hears("said", lambda news: news["message"]["seq"] == 4)
    witness = await town.page({"token": opened["token"]})
    await witness.hears("opened")
    await page.close()
    await town.agent_rewords(channel, 1, "ONE")
    await town.agent_withdraws(channel, 2)
    await town.agent_says(channel, "fuor")
    await town.agent_rewords(channel, 4, "four")
    await witness.hears("reworded", lambda news: news["text"] == "four")
    back = await town.page({"token": opened["token"], "chat": opened["chat"]["id"], "after": 4})
    news = await back.hears("opened")
    assert [(2, "ONE", "reworded"), (3, "", "withdrawn")] == shown(news["changed"])
    assert ([(5, "four", "reworded")], False) == (shown(news["messages"]), news["reset"])
    answer = await back.grant("resume", {"chat": opened["chat"]["id"], "after": 2})
    assert [(2, "ONE", "reworded")] == shown(answer["changed"])


@every_back_end
async def test_the_visitors_own_words_are_changed_through_the_api(town: Town) -> None:
    """A supervisor's tool masks a card number; an update of attributes alone is told to nobody."""
    page, opened, channel = await chatting(town)
    await page.grant("say", {"ask_id": "2", "text": "4111 1111"})
    await town.arrives(channel, "Hello", "4111 1111")
    await town.by_api("POST", channel, 0, Attributes='{"seen":true}')
    await town.by_api("POST", channel, 1, Body="**** ****")
    assert {"chat": opened["chat"]["id"], "seq": 2, "text": "**** ****"} == await page.hears("reworded")
    await town.by_api("DELETE", channel, 0)
    assert {"chat": opened["chat"]["id"], "seq": 1} == await page.hears("withdrawn")
    assert (1, 1) == (len(page.told("reworded")), len(page.told("withdrawn")))
    assert 1 == (await page.grant("say", {"ask_id": "1", "text": "Hello"}))["seq"]
    await town.arrives(channel, "**** ****")


@every_back_end
async def test_changes_that_overtake_their_messages_and_come_again_and_again(town: Town) -> None:
    """The visitor sees each message once, as it reads at Flex, and never what was taken back before it came."""
    page, _, channel = await chatting(town)
    await town.befall(*OUT_OF_ORDER)
    await town.agent_says(channel, "slpi")
    await town.agent_rewords(channel, 1, "slip")
    await town.agent_says(channel, "for somebody else")
    await town.agent_withdraws(channel, 2)
    await town.agent_says(channel, "mended")
    await page.hears("said", lambda news: news["message"]["text"] == "mended")
    await town.befall()
    await town.agent_rewords(channel, 3, "mended twice")
    await page.hears("reworded")
    assert ["slip", "mended"] == page.texts()
    assert (["mended twice"], []) == ([news["text"] for news in page.told("reworded")], page.told("withdrawn"))


@pytest.mark.parametrize("back_end", BACK_ENDS)
async def test_changes_that_no_webhook_tells_of_are_found(tmp_path: Path, back_end: str) -> None:
    """REST writes are silent unless they ask for webhooks, and webhooks get lost: Twilio's list is read anyway."""
    async with open_town(tmp_path, **BACK_ENDS[back_end], look_back_seconds=1.0) as town:
        page, _, channel = await chatting(town)
        for text in ("one", "two", "three"):
            await town.agent_says(channel, text)
        await page.hears("said", lambda news: news["message"]["seq"] == 4)
        await town.by_api("POST", channel, 1, heard=False, Body="ONE")
        await town.by_api("DELETE", channel, 2, heard=False)
        reworded = await page.hears("reworded")
        assert (2, "ONE") == (reworded["seq"], reworded["text"])
        assert 3 == (await page.hears("withdrawn"))["seq"]


@every_back_end
async def test_the_five_lines_hear_nothing_of_changes(town: Town) -> None:
    """They cannot take a line back; connected anew, they hear the texts as they are now."""
    page = await town.page(namespace="/")
    await page.emit("chat message", "Hello")
    token = await page.hears("token")
    channel = await town.accepted()
    await town.arrives(channel, "Hello")
    for text in ("Helo", "oops"):
        await town.agent_says(channel, text)
    await until(lambda: page.told("chat message") == ["Hello", "Helo", "oops"], what="the agent's words")
    await town.agent_rewords(channel, 1, "Hello!")
    await town.agent_withdraws(channel, 2)
    await town.agent_says(channel, "and on")
    await until(lambda: page.told("chat message") == ["Hello", "Helo", "oops", "and on"], what="the next words")
    assert {"chat message", "token"} == {name for name, _ in page.heard}
    again = await town.page({"token": token}, namespace="/")
    await until(lambda: again.told("chat message") == ["Hello", "Hello!", "and on"], what="the chat as it is now")
