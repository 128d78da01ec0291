"""What the panel shows and tells, on the stage: every state can be shown there at will."""

import pytest
from playwright.async_api import expect

from tests.browser.on_stage import Stage, until_true
from tests.browser.sayings import FIELDS, TALK, UNHAPPY


async def test_every_message_shows_how_far_it_has_come(stage: Stage) -> None:
    """And what can be done where it went wrong."""
    await stage.launcher.click()
    await stage.add({"mine": True, "text": "arrived"}, *UNHAPPY)
    states = ["Sent", "Sending…", "Still trying…", "Not delivered", "Not accepted: no", "Waiting for a new chat"]
    await expect(stage.panel.locator(".state")).to_have_text(states)
    await expect(stage.panel.locator(".state svg").filter(visible=True)).to_have_count(6)
    failed = stage.panel.get_by_role("listitem").filter(has_text="not delivered")
    await failed.get_by_role("button", name="Send again").click()
    held = stage.panel.get_by_role("listitem").filter(has_text="for the next chat")
    await held.get_by_role("button", name="Discard").click()
    await expect(held).to_have_count(0)
    assert ["again", "discard"] == [name for name, _ in await stage.asked()]


async def test_edited_and_withdrawn_messages_are_shown_so(stage: Stage) -> None:
    """What was taken back is not to be read any more."""
    await stage.launcher.click()
    await stage.add(*TALK)
    await expect(stage.panel.get_by_text("This message was withdrawn", exact=True)).to_be_visible()
    await expect(stage.panel.get_by_text("Not this")).to_have_count(0)
    await expect(stage.panel.get_by_role("listitem").filter(has_text="We close at six.")).to_contain_text("Edited")


async def test_the_form_says_where_it_is_not_well_filled_in(stage: Stage) -> None:
    """First to the first fault, each fault beside its field, gone when mended; then the agent is told."""
    await stage.wish(fields=FIELDS)
    await stage.launcher.click()
    await expect(stage.panel.get_by_label("Your name")).to_be_focused()
    await stage.press("Enter")
    await expect(stage.panel.get_by_role("alert").get_by_text("Please check the marked fields.")).to_be_visible()
    await expect(stage.panel.get_by_label("Your name")).to_be_focused()
    await expect(stage.panel.get_by_label("Your name")).to_have_accessible_description("This is required.")
    await expect(stage.panel.get_by_text("This is required.")).to_have_count(4)
    await stage.panel.get_by_label("Your name").fill("Ada Lovelace")
    await expect(stage.panel.get_by_text("This is required.")).to_have_count(3)
    await stage.panel.get_by_label("E-mail").fill("ada@example.com")
    await stage.panel.get_by_label("What is it about?").select_option("Repair")
    await stage.panel.get_by_label("I agree to the terms").check()
    await stage.panel.get_by_role("button", name="Start chat").click()
    about = {"email": "ada@example.com", "topic": "Repair", "terms": "yes"}
    assert [["introduce", {"name": "Ada Lovelace", "context": about}]] == await stage.asked()
    await expect(stage.box).to_be_focused()


async def test_the_form_is_not_asked_of_who_is_in_a_chat(stage: Stage) -> None:
    """Nor while it is not known whether they are."""
    await stage.show(ready=False)
    await stage.wish(fields=FIELDS)
    await stage.launcher.click()
    await expect(stage.panel.get_by_label("Your name")).to_have_count(0)
    await stage.show(ready=True, phase="open")
    await expect(stage.panel.get_by_label("Your name")).to_have_count(0)


async def test_who_reads_further_up_is_not_moved(stage: Stage) -> None:
    """And there is a way to the newest."""
    await stage.launcher.click()
    await stage.add(*TALK, *TALK)
    log = stage.tab.get_by_role("log")
    to_newest = stage.panel.get_by_role("button", name="Go to newest")
    await expect(to_newest).to_be_hidden()
    await log.evaluate("log => { log.scrollTop = 60 }")
    await expect(to_newest).to_be_visible()
    await stage.hear(text="Are you still there?")
    await expect(stage.panel.get_by_role("listitem").filter(has_text="Are you still there?")).to_have_count(1)
    assert 60 == await log.evaluate("log => log.scrollTop")
    assert ["looking", False] == (await stage.tab.evaluate("stage.talk.asked")).pop()
    await to_newest.click()
    await expect(stage.panel.get_by_role("listitem").filter(has_text="Are you still there?")).to_be_in_viewport()
    await expect(to_newest).to_be_hidden()
    assert ["looking", True] == (await stage.tab.evaluate("stage.talk.asked")).pop()
    await stage.hear(text="Yes?")
    await expect(stage.panel.get_by_role("listitem").filter(has_text="Yes?")).to_be_in_viewport()


async def test_the_panel_opens_at_what_is_unread(stage: Stage) -> None:
    """Below a line that says so."""
    long = [{"text": f"line {number}\n" * 5} for number in range(12)]
    await stage.add(*TALK, {"text": "first unread", "key": "here"}, *long)
    await stage.show(firstUnread="here", unread=13)
    await stage.launcher.click()
    await expect(stage.panel.get_by_text("New messages")).to_be_in_viewport()
    await expect(stage.panel.get_by_role("listitem").filter(has_text="first unread")).to_be_in_viewport()


async def test_history_is_not_read_aloud_and_news_is_once(stage: Stage) -> None:
    """A screen reader that reads a whole chat at every opening is no help."""
    await stage.add(*TALK)
    await stage.launcher.click()
    said = stage.panel.locator(".unseen[role=status] p")
    await expect(stage.tab.get_by_role("log")).to_have_attribute("aria-live", "off")
    await expect(said).to_have_count(0)
    await stage.hear(text="Now?")
    await expect(said).to_have_text(["Alex Rivera: Now?"])
    await stage.show(phase="ended", endedBy="flex")
    await expect(said).to_have_text(["Alex Rivera: Now?", "Alex Rivera ended the chat."])


async def test_the_title_tells_of_unread_messages(stage: Stage) -> None:
    """Also when the page changes its title meanwhile, and no longer when the panel is gone."""
    await stage.show(unread=2)
    await expect(stage.tab).to_have_title("(2) Spoke & Bell")
    await stage.tab.evaluate("document.title = 'Basket'")
    await stage.show(unread=3)
    await expect(stage.tab).to_have_title("(3) Basket")
    await stage.show(unread=0)
    await expect(stage.tab).to_have_title("Basket")
    await stage.show(unread=1)
    await stage.tab.evaluate("stage.remove()")
    await expect(stage.tab).to_have_title("Basket")


async def test_the_transcript_is_a_text_file(stage: Stage) -> None:
    """Of what the talk says was said, in the visitor's language."""
    await stage.wish(words={"you": "Me"})
    await stage.add(*TALK)
    await stage.launcher.click()
    await stage.panel.get_by_role("button", name="Options").click()
    async with stage.tab.expect_download() as coming:
        await stage.panel.get_by_role("button", name="Download transcript").click()
    file = await coming.value
    assert file.suggested_filename.startswith("chat-20")
    assert file.suggested_filename.endswith(".txt")
    assert "Me: Hello\nAlex Rivera: Hi!\n" == (await file.path()).read_text()


SPIES = """
window.rung = 0; window.standing = new Map(); window.touched = false;
Object.defineProperty(navigator, "userActivation", {get: () => ({hasBeenActive: window.touched})});
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.rung += 1; return start.call(this, at); };
window.Notification = class { static permission = "default";
  static async requestPermission() { return (this.permission = "granted"); }
  constructor(title, {body, tag}) {
    standing.set(tag, window.last = Object.assign(this, {tag, says: [title, body]}));
  }
  close() { if (standing.get(this.tag) === this) standing.delete(this.tag); } };
Object.defineProperty(window, "notified", {get: () => [...standing.values()].map(({says}) => says)});
"""
"""In place of what a visitor hears and the system shows: of the notifications with one tag, the newest."""
WISHED = "Notification.permission = 'granted'; localStorage.setItem('flex-chat:notify', 'on');"
"""The visitor has asked for notifications before."""


async def test_a_message_sounds_unless_the_visitor_reads_or_has_switched_it_off(stage: Stage) -> None:
    """The switch is remembered."""
    await stage.tab.add_init_script(SPIES)
    await stage.tab.reload()
    await stage.hear(text="Nobody has touched the page yet")
    assert 0 == await stage.tab.evaluate("rung")
    await stage.tab.evaluate("window.touched = true")
    await stage.launcher.click()
    await stage.hear(text="You see this")
    assert 0 == await stage.tab.evaluate("rung")
    await stage.press("Escape")
    await stage.hear(text="You do not see this")
    assert 2 == await stage.tab.evaluate("rung")
    await stage.launcher.click()
    await stage.panel.get_by_role("button", name="Options").click()
    switch = stage.panel.get_by_role("switch", name="Sound")
    await expect(switch).to_be_checked()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await stage.tab.reload()
    await stage.tab.evaluate("window.touched = true")
    await stage.hear(text="Quietly")
    assert 0 == await stage.tab.evaluate("rung")


async def test_a_notification_comes_only_to_who_asked_for_it(stage: Stage) -> None:
    """Nobody is asked for leave before they wished for one."""
    await stage.tab.add_init_script(SPIES)
    await stage.tab.reload()
    await stage.hear(text="Hi")
    assert "default" == await stage.tab.evaluate("Notification.permission")
    await stage.launcher.click()
    await stage.panel.get_by_role("button", name="Options").click()
    await stage.panel.get_by_role("switch", name="Notifications").click()
    await expect(stage.panel.get_by_role("switch", name="Notifications")).to_be_checked()
    await stage.press("Escape", "Escape")
    await stage.hear(text="Are you there?")
    assert [["Alex Rivera", "Are you there?"]] == await stage.tab.evaluate("notified")
    await stage.tab.evaluate("last.onclick()")
    await expect(stage.panel.get_by_text("Are you there?", exact=True)).to_be_visible()
    assert [] == await stage.tab.evaluate("notified")


READ = {
    "by opening the panel": "document.querySelector('#host').shadowRoot.querySelector('.launcher').click()",
    "in another tab": "stage.talk.show({unread: 0})",
    "never, for the visitor is forgotten": "stage.talk.dispatchEvent(new CustomEvent('forgotten'))",
    "never, for the panel is gone": "stage.remove()",
}


@pytest.mark.parametrize("script", READ.values(), ids=READ.keys())
async def test_a_notification_goes_when_it_calls_to_nothing(stage: Stage, script: str) -> None:
    """What was said is read, or is nobody's any more: the system would show it for hours, to whoever comes next."""
    await stage.tab.add_init_script(SPIES + WISHED)
    await stage.tab.reload()
    await stage.show(unread=1)
    await stage.hear(text="Are you there?")
    assert [["Alex Rivera", "Are you there?"]] == await stage.tab.evaluate("notified")
    await stage.tab.evaluate(script)
    await until_true(stage.tab, "notified.length === 0")


async def test_a_notification_stays_until_the_visitor_is_back_in_the_window(stage: Stage) -> None:
    """An open panel on another screen is seen by nobody; it counts as read, and calls all the same."""
    await stage.tab.add_init_script(SPIES + WISHED)
    await stage.tab.reload()
    await stage.launcher.click()
    await stage.tab.evaluate("document.hasFocus = () => false")
    await stage.hear(text="Are you there?")
    await stage.hear(text="Hello?")
    await expect(stage.panel.get_by_text("Hello?", exact=True)).to_be_visible()
    assert [["Alex Rivera", "Hello?"]] == await stage.tab.evaluate("notified")
    await stage.tab.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    await until_true(stage.tab, "notified.length === 0")


@pytest.mark.parametrize(("language", "direction", "send"), [("ar", "rtl", "إرسال"), ("ja-JP", "ltr", "送信")])
async def test_the_panel_speaks_the_pages_language(stage: Stage, language: str, direction: str, send: str) -> None:
    """And writes in its direction; a change takes hold at once."""
    await stage.launcher.click()
    await stage.wish(language=language, words={"heading": "X"})
    await expect(stage.tab.get_by_role("button", name=send)).to_be_visible()
    await expect(stage.panel).to_have_attribute("dir", direction)
    await expect(stage.panel).to_have_accessible_name("X")
    await expect(stage.box).to_have_css("direction", direction)
    await stage.box.fill("Hello")
    await expect(stage.box).to_have_css("direction", "ltr")


async def test_a_form_in_another_language_than_the_panels_keeps_its_own_direction(stage: Stage) -> None:
    """A page may have its labels in one language only: their full stops stay where they belong."""
    await stage.wish(language="ar", fields=FIELDS, heading="Ask us!")
    await stage.launcher.click()
    await expect(stage.panel.get_by_label("Your name")).to_have_css("direction", "rtl")
    await stage.panel.get_by_label("Your name").fill("Ada")
    await expect(stage.panel.get_by_label("Your name")).to_have_css("direction", "ltr")
    for text in ("Ask us!", "What is it about?", "In case you have to go."):
        await expect(stage.panel.get_by_text(text, exact=True)).to_have_css("direction", "ltr")
