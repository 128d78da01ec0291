"""Whole stories, on real sockets and real HTTP."""

from pathlib import Path

import pytest

from tests.flex.twilio import open_twilio
from tests.journeys.desk import Desk
from tests.journeys.page import Page
from tests.journeys.town import BACK_ENDS, Town, serve
from tests.waiting import until

every_back_end = pytest.mark.parametrize("town", BACK_ENDS, indirect=True)


@every_back_end
async def test_a_visitor_and_an_agent_talk_until_the_agent_ends_it(town: Town) -> None:
    """The story the product exists for."""
    page, opened = await town.visitor("Ada")
    said = await page.grant("say", {"ask_id": "1", "text": "Hello"})
    assert (opened["chat"]["id"], 1) == (said["chat"], said["seq"])

    channel = await town.accepted(name="Ada")
    assert "Alex Rivera" == (await page.hears("agent", lambda n: n["agent"]["name"]))["agent"]["name"]
    await town.agent_says(channel, "Hi Ada")
    message = (await page.hears("said"))["message"]
    assert ("agent", "Alex Rivera", "Hi Ada", 2) == tuple(message[key] for key in ("author", "name", "text", "seq"))

    await page.grant("say", {"ask_id": "2", "text": "Bye"})
    await town.arrives(channel, "Hello", "Hi Ada", "Bye")
    await town.agent_ends()
    assert {"chat": opened["chat"]["id"], "by": "flex"} == await page.hears("ended")
    assert "chat_ended" == (await page.ask("say", {"ask_id": "3", "text": "One more"}))["error"]["code"]


@every_back_end
async def test_what_the_page_tells_of_the_visit_reaches_flex(town: Town) -> None:
    """The agent sees where the visitor is; what is too much is refused with words."""
    page = await town.page()
    refused = await page.ask("open", {"context": {"page": "x" * 2000, "form": "ü" * 2000, "more": "y" * 2000}})
    assert ("bad_ask", True) == (refused["error"]["code"], "8000" in refused["error"]["message"])
    await page.grant("open", {"name": "Ada", "context": {"page": "https://shop.example.com/bikes"}})
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    await town.accepted()
    sent = [value for entry in await town.twilio.wire() if entry["kind"] == "rest" for _, value in entry["form"]]
    assert any("https://shop.example.com/bikes" in value for value in sent)


@every_back_end
async def test_after_the_end_a_new_chat_is_a_new_channel(town: Town) -> None:
    """And what could not be said in the old one is said there, under the same ask."""
    page, opened = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    first = await town.accepted()
    await town.agent_ends()
    await page.hears("ended")
    again = await page.grant("open")
    assert opened["chat"]["id"] != again["chat"]["id"]
    await page.grant("say", {"ask_id": "2", "text": "Me again"})
    second = await town.accepted()
    assert first != second
    await town.arrives(second, "Me again")


@every_back_end
async def test_two_visitors_never_hear_a_word_of_each_other(town: Town) -> None:
    """The first rule of the house, from both sides."""
    ada, _ = await town.visitor("Ada")
    bob, _ = await town.visitor("Bob")
    await ada.grant("say", {"ask_id": "1", "text": "I am Ada"})
    await bob.grant("say", {"ask_id": "1", "text": "I am Bob"})
    adas, bobs = await town.accepted(name="Ada"), await town.accepted(name="Bob")
    await town.arrives(adas, "I am Ada")
    await town.arrives(bobs, "I am Bob")
    await town.agent_says(adas, "for Ada")
    await town.agent_says(bobs, "for Bob")
    await ada.hears("said")
    await bob.hears("said")
    await town.arrives(adas, "I am Ada", "for Ada")
    await town.arrives(bobs, "I am Bob", "for Bob")
    assert (["for Ada"], ["for Bob"]) == (ada.texts(), bob.texts())


async def test_two_tabs_of_one_visitor_show_the_same_chat(town: Town) -> None:
    """What is said in one appears in the other, and an agent's words in both."""
    first, opened = await town.visitor()
    second = await town.page({"token": opened["token"]})
    assert opened["chat"]["id"] == (await second.hears("opened"))["chat"]["id"]
    await first.grant("say", {"ask_id": "1", "text": "from the first"})
    await second.grant("say", {"ask_id": "2", "text": "from the second"})
    await town.agent_says(await town.accepted(), "to both")
    await first.hears("said", lambda n: n["message"]["seq"] == 3)
    await second.hears("said", lambda n: n["message"]["seq"] == 3)
    assert ["from the second", "to both"] == first.texts()
    assert ["from the first", "to both"] == second.texts()


async def test_a_chat_opened_in_one_tab_opens_in_the_other(town: Town) -> None:
    """After an end both tabs wait; one of them begins anew."""
    first, opened = await town.visitor()
    second = await town.page({"token": opened["token"]})
    await second.hears("opened")
    await first.grant("end")
    await second.hears("ended")
    again = await first.grant("open")
    anew = await second.hears("opened", lambda n: n["chat"]["id"] != opened["chat"]["id"])
    assert again["chat"]["id"] == anew["chat"]["id"]


@every_back_end
async def test_a_page_that_comes_back_gets_precisely_what_it_missed(town: Town) -> None:
    """A tunnel, a reload, a sleeping laptop."""
    page, opened = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted()
    await town.agent_says(channel, "heard")
    await page.hears("said")
    await page.close()
    await town.agent_says(channel, "missed 1")
    await town.agent_says(channel, "missed 2")
    back = await town.page({"token": opened["token"], "chat": opened["chat"]["id"], "after": 2})
    await until(lambda: back.all_texts() == ["missed 1", "missed 2"], what="what was missed")
    answer = await back.grant("resume", {"chat": opened["chat"]["id"], "after": 3})
    assert ["missed 2"] == [message["text"] for message in answer["messages"]]
    assert not answer["reset"]


async def test_a_position_the_chat_does_not_know_is_said_aloud(town: Town) -> None:
    """Rather than a hole that nobody sees."""
    page, opened = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    for position in ({"chat": opened["chat"]["id"], "after": 99}, {"chat": "another", "after": 0}):
        answer = await page.grant("resume", position)
        assert answer["reset"]
        assert ["Hello"] == [message["text"] for message in answer["messages"]]


@every_back_end
async def test_the_visitor_ends_the_chat(town: Town) -> None:
    """The agent's task is wrapped up (an interaction completes it), and the channel takes no more."""
    page, _ = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted()
    await page.grant("end")
    assert "visitor" == (await page.hears("ended"))["by"]
    await town.task("wrapping", "completed")
    assert "INACTIVE" == (await town.twilio.state())["channels"][channel]["status"]


@every_back_end
async def test_bots_and_words_posted_by_the_api_reach_the_visitor(town: Town) -> None:
    """A filter on `Source` would have thrown them away."""
    page, _ = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted()
    await page.hears("agent")
    await town.agent_says(channel, "I am a bot", **{"from": "helper-bot", "source": "API"})
    await town.agent_says(channel, "I am the agent's plugin", **{"from": "alex", "source": "API"})
    await page.hears("said", lambda n: n["message"]["seq"] == 3)
    assert [("bot", "I am a bot"), ("agent", "I am the agent's plugin")] == [
        (news["message"]["author"], news["message"]["text"]) for news in page.told("said")
    ]


async def test_a_restart_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    """The token, the chat and what was said meanwhile all outlive the process."""
    async with open_twilio() as twilio:
        async with serve(tmp_path, twilio) as url:
            port = int(url.rpartition(":")[2])
            page = await Page(url).connect()
            opened = await page.grant("open")
            await page.grant("say", {"ask_id": "1", "text": "Hello"})
            channel = await Desk(twilio).accepted()
            await page.hears("agent", lambda n: n["agent"]["name"])
            await page.close()
        await Desk(twilio).agent_says(channel, "said while you were away")
        async with serve(tmp_path, twilio, port=port) as url:
            back = await Page(url).connect({"token": opened["token"], "chat": opened["chat"]["id"], "after": 1})
            await until(lambda: back.all_texts() == ["said while you were away"], what="the missed message")
            await back.grant("say", {"ask_id": "2", "text": "Still here"})
            await back.close()
