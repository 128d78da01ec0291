"""The whole story, as a person sees it who has typed `make demo`."""

import re
import signal

import pytest
from playwright.async_api import expect

from tests.browser.conftest import NewVisitor, Watch, open_tab
from tests.browser.demo import Demo
from tests.browser.people import Agent, Visitor


@pytest.mark.parametrize("demo", ["programmable_chat", "conversations"], indirect=True)
async def test_a_visitor_and_an_agent_talk_until_the_agent_ends_the_chat(
    agent: Agent, new_visitor: NewVisitor, demo: Demo
) -> None:
    """What the product is for."""
    assert (await agent.tab.request.get(demo.health)).ok

    visitor = await new_visitor()
    await visitor.begin("Ada Lovelace")
    await visitor.say("My brake squeaks.\nIt is the blue bike.")
    await visitor.sees("Waiting for an agent…", "Sent")

    await agent.accept("Ada Lovelace")
    await agent.sees("My brake squeaks.\nIt is the blue bike.")
    await expect(visitor.tab.get_by_role("heading", name="Alex Rivera")).to_be_visible()
    await visitor.sees("Alex Rivera joined the chat")

    await agent.say("Did you ride in the rain?")
    await visitor.sees("Did you ride in the rain?")
    await visitor.say("Yes, <b>last</b> week.")
    await agent.sees("Yes, <b>last</b> week.")

    await agent.end()
    await visitor.hears("Alex Rivera ended the chat.")
    await visitor.tab.get_by_role("button", name="Start a new chat").click()
    await visitor.misses("Did you ride in the rain?")

    await visitor.say("It squeaks again.")
    await expect(agent.offers).to_have_count(1)
    await agent.accept("It squeaks again.")
    await expect(agent.log.locator(".bubble")).to_have_text(["It squeaks again."])
    await expect(agent.tab.get_by_text(re.compile("Opens a (Flex channel|webchat) for the chat"))).to_have_count(2)


async def test_two_visitors_never_see_a_word_of_each_other(agent: Agent, new_visitor: NewVisitor) -> None:
    """The one thing a chat must never get wrong."""
    ada, bob = await new_visitor(), await new_visitor()
    for visitor in (ada, bob):
        await visitor.begin()
    await ada.say("I am Ada.")
    await bob.say("I am Bob.")
    await agent.accept("I am Ada.")
    await agent.say("Hello Ada!")
    await agent.accept("I am Bob.")
    await agent.say("Hello Bob!")
    await ada.sees("I am Ada.", "Hello Ada!")
    await bob.sees("I am Bob.", "Hello Bob!")
    await ada.misses("I am Bob.", "Hello Bob!")
    await bob.misses("I am Ada.", "Hello Ada!")


async def test_two_tabs_of_a_visitor_show_the_same_chat(
    agent: Agent, new_visitor: NewVisitor, demo: Demo, watch: Watch
) -> None:
    """Also the tab that was open before there was a chat."""
    first = await new_visitor()
    second = Visitor(await open_tab(first.tab.context, demo.page, watch=watch))
    for visitor in (second, first):
        await visitor.begin()
    await first.say("From the first tab.")
    await second.sees("From the first tab.")
    await second.say("From the second tab.")
    await first.sees("From the second tab.")
    await agent.accept("From the second tab.")
    await agent.say("I see one chat.")
    for tab in (first, second):
        await tab.sees("I see one chat.")
        await tab.shows("From the first tab.", "From the second tab.", "I see one chat.")
    await expect(agent.offers).to_have_count(0)


async def test_a_reload_keeps_the_chat(agent: Agent, new_visitor: NewVisitor) -> None:
    """Whoever presses F5 has lost nothing."""
    visitor = await new_visitor()
    await visitor.begin()
    await visitor.say("Still there?")
    await agent.accept("Still there?")
    await agent.say("I am.")
    await visitor.sees("I am.")
    await visitor.tab.reload()
    await visitor.open()
    await visitor.sees("Still there?", "Alex Rivera joined the chat", "I am.")
    await agent.end()
    await visitor.hears("Alex Rivera ended the chat.")
    await visitor.tab.reload()
    await visitor.open()
    await visitor.sees("I am.")
    await visitor.hears("Alex Rivera ended the chat.")


async def test_a_visitor_ends_the_chat_only_when_sure(agent: Agent, new_visitor: NewVisitor) -> None:
    """A slip of the finger costs nothing."""
    visitor = await new_visitor()
    await visitor.begin()
    await visitor.say("Never mind.")
    await agent.accept("Never mind.")
    await visitor.end()
    await visitor.tab.keyboard.press("Escape")
    await expect(visitor.tab.get_by_role("alertdialog")).to_have_count(0)
    await expect(visitor.box).to_be_visible()
    await visitor.end()
    await visitor.confirm()
    await visitor.hears("You ended the chat.")
    await agent.sees("The chat has ended")


async def test_a_text_written_while_the_line_is_cut_is_sent_when_it_is_back(
    agent: Agent, new_visitor: NewVisitor, watch: Watch
) -> None:
    """Nobody has to type anything twice because of a tunnel."""
    watch.forgiven = ("ERR_INTERNET_DISCONNECTED", "WebSocket is closed before the connection is established")
    visitor = await new_visitor()
    await visitor.begin()
    await visitor.say("Before.")
    await agent.accept("Before.")
    await visitor.tab.context.set_offline(True)
    await expect(visitor.status).to_have_text("No connection. What you write is kept and will be sent.")
    await visitor.say("In the tunnel.")
    await visitor.say("Still in it.")
    await expect(visitor.state_of("Still in it.")).to_have_text("Sending…")
    await visitor.tab.context.set_offline(False)
    await agent.sees("In the tunnel.", "Still in it.")
    await visitor.sees("In the tunnel.", "Still in it.")
    await expect(visitor.state_of("Still in it.")).to_have_text("Sent")


async def test_an_unacknowledged_text_outlives_its_tab(
    agent: Agent, new_visitor: NewVisitor, demo: Demo, watch: Watch
) -> None:
    """The next tab sends it; that it may have arrived already does not make it two."""
    visitor = await new_visitor()
    await visitor.begin()
    await visitor.say("Before.")
    await agent.accept("Before.")
    demo.process.send_signal(signal.SIGSTOP)
    await visitor.say("Into the void.")
    await expect(visitor.state_of("Into the void.")).to_have_text("Sending…")
    await visitor.tab.close()
    demo.process.send_signal(signal.SIGCONT)
    later = Visitor(await open_tab(visitor.tab.context, demo.page, watch=watch))
    await later.open()
    await later.sees("Before.", "Into the void.")
    await expect(later.state_of("Into the void.")).to_have_text("Sent")
    await agent.sees("Into the void.")
