"""Whole stories of the widget, on the demo: by keyboard, on a phone, from right to left, in the dark, in danger."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.axe import violations
from tests.browser.conftest import NewVisitor, Watch
from tests.browser.hostile import ALARM, HOSTILE, suspects
from tests.browser.people import Agent, Visitor

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
WINDOWS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "arabic": {},
    "phone": PHONE,
}
OFFLINE = ("ERR_INTERNET_DISCONNECTED", "WebSocket is closed before the connection is established")
FORM = [
    {"name": "name", "type": "text", "label": "Your name", "required": True},
    {"name": "order", "type": "text", "label": "Order", "pattern": "[0-9]{6}", "hint": "Six digits"},
]


async def press(visitor: Visitor, *keys: str) -> None:
    """One after another."""
    for key in keys:
        await visitor.tab.keyboard.press(key)


async def test_the_whole_story_by_keyboard_alone(agent: Agent, new_visitor: NewVisitor) -> None:
    """From the page to the panel, through the form, the talk and the end, and back to the page."""
    visitor = await new_visitor()
    await visitor.launcher.focus()
    await press(visitor, "Enter")
    await expect(visitor.tab.get_by_label("Your name")).to_be_focused()
    await visitor.tab.keyboard.type("Ada Lovelace")
    await press(visitor, "Enter")
    await expect(visitor.box).to_be_focused()
    await visitor.tab.keyboard.type("My brake squeaks.")
    await press(visitor, "Enter")
    await agent.accept("Ada Lovelace")
    await agent.say("Bring it in.")
    await visitor.sees("Bring it in.")
    await press(visitor, "Escape")
    await expect(visitor.tab.get_by_role("dialog")).to_be_hidden()
    await expect(visitor.launcher).to_be_focused()
    await press(visitor, "Enter")
    await expect(visitor.box).to_be_focused()
    options = visitor.tab.get_by_role("button", name="Options")
    while not await options.evaluate("one => one.matches(':focus')"):
        await press(visitor, "Shift+Tab")
    await press(visitor, "Enter")
    end = visitor.tab.get_by_role("button", name="End chat")
    while not await end.evaluate("one => one.matches(':focus')"):
        await press(visitor, "Tab")
    await press(visitor, "Enter")
    await expect(visitor.tab.get_by_role("button", name="Keep chatting")).to_be_focused()
    await press(visitor, "Tab", "Enter")
    await visitor.hears("You ended the chat.")
    await agent.sees("The chat has ended")
    await expect(visitor.tab.get_by_role("button", name="Start a new chat")).to_be_focused()
    await press(visitor, "Enter")
    await expect(visitor.box).to_be_focused()
    await visitor.tab.keyboard.type("One more thing.")
    await press(visitor, "Enter")
    await agent.accept("One more thing.")


async def test_a_visitor_with_a_phone_talks_with_an_agent(agent: Agent, new_visitor: NewVisitor) -> None:
    """By touch, over the whole screen; closing gives the page back."""
    visitor = await new_visitor(**PHONE)
    await visitor.launcher.tap()
    await visitor.tab.get_by_role("button", name="Start chat").tap()
    await visitor.box.tap()
    await visitor.tab.keyboard.type("From the train")
    await visitor.tab.get_by_role("button", name="Send").tap()
    await agent.accept("From the train")
    await agent.say("Good journey!")
    await visitor.sees("Good journey!")
    await expect(visitor.tab.locator("flex-chat dialog")).to_have_css("width", "390px")
    await visitor.tab.get_by_role("dialog").get_by_role("button", name="Close chat").tap()
    await expect(visitor.tab.get_by_role("dialog")).to_be_hidden()
    await visitor.tab.get_by_role("button", name="Chat with the workshop").tap()
    await visitor.sees("Good journey!")


async def test_an_arabic_visitor_talks_with_an_agent(agent: Agent, new_visitor: NewVisitor) -> None:
    """From right to left, with every word in Arabic, whatever the page's language."""
    visitor = await new_visitor()
    await visitor.tab.locator("flex-chat").evaluate("chat => { chat.lang = 'ar'; chat.fields = [] }")
    await visitor.tab.get_by_role("button", name="فتح الدردشة").click()
    await visitor.tab.get_by_label("رسالتك").fill("الفرامل تصدر صوتًا")
    await visitor.tab.get_by_role("button", name="إرسال").click()
    await agent.accept("الفرامل تصدر صوتًا")
    await agent.say("أهلاً!")
    await visitor.sees("أهلاً!", "أُرسلت")
    await expect(visitor.tab.get_by_role("dialog")).to_have_css("direction", "rtl")
    mine, theirs = visitor.tab.locator("flex-chat .mine .bubble"), visitor.tab.locator("flex-chat .theirs .bubble")
    boxes = [await mine.bounding_box(), await theirs.bounding_box()]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert boxes[0]["x"] < boxes[1]["x"]


@pytest.mark.parametrize("look", list(WINDOWS))
async def test_axe_finds_nothing_from_beginning_to_end(
    agent: Agent, new_visitor: NewVisitor, watch: Watch, look: str
) -> None:
    """On the real page, with the real element: closed, form, errors, open, offline, ended."""
    watch.forgiven = OFFLINE
    visitor = await new_visitor(**WINDOWS[look])
    chat = visitor.tab.locator("flex-chat")
    await chat.evaluate(
        "(chat, [fields, lang]) => { chat.fields = fields; chat.lang = lang }",
        [FORM, "ar" if look == "arabic" else "en"],
    )

    async def fine(state: str) -> None:
        assert [] == await violations(visitor.tab), state

    await fine("closed")
    await visitor.launcher.click()
    await expect(visitor.tab.locator("flex-chat .form")).to_be_visible()
    await fine("form")
    await visitor.tab.locator("flex-chat .form .primary").click()
    await expect(visitor.tab.get_by_role("alert").first).to_be_visible()
    await fine("errors")
    await visitor.tab.get_by_label("Your name").fill("Ada")
    await visitor.tab.locator("flex-chat .form .primary").click()
    box = visitor.tab.locator("flex-chat #text")
    await box.fill("Hello")
    await box.press("Enter")
    await agent.accept("Ada")
    await agent.say("Hi! https://example.com")
    await expect(visitor.log.get_by_role("link", name="https://example.com")).to_be_visible()
    await fine("open")
    await visitor.tab.context.set_offline(True)
    await expect(visitor.status).not_to_be_empty()
    await fine("offline")
    await visitor.tab.context.set_offline(False)
    await agent.end()
    await expect(visitor.tab.locator("flex-chat .ending")).to_be_visible()
    await fine("ended")


async def test_what_the_form_asked_comes_before_the_agent(agent: Agent, new_visitor: NewVisitor) -> None:
    """A form whose answers nobody reads is a nuisance."""
    visitor = await new_visitor()
    await visitor.tab.locator("flex-chat").evaluate("(chat, fields) => { chat.fields = fields }", FORM)
    await visitor.open()
    await visitor.tab.get_by_label("Your name").fill("Ada Lovelace")
    await visitor.tab.get_by_label("Order").fill("12")
    await visitor.tab.get_by_role("button", name="Start chat").click()
    await expect(visitor.tab.get_by_label("Order")).to_be_focused()
    await expect(visitor.tab.get_by_role("dialog").get_by_text("Six digits")).to_have_count(2)
    await visitor.tab.get_by_label("Order").fill("471147")
    await visitor.tab.get_by_role("button", name="Start chat").click()
    await visitor.say("Where is it?")
    await agent.accept("Ada Lovelace")
    await agent.tab.get_by_role("button", name="About Ada Lovelace").click()
    await expect(agent.tab.get_by_role("definition").filter(has_text="471147")).to_be_visible()


async def test_who_is_elsewhere_is_called(agent: Agent, new_visitor: NewVisitor) -> None:
    """The badge, the page's title; and both are gone once the message is seen, below a line that says it is new."""
    visitor = await new_visitor()
    title = await visitor.tab.title()
    await visitor.begin()
    await visitor.say("I wait")
    await agent.accept("I wait")
    await agent.say("One moment")
    await visitor.sees("One moment")
    await expect(visitor.tab).to_have_title(title)
    await press(visitor, "Escape")
    await agent.say("Here I am")
    await expect(visitor.tab).to_have_title(f"(1) {title}")
    await expect(visitor.launcher).to_have_accessible_name("Open chat. Unread messages: 1")
    await visitor.launcher.click()
    await visitor.sees("Here I am", "New messages")
    await expect(visitor.tab).to_have_title(title)


async def test_the_transcript_holds_what_was_said(agent: Agent, new_visitor: NewVisitor) -> None:
    """By both sides, in order."""
    visitor = await new_visitor()
    await visitor.begin()
    await visitor.say("Hello")
    await agent.accept("Hello")
    await agent.say("Hi!")
    await visitor.sees("Hi!")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    await visitor.tab.get_by_role("button", name="Options").click()
    async with visitor.tab.expect_download() as coming:
        await visitor.tab.get_by_role("button", name="Download transcript").click()
    lines = (await (await coming.value).path()).read_text().splitlines()
    assert ["You", "Hello", "", "Alex Rivera", "Hi!"] == [line.split("  ")[-1] for line in lines]


async def test_what_hostile_people_write_runs_on_neither_side(agent: Agent, new_visitor: NewVisitor) -> None:
    """From the visitor to the agent and back: every text arrives as it was, and only as text."""
    texts = [text for text in HOSTILE if "\u0000" not in text]
    visitor = await new_visitor()
    for tab in (visitor.tab, agent.tab):
        await tab.evaluate(ALARM)
    await visitor.begin()
    await visitor.say("Hello")
    await agent.accept("Hello")
    await visitor.tab.locator("flex-chat").evaluate(
        "(chat, texts) => { for (const text of texts) chat.say(text) }", texts
    )
    await expect(agent.log.locator(".bubble")).to_have_text(["Hello", *texts], use_inner_text=False)
    field = agent.tab.get_by_label("Your answer")
    for text in texts:
        await field.fill(text)
        await field.press("Enter")
    theirs = visitor.tab.locator("flex-chat .theirs .bubble")
    await expect(theirs).to_have_text(texts)
    assert [] == await suspects(visitor.log)
    assert [[], []] == [await tab.evaluate("ran") for tab in (visitor.tab, agent.tab)]
