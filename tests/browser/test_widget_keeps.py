"""The widget never loses a word: tunnels, reloads, tabs, sleep."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Watch
from tests.browser.people import Visitor
from tests.browser.shop import Shop, Tunnel, recorded, told

CUT = ("WebSocket connection to", "ERR_FAILED", "ERR_INTERNET_DISCONNECTED", "Failed to load resource")
FORTY = [f"Message {number} of forty." for number in range(1, 41)]


async def visitor_in(browser: Browser, shop: Shop, watch: Watch, *, tunnel: Tunnel | None = None) -> Visitor:
    """A visitor of the shop, in a window of their own, with the events of the tab recorded."""
    context = await browser.new_context()
    if tunnel:
        await tunnel.dig(context)
    return await tab_of(context, shop.address, watch)


async def tab_of(context: object, address: str, watch: Watch) -> Visitor:
    """One more tab of the same visitor."""
    tab = await context.new_page()  # type: ignore[attr-defined]
    watch.over(tab)
    await recorded(tab)
    await tab.goto(address)
    return Visitor(tab)


async def test_forty_messages_typed_offline_arrive_in_order_also_over_a_reload(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Nobody has to type anything twice, and nobody is answered in the wrong order."""
    watch.forgiven = CUT
    tunnel = Tunnel()
    visitor = await visitor_in(browser, shop, watch, tunnel=tunnel)
    await visitor.say("Before.")
    channel = await shop.town.accepted()
    await expect(visitor.state_of("Before.")).to_have_text("Sent")
    await tunnel.cut()
    for text in FORTY[:20]:
        await visitor.say(text)
    await visitor.tab.reload()
    await visitor.begin()
    for text in FORTY[20:]:
        await visitor.say(text)
    await visitor.shows(*FORTY)
    tunnel.clear()
    await shop.town.arrives(channel, "Before.", *FORTY)
    await expect(visitor.state_of(FORTY[-1])).to_have_text("Sent")
    await visitor.shows("Before.", *FORTY)


async def test_three_tabs_show_one_chat_make_one_sound_and_read_once(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Read in one is read in all; a new message is announced by one tab only."""
    first = await visitor_in(browser, shop, watch)
    second, third = [await tab_of(first.tab.context, shop.address, watch) for _ in range(2)]
    tabs = (first, second, third)
    await first.say("Hello")
    channel = await shop.town.accepted()
    await first.tab.get_by_role("button", name="Close chat").last.click()
    await shop.town.agent_says(channel, "One")
    await shop.town.agent_says(channel, "Two")
    for tab in tabs:
        await expect(tab.tab.locator("flex-chat .badge")).to_have_text("2")
        await expect(tab.tab.locator("flex-chat [role=status]").first).to_have_text("Unread messages: 2")
        await expect(tab.tab).to_have_title("(2) Shop")
    await second.open()
    await second.sees("One", "Two")
    for tab in tabs:
        await expect(tab.tab.locator("flex-chat .badge")).to_have_text("")
        await expect(tab.tab.locator("flex-chat [role=status]").first).to_have_text("")
        await expect(tab.tab).to_have_title("Shop")
    heard = [one["text"] for tab in tabs for one in await told(tab.tab, "message") if not one["mine"]]
    assert ["One", "Two"] == sorted(map(str, heard))
    assert ["Hello"] == [one["text"] for tab in tabs for one in await told(tab.tab, "message") if one["mine"]]


async def test_a_chat_follows_the_visitor_from_page_to_page(browser: Browser, shop: Shop, watch: Watch) -> None:
    """What came in between is unread, and stands behind a divider."""
    shop.pages["/bare"] = "<p>No chat here."
    visitor = await visitor_in(browser, shop, watch)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    await visitor.tab.goto(f"{shop.address}/bare")
    await shop.town.agent_says(channel, "Still there?")
    await visitor.tab.goto(f"{shop.address}/another")
    await expect(visitor.launcher).to_have_accessible_name("Open chat. Unread messages: 1")
    assert ["Still there?"] == [one["text"] for one in await told(visitor.tab, "message", least=1)]
    await visitor.open()
    await visitor.sees("Hello", "New messages", "Still there?")
    await visitor.say("Yes")
    await shop.town.arrives(channel, "Hello", "Still there?", "Yes")


async def test_a_machine_that_slept_is_awake_at_once(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Timers stand still meanwhile, and nobody tells that the line is dead; the clock does."""
    tunnel = Tunnel()
    context = await browser.new_context()
    await tunnel.dig(context)
    await context.clock.install(time=datetime.now(UTC))
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    tunnel.lull()
    await shop.town.agent_says(channel, "While you slept.")
    await context.clock.set_system_time(datetime.now(UTC) + timedelta(hours=8))
    await expect(visitor.log.get_by_text("While you slept.")).to_be_visible(timeout=15_000)
    await visitor.say("Good morning")
    await shop.town.arrives(channel, "Hello", "While you slept.", "Good morning")


async def test_where_no_websocket_passes_the_chat_goes_on_by_polling(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Some companies' proxies let none through."""
    watch.forgiven = CUT
    visitor = await visitor_in(browser, shop, watch, tunnel=Tunnel(websockets=False))
    for text in FORTY[:5]:
        await visitor.say(text)
    channel = await shop.town.accepted()
    await shop.town.arrives(channel, *FORTY[:5])
    await shop.town.agent_says(channel, "I hear you.")
    await visitor.sees("I hear you.")
    await visitor.end()
    await visitor.confirm()
    await visitor.hears("You ended the chat.")
    assert [{"by": "visitor"}] == await told(visitor.tab, "ended", least=1)


async def test_a_message_that_never_reached_flex_is_sent_again_into_a_new_chat(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """At Flex the chat is gone: the visitor is told, and goes on with one press, without typing anything twice."""
    visitor = await visitor_in(browser, shop, watch)
    await visitor.say("Hello")
    await shop.town.accepted()
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    await shop.town.befall({"fault": "not_found", "route": "POST .*Messages$", "count": 1})
    await visitor.say("Refused at first.")
    await expect(visitor.state_of("Refused at first.")).to_have_text("Not delivered")
    await visitor.tab.get_by_role("button", name="Send again").click()
    await shop.town.arrives(await shop.town.accepted(), "Refused at first.")
    await expect(visitor.state_of("Refused at first.")).to_have_text("Sent")
    await visitor.shows("Refused at first.")


async def test_what_an_agent_rewords_or_removes_is_shown_so(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Also what was changed while the line was cut."""
    watch.forgiven = CUT
    tunnel = Tunnel()
    visitor = await visitor_in(browser, shop, watch, tunnel=tunnel)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    for text in ("Helo!", "Wrong window.", "Good bye"):
        await shop.town.agent_says(channel, text)
    await visitor.sees("Good bye")
    await shop.town.by_api("POST", channel, 1, Body="Hello!")
    await visitor.sees("Hello!", "Edited")
    await tunnel.cut()
    await shop.town.by_api("DELETE", channel, 2)
    tunnel.clear()
    await visitor.sees("This message was withdrawn")
    await visitor.misses("Helo!", "Wrong window.")


@pytest.mark.parametrize("offline", [False, True])
async def test_a_tab_that_is_closed_leaves_its_words_to_the_next(
    browser: Browser, shop: Shop, watch: Watch, offline: bool
) -> None:
    """The next tab sends them; that they may have arrived already does not make them two."""
    watch.forgiven = CUT
    tunnel = Tunnel()
    visitor = await visitor_in(browser, shop, watch, tunnel=tunnel)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    if offline:
        await tunnel.cut()
    else:
        tunnel.lull()
    await visitor.say("Last words.")
    await visitor.tab.close()
    tunnel.clear()
    later = await tab_of(visitor.tab.context, shop.address, watch)
    await later.open()
    await later.sees("Hello", "Last words.")
    await shop.town.arrives(channel, "Hello", "Last words.")


async def test_the_panels_transcript_is_what_was_said(browser: Browser, shop: Shop, watch: Watch) -> None:
    """A text file, for the visitor's own files."""
    visitor = await visitor_in(browser, shop, watch)
    await visitor.say("Hello\nthere")
    channel = await shop.town.accepted()
    await shop.town.agent_says(channel, "Hi!")
    await visitor.sees("Hi!")
    assert ["Hello\nthere", "Hi!"] == [
        paragraph.split("\n", 1)[1].strip() for paragraph in (await _transcript(visitor.tab)).split("\n\n")
    ]


async def _transcript(tab: Page) -> str:
    await tab.get_by_role("button", name="Options").click()
    async with tab.expect_download() as download:
        await tab.get_by_role("button", name="Download transcript").click()
    text = (await (await download.value).path()).read_text()
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d  You\n", text)
    return text


async def test_a_new_visitor_has_nothing_in_the_browser_but_what_readme_lists(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """No cookies; and of a passer-by nothing at all."""
    visitor = await visitor_in(browser, shop, watch)
    assert [] == await visitor.tab.evaluate("Object.keys(localStorage)")
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    kept = await visitor.tab.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
    listed = {"visitor", "read", "heard", "live", "draft", "sound", "notify"}
    assert set(kept) <= {f"flex-chat:{name}" for name in listed}
    assert [] == await visitor.tab.context.cookies()
