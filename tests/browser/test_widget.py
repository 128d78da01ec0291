"""The element `<flex-chat>` on a page that is not ours: its contract, its manners, and that it leaves nothing."""

import json
import subprocess
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, WebSocket, expect

from tests.browser.conftest import Watch
from tests.browser.people import Visitor
from tests.browser.shop import Shop, told
from tests.browser.test_widget_keeps import tab_of
from tests.waiting import until

ROOT = Path(__file__).parents[2]
HOSTILE = """
body * {
  display: block !important; transform: rotate(3deg) !important; filter: invert(1) !important; opacity: .3 !important;
  color: red !important; font: 40px fantasy !important; letter-spacing: 9px !important; position: relative !important;
  visibility: hidden !important; pointer-events: none !important; margin: 40px !important; contain: paint !important;
}
button, dialog, textarea, .launcher, .panel { display: none !important; }
"""
LOOKS = """([...selectors]) => selectors.map((selector) => {
  const one = document.querySelector("flex-chat").shadowRoot.querySelector(selector);
  const { x, y, width, height } = one.getBoundingClientRect();
  const { color, font, letterSpacing, visibility, display, pointerEvents } = getComputedStyle(one);
  return { x, y, width, height, color, font, letterSpacing, visibility, display, pointerEvents };
})"""


def contract() -> Any:
    """The contract, as data."""
    script = 'import("./static/widget/contract.js").then((all) => console.log(JSON.stringify(all)))'
    return json.loads(subprocess.run(["node", "-e", script], cwd=ROOT, check=True, capture_output=True).stdout)


async def visitor_of(browser: Browser, shop: Shop, watch: Watch) -> Visitor:
    """A new visitor of the shop."""
    return await tab_of(await browser.new_context(), shop.address, watch)


async def test_readmes_tag_talks_from_another_origin_under_readmes_policy(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Nothing inline, nothing evaluated, nothing that README does not list: a breach would be a complaint."""
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("Hello from a strict page.")
    channel = await shop.town.accepted()
    await shop.town.agent_says(channel, "Welcome!")
    await visitor.sees("Welcome!")
    await shop.town.agent_ends()
    await visitor.tab.get_by_role("button", name="Start a new chat").click()
    await visitor.say("Once more.")
    await shop.town.arrives(await shop.town.accepted(), "Once more.")
    assert 2 == len(await told(visitor.tab, "opened", least=2))
    assert [{"by": "flex"}] == await told(visitor.tab, "ended", least=1)


async def test_the_element_has_what_the_contract_lists(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Attributes, properties and methods, and every part while a chat goes on or ends."""
    listed = contract()
    shop.pages["/"] = shop.tag.replace(
        "<flex-chat>", """<flex-chat fields='[{"name": "name", "type": "text", "label": "Your name"}]'>"""
    )
    visitor = await visitor_of(browser, shop, watch)
    await expect(visitor.launcher).to_be_visible()
    names = [one["name"] for one in listed["ATTRIBUTES"]]
    assert names == await visitor.tab.evaluate("customElements.get('flex-chat').observedAttributes")
    camel = [name.replace("-t", "T") for name in names] + [one["name"] for one in listed["PROPERTIES"]]
    camel += [one["name"].split("(")[0] for one in listed["METHODS"]]
    chat = "document.querySelector('flex-chat')"
    assert [] == await visitor.tab.evaluate(f"names => names.filter((name) => !(name in {chat}))", camel)
    seen = await _parts(visitor.tab)
    await visitor.open()
    await expect(visitor.tab.get_by_label("Your name")).to_be_visible()
    seen |= await _parts(visitor.tab)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await shop.town.agent_says(channel, "Hi!")
    await visitor.sees("Hi!")
    await visitor.end()
    seen |= await _parts(visitor.tab)
    await visitor.confirm()
    await visitor.hears("You ended the chat.")

    async def are_all() -> bool:
        return set(listed["PARTS"]) == seen | await _parts(visitor.tab)

    await until(are_all, what="every part that is listed, and no other")


async def _parts(tab: Page) -> set[str]:
    found = (
        "[...document.querySelector('flex-chat').shadowRoot.querySelectorAll('[part]')].flatMap((one) => [...one.part])"
    )
    return set(await tab.evaluate(found))


def test_every_custom_property_of_the_contract_is_used_and_no_other() -> None:
    """What README offers has an effect."""
    sheets = "".join(file.read_text() for file in sorted((ROOT / "static/widget").rglob("*.css")))
    used = {word.split(",")[0].split(")")[0].strip() for word in sheets.split("var(")[1:]}
    assert {one["name"] for one in contract()["STYLES"]} == {name for name in used if name.startswith("--flex-chat")}


async def test_what_was_set_before_the_element_was_one_counts(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Frameworks set properties when they like, and `widget.js` comes when it comes."""
    shop.pages["/own.js"] = """if (document.body) {
      const chat = document.createElement("flex-chat");
      chat.launcherText = "Ask us";
      chat.words = {heading: "Ours", openChat: "Talk"};
      chat.fields = [{name: "order", type: "text", label: "Order"}];
      chat.setAttribute("accent", "#7a1fa2");
      chat.setAttribute("corner", "start");
      chat.setAttribute("size", "large");
      chat.open = true;
      document.body.append(chat);
      window.early = !customElements.get("flex-chat");
    }"""
    shop.pages["/"] = shop.tag.replace("<flex-chat></flex-chat>", "<script src=/own.js></script>")
    visitor = await visitor_of(browser, shop, watch)
    await expect(visitor.tab.get_by_role("dialog", name="Ours")).to_be_visible()
    await expect(visitor.tab.get_by_label("Order")).to_be_visible()
    assert await visitor.tab.evaluate("early")
    await visitor.tab.get_by_role("button", name="Close chat").last.click()
    await expect(visitor.launcher).to_have_accessible_name("Ask us")
    await expect(visitor.launcher).to_have_css("background-color", "rgb(122, 31, 162)")
    box = await visitor.launcher.bounding_box()
    assert box is not None
    assert (20, 64) == (box["x"], box["height"])


async def test_the_page_speaks_shows_and_ends_by_methods_and_hears_by_events(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """A button of the page's own is as good as ours."""
    visitor = await visitor_of(browser, shop, watch)
    await visitor.tab.evaluate("customElements.whenDefined('flex-chat')")
    chat = "document.querySelector('flex-chat')"
    assert await visitor.tab.evaluate(f"{chat}.end()") is False
    await visitor.tab.evaluate(f"{chat}.setContext({{order: '4711'}})")
    assert await visitor.tab.evaluate(f"{chat}.say('From the page.')") is True
    assert await visitor.tab.evaluate(f"{chat}.say('  ')") is False
    channel = await shop.town.accepted()
    assert "4711" in json.dumps(await shop.town.twilio.wire())
    await shop.town.agent_says(channel, "Hi!")
    await expect(visitor.tab.locator("flex-chat .badge")).to_have_text("1")
    assert 1 == await visitor.tab.evaluate(f"{chat}.unread")
    assert await visitor.tab.evaluate(f"{chat}.show()") is True
    await visitor.sees("From the page.", "Hi!")
    assert await visitor.tab.evaluate(f"{chat}.end()") is True
    await visitor.hears("You ended the chat.")
    await visitor.tab.evaluate(f"{chat}.hide()")
    await expect(visitor.tab.get_by_role("dialog")).to_have_count(0)
    messages = await told(visitor.tab, "message", least=2)
    assert [(True, "From the page."), (False, "Hi!")] == [(one["mine"], one["text"]) for one in messages]
    assert [{"unread": 1}, {"unread": 0}] == await told(visitor.tab, "unread", least=2)
    assert [] == await told(visitor.tab, "problem")


async def test_an_end_behind_a_first_word_takes_nothing_back(browser: Browser, shop: Shop, watch: Watch) -> None:
    """There is no chat yet to be ended: nothing is asked, the page is told so, and the word goes to an agent."""
    visitor = await visitor_of(browser, shop, watch)
    sent: list[str | bytes] = []

    def note(frame: str | bytes) -> None:
        sent.append(frame)

    visitor.tab.on("websocket", lambda socket: socket.on("framesent", note))
    await visitor.begin()
    chat = visitor.tab.locator("flex-chat")
    assert await chat.evaluate("chat => { chat.say('Hello'); return chat.end() }") is False
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    await shop.town.arrives(await shop.town.accepted(), "Hello")
    assert ["open", "say"] == [ask for ask in ("open", "say", "end") if any(f'["{ask}"' in str(one) for one in sent)]


async def test_moved_in_the_page_it_goes_on_and_taken_out_and_put_in_again_too(
    browser: Browser, shop: Shop, watch: Watch
) -> None:
    """Frameworks move elements about."""
    visitor = await visitor_of(browser, shop, watch)
    sockets = _sockets(visitor.tab)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await visitor.tab.evaluate("document.body.prepend(document.querySelector('flex-chat'))")
    await shop.town.agent_says(channel, "Still there?")
    await visitor.sees("Hello", "Still there?")
    assert 1 == len(sockets)
    await visitor.tab.evaluate("(window.chat = document.querySelector('flex-chat')).remove()")
    await shop.town.agent_says(channel, "And now?")
    await visitor.tab.evaluate("document.body.append(chat)")
    await visitor.sees("Hello", "Still there?", "And now?")
    await visitor.say("Yes")
    await shop.town.arrives(channel, "Hello", "Still there?", "And now?", "Yes")


async def test_loaded_twice_and_written_twice_it_is_one_chat(browser: Browser, shop: Shop, watch: Watch) -> None:
    """Snippets are pasted twice; a second copy of the code is another module to the browser."""
    copy = shop.tag.replace("widget.js", "widget.js?copy")
    shop.pages["/"] = f"{shop.tag}{shop.tag}{copy}"
    visitor = await visitor_of(browser, shop, watch)
    await visitor.say("Hello")
    channel = await shop.town.accepted()
    await shop.town.arrives(channel, "Hello")
    await expect(visitor.tab.locator("flex-chat .launcher")).to_have_count(1)
    await visitor.tab.evaluate("document.querySelector('flex-chat').remove()")
    await expect(visitor.tab.locator("flex-chat .launcher")).to_have_count(1)
    await visitor.open()
    await visitor.sees("Hello")


async def test_taken_out_it_leaves_nothing_behind(browser: Browser, shop: Shop, watch: Watch) -> None:
    """No listener, no node and no socket more after twenty times than after two."""
    visitor = await visitor_of(browser, shop, watch)
    sockets = _sockets(visitor.tab)
    await visitor.say("Hello")
    await expect(visitor.state_of("Hello")).to_have_text("Sent")
    await _come_and_go(visitor, times=2)
    before = await _counted(visitor.tab)
    await _come_and_go(visitor, times=20)
    after = await _counted(visitor.tab)
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["Nodes"] <= before["Nodes"]
    await until(lambda: 23 == len(sockets), what="a socket for each time")
    await visitor.tab.evaluate("chat.remove()")
    while open_ones := [one for one in sockets if not one.is_closed()]:
        await open_ones[0].wait_for_event("close")


def _sockets(tab: Page) -> list[WebSocket]:
    """Grows with every socket the tab opens."""
    found: list[WebSocket] = []

    def note(socket: WebSocket) -> None:
        found.append(socket)

    tab.on("websocket", note)
    return found


async def _come_and_go(visitor: Visitor, *, times: int) -> None:
    for _ in range(times):
        await visitor.tab.evaluate("(window.chat = document.querySelector('flex-chat')).remove()")
        await visitor.tab.evaluate("document.body.append(chat)")
        await expect(visitor.state_of("Hello")).to_have_text("Sent")


async def _counted(tab: Page) -> dict[str, float]:
    client = await tab.context.new_cdp_session(tab)
    await client.send("Performance.enable")
    for _ in range(3):
        await client.send("HeapProfiler.collectGarbage")
    metrics = (await client.send("Performance.getMetrics"))["metrics"]
    await client.detach()
    return {one["name"]: one["value"] for one in metrics if one["name"] in ("JSEventListeners", "Nodes")}


async def test_a_hostile_style_sheet_does_not_leak_in(browser: Browser, shop: Shop, watch: Watch) -> None:
    """The page may look as it likes; the chat looks as it did."""
    seen = []
    for style in ("", HOSTILE):
        shop.style = style
        visitor = await visitor_of(browser, shop, watch)
        await visitor.launcher.dispatch_event("click")
        await expect(visitor.tab.locator("flex-chat .panel")).to_be_visible()
        await visitor.tab.locator("flex-chat .panel").evaluate(
            "panel => Promise.all(panel.getAnimations().map((one) => one.finished))"
        )
        seen.append(await visitor.tab.evaluate(LOOKS, [".launcher", ".panel", ".head h2", "#text", ".log"]))
    assert seen[0] == seen[1]


async def test_our_styles_do_not_leak_out(browser: Browser, shop: Shop, watch: Watch) -> None:
    """The page looks the same with the chat open as without it."""
    looks = """() => ["h1", "p", "body"].map((one) => {
      const style = getComputedStyle(document.querySelector(one));
      return JSON.stringify([...style].map((name) => style[name]));
    })"""
    shop.pages["/"] = " "
    visitor = await visitor_of(browser, shop, watch)
    bare = await visitor.tab.evaluate(looks)
    shop.pages["/"] = shop.tag
    await visitor.tab.reload()
    await visitor.open()
    await expect(visitor.box).to_be_visible()
    assert bare == await visitor.tab.evaluate(looks)
