"""The desk's other half: what goes over the wire, its story, and mischief, with the middleware at the other end."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession
from playwright.async_api import Browser, expect

from middleware.simulator import Seed, serve_simulator
from tests.browser.conftest import NewVisitor, Watch, open_tab
from tests.browser.people import Agent
from tests.waiting import DEADLINE

BUILT = Path(__file__).parents[2] / "static" / "dist" / "desk"


@pytest.mark.parametrize("demo", ["programmable_chat", "conversations"], indirect=True)
async def test_the_log_shows_the_way_of_a_message(agent: Agent, new_visitor: NewVisitor) -> None:
    """Out by REST, back by webhook, each with all that it carried."""
    visitor = await new_visitor()
    await visitor.say("My brake squeaks.")
    await agent.accept("My brake squeaks.")
    tab = agent.tab
    await tab.get_by_label("this chat only").check()
    await tab.get_by_label("Search in calls and webhooks").fill("brake")
    posted = tab.locator(".line").filter(has_text="Posts the visitor's words")
    await expect(posted).to_have_count(1)
    await posted.get_by_role("button").click()
    await expect(posted).to_contain_text("Middleware → Twilio")
    await expect(posted.locator("dt", has_text="X-Twilio-Webhook-Enabled").locator("+ dd")).to_have_text("true")
    echo = tab.locator(".line").filter(has_text="A message was posted by REST")
    await echo.get_by_role("button").click()
    await expect(echo.locator("dt", has_text="X-Twilio-Signature").locator("+ dd")).to_have_text(re.compile("^.{27}=$"))


async def test_a_call_can_be_copied_as_a_command(agent: Agent, new_visitor: NewVisitor) -> None:
    """To try at home what was seen."""
    await agent.tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor = await new_visitor()
    await visitor.say("It's squeaking.")
    line = agent.tab.locator(".line").filter(has_text="Posts the visitor's words")
    await line.get_by_role("button").click()
    await line.get_by_role("button", name="Copy as curl").click()
    await expect(line.get_by_role("button", name="Copied")).to_be_visible()
    copied = await agent.tab.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl -X POST 'http://127.0.0.1")
    assert r"--data-urlencode 'Body=It'\''s squeaking.'" in copied


async def test_the_log_can_be_paused_and_cleared(agent: Agent, new_visitor: NewVisitor) -> None:
    """Nobody can read what runs away; nothing of it is lost meanwhile."""
    tab = agent.tab
    visitor = await new_visitor()
    await tab.get_by_role("button", name="Pause the log").click()
    await visitor.say("One.")
    await expect(agent.offers).to_have_count(1)
    await expect(tab.get_by_text("more since")).to_be_visible()
    await expect(tab.locator(".line")).to_have_count(0)
    await tab.get_by_role("button", name="Go on").click()
    for words in ("Posts the visitor's words", "A message was posted by REST"):
        await expect(tab.locator(".line").filter(has_text=words)).to_have_count(1)
    await tab.get_by_role("button", name="Clear the log").click()
    await expect(tab.locator(".line")).to_have_count(0)


async def test_the_story_tells_what_happened_in_words(agent: Agent, new_visitor: NewVisitor) -> None:
    """For those who want to understand, not to debug."""
    visitor = await new_visitor()
    await visitor.say("Hello")
    await agent.accept("Hello")
    await agent.say("Hi there!")
    await agent.end()
    await agent.tab.get_by_role("tab", name="Story").click()
    story = agent.tab.get_by_role("region", name="What just happened")
    for title in ("A visitor begins a chat", "The agent writes", "The chat ends"):
        await expect(story.get_by_role("heading", name=title)).to_have_count(1)
    await expect(story).to_contain_text("by which the message is recognised when it comes back")


async def test_mischief_is_switched_on_seen_and_switched_off(agent: Agent, new_visitor: NewVisitor) -> None:
    """The point of it all: the line breaks after the message has arrived, and it is there once."""
    tab = agent.tab
    visitor = await new_visitor()
    await visitor.say("Before.")
    await agent.accept("Before.")
    await tab.get_by_role("button", name="Twilio's mood").click()
    await expect(tab.get_by_role("radio", name="Calm")).to_be_checked()
    switch = tab.get_by_role("combobox", name="Line cut, yet done")
    await switch.select_option("Next one")
    await expect(tab.get_by_role("button", name="Twilio's mood")).to_contain_text("Some mischief")
    await visitor.say("Was this lost?")
    await expect(switch).to_have_value("off")
    await agent.sees("Was this lost?")
    await expect(visitor.state_of("Was this lost?")).to_have_text("Sent")
    await expect(tab.get_by_role("button", name="Twilio's mood")).to_contain_text("Calm")
    await tab.get_by_role("tab", name="On the wire").click()
    await tab.get_by_label("failed").check()
    await expect(tab.locator(".line").filter(has_text="no answer")).to_have_count(1)
    await expect(tab.locator(".line").first).to_contain_text("mischief: Line cut, yet done")


async def test_a_preset_is_switched_on_and_there_is_a_way_back(agent: Agent) -> None:
    """Every fault the simulator knows has a switch, and all of them go off at once."""
    tab = agent.tab
    await tab.get_by_role("tab", name="Mischief").click()
    known = (await (await tab.request.get(tab.url + "api/mischief")).json())["faults"]
    await expect(tab.get_by_role("region", name="Mischief").get_by_role("combobox")).to_have_count(len(known))
    await tab.get_by_role("radio", name="Mild").check()
    await expect(tab.get_by_role("combobox", name="Slow answers")).to_have_value("sometimes")
    await tab.reload()
    await expect(tab.get_by_role("radio", name="Mild")).to_be_checked()
    await tab.get_by_role("button", name="Back to calm").click()
    await expect(tab.get_by_role("radio", name="Calm")).to_be_checked()
    assert not (await (await tab.request.get(tab.url + "api/mischief")).json())["on"]


@asynccontextmanager
async def simulator(port: int = 0) -> AsyncIterator[str]:
    """A pretend Twilio that was just started."""
    async with serve_simulator(Seed(), port=port, desk_files=BUILT) as address:
        yield address


async def test_a_desk_outlives_its_simulator(browser: Browser, watch: Watch) -> None:
    """It says that nobody answers; of another simulator it shows what is there, and nothing of the old one."""
    watch.forgiven = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET")
    async with contextlib.AsyncExitStack() as first:
        address = await first.enter_async_context(simulator())
        tab = await open_tab(await browser.new_context(), f"{address}/desk/", watch=watch)
        async with ClientSession() as http:
            await http.post(f"{address}/v1/Workspaces/none")
        await expect(tab.locator(".line")).to_have_count(1)
    notice = tab.get_by_text("The simulator does not answer. Trying again…")
    await expect(notice).to_be_visible()
    await expect(tab.locator(".line")).to_have_count(1)
    async with simulator(int(address.rpartition(":")[2])), asyncio.timeout(DEADLINE):
        await expect(notice).to_have_count(0)
        await expect(tab.locator(".line")).to_have_count(0)
        await expect(tab.get_by_text("Nobody is waiting.")).to_be_visible()
        await tab.close()
