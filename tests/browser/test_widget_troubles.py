"""When something is in the way of `<flex-chat>`: the visitor is told what they can mend, the page what it can."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.conftest import ARGS, Watch
from tests.browser.people import Visitor
from tests.browser.shop import Shop, Tunnel, from_readme, told
from tests.browser.test_widget import visitor_of
from tests.browser.test_widget_keeps import CUT, tab_of


async def _identify(visitor: Visitor, identity: str) -> None:
    await visitor.tab.evaluate(f"{{ document.querySelector('flex-chat').identity = {identity} }}; null")


async def test_when_the_rest_does_not_come_the_launcher_says_so_and_tries_again(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """A tunnel at the wrong moment is no reason to reload the page."""
    watch.forgiven = CUT
    visitor = await visitor_of(browser, shop, watch)
    await visitor.tab.route("**/widget/**", lambda route: route.abort())
    await visitor.open()
    await expect(visitor.launcher).to_have_attribute("title", "The chat could not be loaded. Please try again.")
    problems = await told(visitor.tab, "problem", least=1)
    assert ["not_loaded"] == [one["code"] for one in problems]
    assert await visitor.tab.evaluate("document.querySelector('flex-chat').open") is False
    await visitor.tab.unroute("**/widget/**")
    await visitor.say("Now it is here.")
    await expect(visitor.state_of("Now it is here.")).to_have_text("Sent")
    await expect(visitor.launcher).to_have_attribute("title", "")


async def test_a_page_opened_before_an_update_finds_the_new_files(browser: Browser, shop: Shop, watch: Watch) -> None:
    """What it knew by name is gone from the server."""
    watch.forgiven = ("404",)
    visitor = await visitor_of(browser, shop, watch)
    await visitor.tab.route("**/widget/room-*.js", lambda route: route.fulfill(status=404))
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")


async def test_a_passer_by_loads_the_first_file_only(browser: Browser, shop: Shop, watch: Watch) -> None:
    """The rest comes when the pointer is near, and is there when it is pressed."""
    context = await browser.new_context()
    tab = await context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url.removeprefix(shop.town.url)))
    visitor = Visitor(tab)
    await tab.goto(shop.address)
    await expect(visitor.launcher).to_be_visible()
    assert ["/widget.js"] == [url for url in asked if url.startswith("/")]
    async with tab.expect_request("**/widget/room-*.js"):
        await visitor.launcher.hover()
    assert not any("socket.io" in url for url in asked)


async def test_a_server_that_does_not_answer_is_a_problem_the_page_hears_of(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Such as a page whose origin nobody has allowed."""
    watch.forgiven = CUT
    context = await browser.new_context()
    await Tunnel(websockets=False, polling=False).dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("Is anybody there?")
    await expect(visitor.status).to_have_text("No connection. What you write is kept and will be sent.")
    assert ["unreachable"] == [one["code"] for one in await told(visitor.tab, "problem", least=1)]


async def test_a_visitor_whose_identity_cannot_be_had_is_not_taken_for_somebody_else(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """The page hears why; what was written waits until it has one."""
    visitor = await visitor_of(browser, shop, watch)
    await _identify(visitor, "async () => { throw new Error('not logged in') }")
    await visitor.say("Hello")
    [problem] = await told(visitor.tab, "problem", least=1)
    assert {"code": "bad_identity", "message": "Error: not logged in"} == problem
    await expect(visitor.state_of("Hello")).to_have_text("Sending…")
    await _identify(visitor, "null")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")


async def test_the_identity_is_asked_for_anew_for_each_connection(browser: Browser, shop: Shop, watch: Watch) -> None:
    """It is short-lived; an hour later it would be refused."""
    watch.forgiven = CUT
    tunnel = Tunnel()
    context = await browser.new_context()
    await tunnel.dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await _identify(visitor, "() => { window.asked = (window.asked ?? 0) + 1; return null; }")
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    assert 1 == await visitor.tab.evaluate("asked")
    await tunnel.cut()
    tunnel.clear()
    await visitor.say("Again")
    await expect(visitor.state_of("Again")).to_have_text("Sent")
    assert await visitor.tab.evaluate("asked") > 1


async def test_the_end_is_offered_once_there_is_something_to_end(browser: Browser, shop: Shop, watch: Watch) -> None:
    """While the first message is on its way the server knows of no chat, and would refuse to end it."""
    watch.forgiven = CUT
    tunnel, context = Tunnel(), await browser.new_context()
    await tunnel.dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.begin()
    await tunnel.cut()
    await visitor.say("Hello")
    await visitor.tab.get_by_role("button", name="Options").click()
    await expect(visitor.tab.get_by_role("button", name="Download transcript")).to_be_visible()
    end = visitor.tab.get_by_role("button", name="End chat")
    await expect(end).to_have_count(0)
    assert await visitor.tab.evaluate("document.querySelector('flex-chat').end()") is False
    tunnel.clear()
    await end.click()
    await visitor.confirm()
    await visitor.hears("You ended the chat.")
    await visitor.sees("Hello")


@pytest.mark.parametrize(("attribute", "value"), [("fields", "[{"), ("server", "http://[")])
async def test_an_attribute_that_cannot_be_read_is_told_once(
    browser: Browser, shop: Shop, watch: Watch, attribute: str, value: str
) -> None:
    """And the chat goes on without it."""
    shop.pages["/"] = shop.tag.replace("<flex-chat>", f"<flex-chat {attribute}='{value}'>")
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    assert ["bad_attribute"] == [one["code"] for one in await told(visitor.tab, "problem", least=1)]


async def test_who_lets_no_page_store_anything_can_talk_too(
    chromium: str, shop: Shop, watch: Watch, tmp_path: Path
) -> None:
    """Browsers that are told to refuse cookies refuse storage and locks with them."""
    (tmp_path / "profile" / "Default").mkdir(parents=True)
    refusal = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (tmp_path / "profile" / "Default" / "Preferences").write_text(json.dumps(refusal))
    async with (
        async_playwright() as playwright,
        await playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=chromium, args=ARGS
        ) as context,
    ):
        visitor = await tab_of(context, shop.address, watch)
        assert await visitor.tab.evaluate("() => { try { return !localStorage } catch { return true } }")
        await visitor.say("It is me.")
        channel = await shop.town.accepted()
        await shop.town.agent_says(channel, "Hi!")
        await visitor.sees("It is me.", "Hi!")
        await expect(visitor.state_of("It is me.")).to_have_text("Sent")
        assert await visitor.tab.evaluate("document.querySelector('flex-chat').forget()")
        await visitor.misses("It is me.", "Hi!")


async def test_a_page_that_demands_trusted_types_has_the_chat_by_readmes_one_policy(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Such a page lets no text become markup, script or address unseen."""
    listed = from_readme("Trusted Types, it allows `", "`")
    shop.more_policy = f"; require-trusted-types-for 'script'; {listed}"
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
