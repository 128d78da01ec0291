"""Who the visitor is: a shop that knows says so, and at a logout the browser forgets."""

import time

import jwt
from playwright.async_api import Browser, expect

from tests.browser.conftest import Watch
from tests.browser.people import Visitor
from tests.browser.shop import IDENTITY_KEY, Shop, Tunnel, told
from tests.browser.test_panel_shows import SPIES, WISHED
from tests.browser.test_widget import visitor_of
from tests.browser.test_widget_keeps import CUT, tab_of
from tests.waiting import until

KEPT = "Object.keys(localStorage).sort()"
FORGET = "document.querySelector('flex-chat').forget()"


def identity_of(shop: Shop, sub: str, *, key: str = IDENTITY_KEY) -> str:
    """What the shop signs of this customer."""
    claims = {"aud": shop.town.url, "sub": sub, "exp": int(time.time()) + 300, "name": sub.title()}
    return jwt.encode(claims, key, algorithm="HS256")


def logged_in(shop: Shop, sub: str, *, key: str = IDENTITY_KEY) -> None:
    """From now on the shop's pages say that this customer sees them."""
    identity = identity_of(shop, sub, key=key)
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


async def test_who_is_logged_in_and_has_no_chat_waits_for_none(browser: Browser, shop: Shop, watch: Watch) -> None:
    """The server tells of a chat at once; if it tells of none, nobody is shown for seconds that one is being loaded."""
    logged_in(shop, "ada")
    context = await browser.new_context()
    await context.clock.install()
    visitor = await tab_of(context, shop.address, watch)
    await context.clock.pause_at(time.time() + 3600)
    await visitor.open()
    await expect(visitor.tab.locator("flex-chat .expecting")).to_have_text("Loading messages…")
    await expect(visitor.tab.locator("flex-chat .who p")).to_have_count(0)
    await context.clock.run_for(1_000)
    await visitor.sees("Hello! How can we help you?")


async def test_a_logout_that_leaves_the_page_at_once_has_forgotten(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Nobody who logs out waits for a server that is slow to answer."""
    tunnel, context = Tunnel(), await browser.new_context()
    await tunnel.dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("Is this public?")
    await expect(visitor.state_of("Is this public?")).to_have_text("Sent")
    await visitor.box.fill("And this?")
    tunnel.lull()
    left = f"{FORGET}; new Promise((done) => setTimeout(() => done([...{KEPT}, ...Object.keys(sessionStorage)])))"
    assert [] == await visitor.tab.evaluate(left)
    await visitor.tab.reload()
    await visitor.open()
    await visitor.sees("Hello! How can we help you?")
    await visitor.misses("Is this public?")
    await expect(visitor.box).to_be_focused()
    await expect(visitor.box).to_have_value("")


async def test_a_logout_takes_the_systems_notification_away_at_once(browser: Browser, shop: Shop, watch: Watch) -> None:
    """It quotes the agent, and stays when the page is gone: whoever sits there next would read it."""
    tunnel, context = Tunnel(), await browser.new_context()
    await tunnel.dig(context)
    await context.add_init_script(SPIES + WISHED)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("What do I owe?")
    channel = await shop.town.accepted()
    await visitor.tab.get_by_role("button", name="Close chat").last.click()
    await shop.town.agent_says(channel, "4711 pounds.")
    await until(lambda: visitor.tab.evaluate("notified.length === 1"), what="a notification")
    tunnel.lull()
    assert [] == await visitor.tab.evaluate(f"void {FORGET}; notified")


async def test_what_was_only_begun_is_forgotten_too(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Also on the next page, which has not loaded the panel yet."""
    visitor = await visitor_of(browser, shop, watch)
    await visitor.open()
    await visitor.box.fill("My secret is")
    await visitor.tab.reload()
    assert await visitor.tab.evaluate(FORGET)
    await visitor.open()
    await expect(visitor.box).to_be_focused()
    await expect(visitor.box).to_have_value("")


async def test_a_logout_forgets_here_although_the_rest_does_not_come(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """And says that the server does not know."""
    watch.forgiven = CUT
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("Is this public?")
    await expect(visitor.state_of("Is this public?")).to_have_text("Sent")
    await visitor.tab.route("**/widget/**", lambda route: route.abort())
    await visitor.tab.reload()
    assert await visitor.tab.evaluate(FORGET) is False
    assert [] == await visitor.tab.evaluate(KEPT)


async def test_a_logout_ends_although_the_element_is_taken_away(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Frameworks take it out with the customer's other things."""
    watch.forgiven = CUT
    tunnel, context = Tunnel(), await browser.new_context()
    await tunnel.dig(context)
    visitor = await tab_of(context, shop.address, watch)
    await visitor.say("Is this public?")
    await expect(visitor.state_of("Is this public?")).to_have_text("Sent")
    await tunnel.cut()
    await visitor.tab.reload()
    script = """async () => {
      const chat = document.querySelector("flex-chat");
      await chat.show();
      const [done, late] = [chat.forget(), new Promise((pass) => setTimeout(pass, 30_000, "never"))];
      await new Promise((pass) => setTimeout(pass));
      chat.remove();
      return Promise.race([done, late]);
    }"""
    assert await visitor.tab.evaluate(script) is False
    assert [] == await visitor.tab.evaluate(KEPT)


async def test_who_logs_in_in_the_same_breath_is_who_they_say(browser: Browser, shop: Shop, watch: Watch) -> None:
    """A page that changes accounts need not wait between the two."""
    logged_in(shop, "ada")
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("From Ada.")
    await shop.town.task(name="Ada")
    await expect(visitor.state_of("From Ada.")).to_have_text("Sent")
    change = (
        "([chat, identity]) => { const done = chat.forget(); chat.identity = identity; return done.then(() => null); }"
    )
    chat = await visitor.tab.query_selector("flex-chat")
    await visitor.tab.evaluate(change, [chat, identity_of(shop, "bob")])
    await visitor.misses("From Ada.")
    await visitor.say("From Bob.")
    task = await shop.town.task(name="Bob")
    await shop.town.arrives(task["channel_sid"], "From Bob.")


async def test_another_tab_may_be_told_anew_who_the_visitor_is(browser: Browser, shop: Shop, watch: Watch) -> None:
    """After a logout in one tab, what the page of another had said is forgotten, and the same may be said once more."""
    shop.pages["/own.js"] = f"window.who = () => '{identity_of(shop, 'ada')}'"
    tell = "chat => { chat.identity = who; chat.setContext({order: '4711'}); }"
    first = await visitor_of(browser, shop, watch)
    second = await tab_of(first.tab.context, shop.address, watch)
    for tab in (second, first):
        await tab.open()
        await tab.tab.locator("flex-chat").evaluate(tell)
    await first.say("It is me.")
    await shop.town.task(name="Ada")
    await second.sees("It is me.")
    assert await first.tab.evaluate(FORGET)
    await second.misses("It is me.")
    assert await second.tab.locator("flex-chat").evaluate("chat => chat.identity") is None
    await second.tab.locator("flex-chat").evaluate("chat => { chat.identity = who }")
    await second.sees("It is me.")
