"""Who the visitor is: a shop that knows says so, and at a logout the browser forgets."""

import time

import jwt
from playwright.async_api import Browser, expect

from tests.browser.conftest import Watch
from tests.browser.people import Visitor
from tests.browser.shop import IDENTITY_KEY, Shop, Tunnel, told
from tests.browser.test_widget import visitor_of
from tests.browser.test_widget_keeps import CUT, tab_of

KEPT = "Object.keys(localStorage).sort()"
FORGET = "document.querySelector('flex-chat').forget()"


def logged_in(shop: Shop, sub: str, *, key: str = IDENTITY_KEY) -> None:
    """From now on the shop's pages say that this customer sees them."""
    claims = {"aud": shop.town.url, "sub": sub, "exp": int(time.time()) + 300, "name": sub.title()}
    identity = jwt.encode(claims, key, algorithm="HS256")
    say_so = f"document.querySelector('flex-chat').identity = '{identity}'"
    shop.pages["/own.js"] = f"document.addEventListener('DOMContentLoaded', () => {say_so})"


async def test_who_is_logged_in_finds_their_chat_in_another_browser(browser: Browser, shop: Shop, watch: Watch) -> None:
    """And the agent is told who it is, by somebody who knows."""
    logged_in(shop, "ada")
    at_home = await visitor_of(browser, shop, watch)
    await at_home.say("From the desk.")
    task = await shop.town.task(name="Ada")
    await shop.town.twilio.desk(f"tasks/{task['sid']}/accept")
    await shop.town.agent_says(task["channel_sid"], "Hello Ada!")
    await at_home.sees("Hello Ada!")
    on_the_way = await visitor_of(browser, shop, watch)
    await on_the_way.open()
    await on_the_way.sees("From the desk.", "Hello Ada!")
    await on_the_way.say("From the train.")
    await at_home.sees("From the train.")
    await shop.town.arrives(task["channel_sid"], "From the desk.", "Hello Ada!", "From the train.")


async def test_a_forged_identity_is_refused_and_the_page_is_told(browser: Browser, shop: Shop, watch: Watch) -> None:
    """What was written waits for a true one."""
    logged_in(shop, "ada", key="a key that somebody has made up for it")
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("It is me, Ada.")
    [problem] = await told(visitor.tab, "problem", least=1)
    assert "bad_identity" == problem["code"]
    await expect(visitor.state_of("It is me, Ada.")).to_have_text("Sending…")
    assert [] == (await shop.town.twilio.state())["tasks"]


async def test_after_a_logout_nothing_in_the_browser_leads_back(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Neither in this tab nor in another; whoever comes next is somebody new, and the chat stays the agent's to end."""
    logged_in(shop, "ada")
    ada = await visitor_of(browser, shop, watch)
    await ada.say("My account is 4711.")
    channel = await shop.town.accepted()
    shop.pages["/own.js"] = ""
    second = await tab_of(ada.tab.context, shop.address, watch)
    await second.open()
    await second.sees("My account is 4711.")
    await second.box.fill("And my secret is")
    assert await ada.tab.evaluate(FORGET)
    for tab in (ada, second):
        await tab.misses("My account is 4711.")
        await expect(tab.box).to_have_value("")
    assert [] == await ada.tab.evaluate(KEPT)
    await second.say("Good morning.")
    other = await shop.town.task()
    assert channel != other["channel_sid"]
    await shop.town.arrives(other["channel_sid"], "Good morning.")
    await shop.town.arrives(channel, "My account is 4711.")


async def test_a_logout_without_a_connection_forgets_here_and_says_so(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """What was never sent goes with it: it was the visitor's, and they have left."""
    watch.forgiven = CUT
    tunnel, context = Tunnel(), await browser.new_context()
    await tunnel.dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("Is this public?")
    await expect(visitor.state_of("Is this public?")).to_have_text("Sent")
    await tunnel.cut()
    await visitor.say("Not yet sent")
    assert await visitor.tab.evaluate(FORGET) is False
    await visitor.misses("Is this public?", "Not yet sent")
    assert [] == await visitor.tab.evaluate(KEPT)
    tunnel.clear()
    await visitor.say("Anew")
    await expect(visitor.state_of("Anew")).to_have_text("Sent")
    assert ["Anew"] == await shop.town.at_flex((await shop.town.task())["channel_sid"])


async def test_who_never_chatted_has_nothing_to_be_forgotten(browser: Browser, shop: Shop, watch: Watch) -> None:
    """And loads nothing for it."""
    tab = Visitor(await (await browser.new_context()).new_page()).tab
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    watch.over(tab)
    await tab.goto(shop.address)
    assert await tab.evaluate(FORGET)
    assert not any("/widget/" in url for url in asked)
