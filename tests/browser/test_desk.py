"""The agents' desk on a simulator of its own: tasks, chats side by side, what stays after a reload."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Locator, Page, expect

from middleware.simulator import Seed, build_simulator
from tests.browser.axe import violations
from tests.browser.conftest import Watch, open_tab
from tests.browser.people import Agent
from tests.simulator import talks
from tests.simulator.house import HEARD, House
from tests.simulator.receiver import Receiver

BUILT = Path(__file__).parents[2] / "static" / "dist" / "desk"
EVIL = (
    """<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"'><svg onload=window.pwned=1>{{7*7}}${7*7}"""
)
Come: TypeAlias = Callable[[House, str, str], Awaitable[str]]
LATER = re.compile(r"^(0:0[2-9]|0:[1-5]\d|[1-9]\d*:\d\d)$")
"""Two seconds or more: the page is not looked at in each of them."""
PRE = {"page": "https://shop.example/bikes", "language": "de", "orderNumber": "4711"}


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A pretend Twilio with its desk, and nobody else."""
    app = build_simulator(Seed(), desk_files=BUILT)
    async with TestServer(app) as server, ClientSession() as http:
        yield House(app, str(server.make_url("")).rstrip("/"), Seed(), http, Receiver())


@pytest.fixture
async def agent(browser: Browser, house: House, watch: Watch) -> Agent:
    """The agent, at this desk, with room for three chats."""
    context = await browser.new_context(viewport={"width": 1920, "height": 900})
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    return Agent(await open_tab(context, f"{house.address}/desk/", watch=watch))


async def comes(house: House, name: str, text: str, **changes: object) -> str:
    """A visitor by today's back end says something; the conversation's sid."""
    made = await talks.webchat(house, CustomerFriendlyName=name, Identity=name, **changes)
    talk = str(made.json["conversation_sid"])
    await talks.say(house, talk, text, Author=name)
    return talk


async def comes_by_channel(house: House, name: str, text: str, **changes: object) -> str:
    """A visitor by the Flex Flow channel says something; the channel's sid."""
    channel = await house.open_channel(Identity=name, ChatUserFriendlyName=name, **changes)
    path = f"{house.service}/Channels/{channel}/Messages"
    await house.rest("POST", path, headers=HEARD, From=name, Body=text)
    return channel


def switch(tab: Page, fault: str) -> Locator:
    """The switch of a fault, by its name."""
    return tab.get_by_role("combobox", name=fault)


async def test_tasks_of_both_back_ends_come_into_one_list(house: House, agent: Agent) -> None:
    """Who, since when, and with which words: enough to decide whom to take."""
    await comes_by_channel(house, "Ada", "By channel")
    await comes(house, "Bob", "By conversation", PreEngagementData=json.dumps(PRE))
    waiting = agent.tab.get_by_role("region", name="Waiting").get_by_role("listitem")
    await expect(waiting).to_have_count(2)
    await expect(waiting.first).to_contain_text("By channel")
    await expect(waiting.last).to_contain_text("Bob")
    await expect(waiting.last).to_contain_text("/bikes · German")
    await expect(waiting.last.get_by_role("timer")).to_have_text(LATER)


async def test_three_chats_at_once_are_kept_apart(house: House, agent: Agent) -> None:
    """Each column is one visitor; what is typed in it goes nowhere else."""
    names = ("Ada", "Bob", "Cleo")
    places = [await comes(house, name, f"I am {name}.") for name in names[:2]]
    places.append(await comes_by_channel(house, "Cleo", "I am Cleo."))
    for name in names:
        await agent.accept(name)
    await expect(agent.tab.get_by_role("region", name="Chat with")).to_have_count(3)
    for name in names:
        field = agent.chat_with(name).get_by_label("Your answer")
        await field.fill(f"Hello {name}!")
        await field.press("Enter")
    for name, place in zip(names, places, strict=True):
        await expect(agent.chat_with(name).locator(".bubble")).to_have_text([f"I am {name}.", f"Hello {name}!"])
        said = (await house.desk("GET", "state")).json["channels"][place]["messages"]
        assert [f"I am {name}.", f"Hello {name}!"] == [message["body"] for message in said]


async def test_where_there_is_no_room_chats_stand_behind_tabs(house: House, agent: Agent) -> None:
    """The one in hand is always seen, and the tabs tell of words in the others."""
    await agent.tab.set_viewport_size({"width": 1024, "height": 768})
    ada = await comes(house, "Ada", "I am Ada.")
    await comes(house, "Bob", "I am Bob.")
    await agent.accept("Ada")
    await agent.accept("Bob")
    await expect(agent.tab.get_by_role("region", name="Chat with")).to_have_count(1)
    await agent.say("Hello Bob!")
    await talks.say(house, ada, "Still there?", Author="Ada")
    await talks.say(house, ada, "Hello?", Author="Ada")
    tab = agent.tab.get_by_role("navigation", name="Open chats").get_by_role("button", name="Ada")
    await expect(tab).to_have_text("Ada 2 new")
    await expect(agent.tab.get_by_role("status").first).to_have_text("New message from Ada")
    await tab.click()
    await agent.sees("Still there?", "Hello?")
    await expect(tab).to_have_text("Ada")


async def test_on_a_phone_one_part_is_shown_at_a_time(house: House, agent: Agent) -> None:
    """Accepting leads to the chat; nothing hangs over the edge."""
    tab = agent.tab
    await tab.set_viewport_size({"width": 390, "height": 844})
    await comes(house, "Ada", "I am Ada.")
    parts = tab.get_by_role("navigation", name="Parts of the desk")
    await expect(parts.get_by_role("button", name="Tasks")).to_contain_text("1 new")
    await agent.accept("Ada")
    await expect(agent.tasks).to_be_hidden()
    await agent.say("Hello!")
    for name, part in (("Wire", tab.get_by_role("region", name="Calls and webhooks")), ("Tasks", agent.tasks)):
        await parts.get_by_role("button", name=name).click()
        await expect(part).to_be_visible()
        await expect(agent.log).to_be_hidden()
        assert 390 == await tab.evaluate("document.documentElement.scrollWidth")


async def test_at_twice_the_size_everything_can_be_reached(house: House, agent: Agent) -> None:
    """A laptop's window at 200 %: the page scrolls down, never sideways, and no part is squeezed to nothing."""
    tab = agent.tab
    await tab.set_viewport_size({"width": 640, "height": 400})
    await comes(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    await agent.say("Hello!")
    await expect(agent.log).to_be_in_viewport()
    box = await agent.log.bounding_box()
    assert box is not None
    assert 100 < box["height"]
    assert 640 == await tab.evaluate("document.documentElement.scrollWidth")


async def test_a_declined_task_can_still_be_taken(house: House, agent: Agent) -> None:
    """It goes back to the queue, and nothing is lost."""
    await comes(house, "Ada", "I am Ada.")
    await agent.tab.get_by_role("button", name="Decline Ada").click()
    await agent.tab.get_by_role("button", name="Take Ada").click()
    await agent.sees("I am Ada.", "You joined")


async def test_an_agent_who_is_away_is_offered_nothing(house: House, agent: Agent) -> None:
    """And is told so; back again, they are."""
    await agent.tab.get_by_label("Your activity").select_option("Offline")
    await expect(agent.tab.get_by_text("You are away")).to_be_visible()
    await comes(house, "Ada", "I am Ada.")
    await expect(agent.tab.get_by_role("button", name="Take Ada")).to_be_visible()
    await agent.tab.get_by_label("Your activity").select_option("Available")
    await expect(agent.tab.get_by_role("button", name="Accept Ada")).to_be_visible()


async def test_what_is_known_of_the_visitor_is_shown(house: House, agent: Agent) -> None:
    """The page, the language, and what they filled in."""
    await comes(house, "Ada", "I am Ada.", PreEngagementData=json.dumps(PRE))
    await agent.accept("Ada")
    await agent.tab.get_by_role("button", name="About Ada").click()
    await expect(agent.chat.get_by_role("link", name=PRE["page"])).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    for term, definition in (("Language", "German"), ("Order number", "4711"), ("Status", "assigned")):
        await expect(agent.chat.locator("dt", has_text=term).locator("+ dd")).to_have_text(definition)


@pytest.mark.parametrize(("come", "means"), [(comes, "closed for good"), (comes_by_channel, "INACTIVE")])
async def test_what_ending_means_is_told_before_and_after(house: House, agent: Agent, come: Come, means: str) -> None:
    """In the words of the back end that the chat came by."""
    await come(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    end = agent.chat.get_by_role("button", name="End chat")
    await end.hover()
    await expect(agent.chat.get_by_role("tooltip")).to_contain_text(means)
    await end.click()
    await agent.sees("You left", "The chat has ended")
    await expect(agent.chat.get_by_text("the visitor was told")).to_be_visible()
    await expect(agent.chat.get_by_label("Your answer")).to_have_count(0)
    await agent.chat.get_by_role("button", name="Complete").click()
    await expect(agent.tab.get_by_role("region", name="Chat with")).to_have_count(0)
    await expect(agent.tab.get_by_role("region", name="Done").get_by_role("listitem")).to_have_count(1)


async def test_the_agent_can_play_a_bot_and_the_system(house: House, agent: Agent) -> None:
    """Two who speak in chats and never sit at a desk."""
    talk = await comes(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    for voice, words in (("Bot", "Beep."), ("System", "The line is slow."), ("You", "Never mind them.")):
        await agent.chat.get_by_label("as").select_option(voice)
        await agent.say(words)
    said = (await house.desk("GET", "state")).json["channels"][talk]["messages"]
    assert ["customer", "bot", "system", "agent"] == [message["kind"] for message in said]
    await agent.sees("Beep.", "The line is slow.", "Never mind them.")


async def test_a_ready_answer_is_put_where_one_types(house: House, agent: Agent) -> None:
    """It is not sent before the agent has read it."""
    await comes(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    field = agent.chat.get_by_label("Your answer")
    await field.fill("Ada,")
    await agent.chat.get_by_role("button", name="Replies").click()
    await agent.chat.get_by_role("button", name="One moment").click()
    await expect(field).to_have_value("Ada, One moment, I am looking into it.")
    await expect(field).to_be_focused()
    await expect(agent.chat.locator(".bubble")).to_have_text(["I am Ada."])


async def test_enter_sends_unless_a_word_is_being_chosen_or_a_line_ended(house: House, agent: Agent) -> None:
    """Whoever writes Japanese presses Enter all the time."""
    await comes(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    field = agent.chat.get_by_label("Your answer")
    await field.press_sequentially("one")
    await field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    await field.press("Shift+Enter")
    await field.press_sequentially("two")
    await expect(field).to_have_value("one\ntwo")
    await field.press("Enter")
    await expect(agent.chat.locator(".bubble").last).to_have_text("one\ntwo", use_inner_text=True)


async def test_a_whole_chat_by_keyboard_alone(house: House, agent: Agent) -> None:
    """The focus goes where the next key is wanted, and is never lost."""
    await comes(house, "Ada", "I am Ada.")
    await agent.tab.get_by_role("button", name="Accept Ada").focus()
    await agent.tab.keyboard.press("Enter")
    await expect(agent.chat.get_by_label("Your answer")).to_be_focused()
    await agent.tab.keyboard.type("Hello!")
    await agent.tab.keyboard.press("Enter")
    await agent.sees("Hello!")
    await agent.tab.get_by_role("tab", name="On the wire").focus()
    await agent.tab.keyboard.press("ArrowRight")
    await expect(agent.tab.get_by_role("tab", name="Story")).to_be_focused()
    await expect(agent.tab.get_by_role("tab", name="Story")).to_have_attribute("aria-selected", "true")


async def test_a_reload_brings_everything_back(house: House, agent: Agent) -> None:
    """Open chats, the one in hand, what was begun, and what is not read yet."""
    ada = await comes(house, "Ada", "I am Ada.")
    await comes(house, "Bob", "I am Bob.")
    await agent.accept("Ada")
    await agent.accept("Bob")
    await agent.chat.get_by_label("Your answer").fill("Half a sen")
    await talks.say(house, ada, "Unread.", Author="Ada")
    await expect(agent.tasks.get_by_role("button", name="Ada")).to_contain_text("1 new")
    await agent.tab.reload()
    await expect(agent.tab.get_by_role("region", name="Chat with")).to_have_count(2)
    await expect(agent.chat.get_by_label("Your answer to Bob")).to_have_value("Half a sen")
    await expect(agent.tasks.get_by_role("button", name="Ada")).to_contain_text("1 new")
    await agent.chat_with("Ada").get_by_role("log").click()
    await expect(agent.tasks.get_by_role("button", name="Ada")).not_to_contain_text("new")


async def test_a_task_is_announced_only_to_those_who_asked(house: House, agent: Agent) -> None:
    """Off at first, remembered afterwards."""
    await comes(house, "Ada", "I am Ada.")
    await expect(agent.offers).to_have_count(1)
    await expect(agent.tab).to_have_title("Agents' desk")
    await agent.tab.get_by_role("button", name="Alerts for new tasks").click()
    await expect(agent.tab).to_have_title("(1) Agents' desk")
    await agent.tab.reload()
    await expect(agent.tab).to_have_title("(1) Agents' desk")
    await agent.accept("Ada")
    await expect(agent.tab).to_have_title("Agents' desk")


async def test_what_visitors_write_is_only_ever_shown(house: House, agent: Agent) -> None:
    """In the words, the name, the context and the log: markup is text, and a script's address is no link."""
    context = {"page": "javascript:window.pwned=1", "language": EVIL, "timeZone": EVIL, EVIL: EVIL}
    for come in (comes, comes_by_channel):
        await come(house, EVIL, EVIL, PreEngagementData=json.dumps(context))
    await comes(house, "Last", 'javascript:window.pwned=1 https://x.example/"onmouseover="window.pwned=1')
    for _ in range(3):
        await agent.offers.first.click()
        await expect(agent.chat.get_by_label("Your answer")).to_be_focused()
        await agent.chat.get_by_role("button", name="About").click()
    for line in await agent.tab.locator(".line > button").all():
        await line.click()
    await expect(agent.tab.locator("main").locator("img, script, svg[onload], [onmouseover]")).to_have_count(0)
    await expect(agent.tab.locator("a[href^=javascript]")).to_have_count(0)
    await agent.tab.get_by_role("tab", name="Story").click()
    await expect(agent.tab.get_by_role("heading", name="A visitor begins a chat").first).to_be_visible()
    assert await agent.tab.evaluate("window.pwned === undefined")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(house: House, agent: Agent, scheme: str) -> None:
    """Colours, names, roles and focus, from the empty desk to the end of a chat."""
    tab = agent.tab
    await tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    assert [] == await violations(tab)
    for name in ("Ada", "Bob", "Cleo"):
        await comes(house, name, f"I am {name}: https://example.com/", PreEngagementData=json.dumps(PRE))
    await expect(agent.offers).to_have_count(3)
    assert [] == await violations(tab)
    await agent.accept("Ada")
    await agent.say("Hello!")
    await agent.chat.get_by_role("button", name="About").click()
    await agent.chat.get_by_role("button", name="Replies").click()
    await tab.get_by_role("button", name="Decline Bob").click()
    await tab.locator(".line > button").last.click()
    assert [] == await violations(tab)
    await tab.get_by_role("tab", name="Story").click()
    assert [] == await violations(tab)
    await tab.get_by_role("tab", name="Mischief").click()
    await tab.get_by_role("radio", name="Wild").check()
    await expect(tab.get_by_role("button", name="Back to calm")).to_be_visible()
    assert [] == await violations(tab)
    await agent.chat.get_by_role("button", name="End chat").click()
    await tab.get_by_label("Your activity").select_option("Offline")
    await expect(agent.chat.get_by_role("button", name="Complete")).to_be_visible()
    assert [] == await violations(tab)
    for width, height in ((1024, 768), (390, 844)):
        await tab.set_viewport_size({"width": width, "height": height})
        assert [] == await violations(tab)


@pytest.mark.parametrize("come", [comes, comes_by_channel])
async def test_an_agent_rewords_and_removes_their_own_words(house: House, agent: Agent, come: Come) -> None:
    """Slips of the pen are put right, in both back ends; a visitor's words are left alone."""
    place = await come(house, "Ada", "I am Ada.")
    await agent.accept("Ada")
    await agent.say("Helo!")
    await agent.say("Wrong window.")
    await expect(agent.log.get_by_role("button", name="Edit or remove “I am Ada.”")).to_have_count(0)
    await agent.log.get_by_role("button", name="Edit or remove “Helo!”").click()
    field = agent.log.get_by_label("The message, reworded")
    await expect(field).to_be_focused()
    await field.fill("Hello!")
    await agent.log.get_by_role("button", name="Save").click()
    await agent.sees("Hello!")
    await expect(agent.chat.get_by_label("Your answer")).to_be_focused()
    await expect(agent.log.get_by_text("edited")).to_be_visible()
    await agent.log.get_by_role("button", name="Edit or remove “Wrong window.”").click()
    await agent.log.get_by_role("button", name="Remove", exact=True).click()
    await agent.sees("A message was removed")
    said = (await house.desk("GET", "state")).json["channels"][place]["messages"]
    assert ["I am Ada.", "Hello!"] == [message["body"] for message in said]
