"""How the visitor moves about in the panel, writes and ends, on the stage: every state can be shown there at will."""

from playwright.async_api import expect

from tests.browser.conftest import NewStage
from tests.browser.on_stage import Stage, until_true
from tests.browser.sayings import TALK

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SMALL = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}


async def test_the_focus_goes_in_and_comes_back(stage: Stage) -> None:
    """Whoever has no mouse is never lost."""
    await stage.launcher.focus()
    await stage.press("Enter")
    await expect(stage.box).to_be_focused()
    await stage.press("Escape")
    await expect(stage.panel).to_be_hidden()
    await expect(stage.launcher).to_be_focused()


async def test_on_a_desk_the_page_stays_in_reach(stage: Stage) -> None:
    """The panel stands beside the page, not over it."""
    await stage.launcher.click()
    await stage.tab.get_by_role("link", name="Ask us anything.").focus()
    await expect(stage.tab.get_by_role("link", name="Ask us anything.")).to_be_focused()


async def test_on_a_phone_the_panel_is_all_there_is(new_stage: NewStage) -> None:
    """Nothing behind it can be reached by mistake; Tab goes round inside."""
    stage = await new_stage(**SMALL)
    await stage.launcher.click()
    box = await stage.panel.bounding_box()
    assert {"x": 0, "y": 0, "width": 390, "height": 844} == box
    await stage.tab.evaluate("document.querySelector('a').focus()")
    await expect(stage.box).to_be_focused()
    for _ in range(12):
        await stage.press("Tab")
        assert not await stage.tab.evaluate("document.activeElement.matches('a')")


async def test_on_a_touch_screen_no_keyboard_jumps_up(new_stage: NewStage) -> None:
    """The focus goes to the panel itself; the typing box waits for a finger."""
    stage = await new_stage(**PHONE)
    await stage.launcher.tap()
    await expect(stage.panel).to_be_focused()


async def test_the_panel_stands_above_a_phones_keyboard(new_stage: NewStage) -> None:
    """The keyboard takes its part of the window; the typing box is not in that part."""
    stage = await new_stage(**SMALL)
    await stage.launcher.click()
    await stage.tab.evaluate(
        """() => {
          Object.defineProperty(visualViewport, "height", {value: 400});
          Object.defineProperty(visualViewport, "offsetTop", {value: 44});
          visualViewport.dispatchEvent(new Event("resize"));
        }"""
    )
    assert {"x": 0, "y": 44, "width": 390, "height": 400} == await stage.panel.bounding_box()


async def test_turning_the_window_small_keeps_what_was_begun(stage: Stage) -> None:
    """As turning a tablet does: the text and the focus stay."""
    await stage.launcher.click()
    await stage.box.fill("half a sen")
    await stage.tab.set_viewport_size({"width": 390, "height": 700})
    await until_true(stage.tab, "stage.root.querySelector('dialog').matches(':modal')")
    await expect(stage.box).to_have_value("half a sen")
    await expect(stage.box).to_be_focused()
    assert [] == await stage.asked()


async def test_enter_sends_and_shift_enter_does_not(stage: Stage) -> None:
    """As everywhere."""
    await stage.launcher.click()
    await stage.tab.keyboard.type("one")
    await stage.press("Shift+Enter")
    await stage.tab.keyboard.type("two")
    await stage.press("Enter")
    assert [["say", "one\ntwo"]] == await stage.asked()
    await expect(stage.box).to_have_value("")
    await expect(stage.box).to_be_focused()
    await stage.box.fill("  \n ")
    await stage.press("Enter")
    assert [["say", "one\ntwo"]] == await stage.asked()


async def test_enter_that_chooses_a_word_does_not_send(stage: Stage) -> None:
    """Who writes Japanese presses Enter in the middle of a sentence."""
    await stage.launcher.click()
    session = await stage.tab.context.new_cdp_session(stage.tab)
    await session.send("Input.imeSetComposition", {"text": "にほ", "selectionStart": 2, "selectionEnd": 2})
    await stage.box.evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    assert [] == await stage.asked()
    await session.send("Input.insertText", {"text": "日本"})
    await stage.press("Enter")
    assert [["say", "日本"]] == await stage.asked()


async def test_a_text_that_is_too_long_is_not_sent_and_not_lost(stage: Stage) -> None:
    """32,000 bytes are the most; the visitor is told before the server has to."""
    await stage.launcher.click()
    await stage.box.fill("é" * 16_001)
    await expect(stage.panel.get_by_role("alert").get_by_text("too long")).to_be_visible()
    await stage.press("Enter")
    assert [] == await stage.asked()
    await stage.box.fill("é" * 16_000)
    await stage.press("Enter")
    assert [["say", "é" * 16_000]] == await stage.asked()


async def test_a_draft_outlives_the_page_and_the_end_of_the_chat(stage: Stage) -> None:
    """What was begun is never taken away."""
    await stage.launcher.click()
    await stage.add(*TALK)
    await stage.box.fill("And then")
    await stage.show(phase="ended", endedBy="flex")
    await expect(stage.box).to_be_hidden()
    await expect(stage.tab.get_by_role("button", name="Start a new chat")).to_be_focused()
    await stage.press("Enter")
    await expect(stage.box).to_be_focused()
    await expect(stage.box).to_have_value("And then")
    await stage.tab.reload()
    await stage.launcher.click()
    await expect(stage.box).to_have_value("And then")


async def test_the_end_is_asked_about_first(stage: Stage) -> None:
    """By keyboard alone, and Escape means no."""
    await stage.launcher.click()
    await stage.add(*TALK)
    options = stage.panel.get_by_role("button", name="Options")
    for answer in ("Escape", "Enter"):
        await options.focus()
        await stage.press("Enter")
        await stage.panel.get_by_role("button", name="End chat").focus()
        await stage.press("Enter")
        await expect(stage.tab.get_by_role("button", name="Keep chatting")).to_be_focused()
        await stage.press(answer)
        await expect(options).to_be_focused()
    assert [] == await stage.asked()
    await stage.press("Enter")
    await stage.panel.get_by_role("button", name="End chat").click()
    await stage.tab.get_by_role("alertdialog").get_by_role("button", name="End chat").click()
    assert [["end"]] == await stage.asked()
    await expect(stage.panel.get_by_text("You ended the chat.").filter(visible=True).first).to_be_visible()
    await expect(stage.tab.get_by_role("button", name="Start a new chat")).to_be_focused()


async def test_an_end_that_fails_is_told(stage: Stage) -> None:
    """And can be tried again."""
    await stage.launcher.click()
    await stage.add(*TALK)
    await stage.tab.evaluate("stage.talk.obeys = false")
    await stage.panel.get_by_role("button", name="Options").click()
    await stage.panel.get_by_role("button", name="End chat").click()
    yes = stage.tab.get_by_role("alertdialog").get_by_role("button", name="End chat")
    await yes.click()
    await expect(stage.tab.get_by_role("alert").get_by_text("could not be ended")).to_be_visible()
    await expect(yes).to_be_enabled()


async def test_the_focus_goes_on_when_what_had_it_is_gone(stage: Stage) -> None:
    """A button that has done its work goes, and must not take the keyboard with it."""
    await stage.launcher.click()
    await stage.add(*TALK, {"mine": True, "text": "for the next chat", "state": "held"})
    await stage.panel.get_by_role("button", name="Discard").focus()
    await stage.press("Enter")
    await expect(stage.box).to_be_focused()
    await stage.show(phase="ended", endedBy="flex")
    await expect(stage.tab.get_by_role("button", name="Start a new chat")).to_be_focused()
    await stage.show(phase="open")
    await expect(stage.box).to_be_focused()


async def test_escape_leaves_the_innermost_first(stage: Stage) -> None:
    """The options before the panel."""
    await stage.launcher.click()
    options = stage.panel.get_by_role("button", name="Options")
    await options.click()
    await expect(options).to_have_attribute("aria-expanded", "true")
    await stage.press("Tab", "Escape")
    await expect(options).to_have_attribute("aria-expanded", "false")
    await expect(options).to_be_focused()
    await options.click()
    await stage.box.click()
    await expect(options).to_have_attribute("aria-expanded", "false")
    await stage.press("Escape")
    await expect(stage.panel).to_be_hidden()


async def test_a_page_that_may_store_nothing_has_a_panel_too(stage: Stage) -> None:
    """Some frames and some visitors forbid it."""
    await stage.tab.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    await stage.tab.reload()
    await stage.launcher.click()
    await stage.tab.keyboard.type("Hello")
    await stage.press("Enter")
    assert [["say", "Hello"]] == await stage.asked()


async def test_a_removed_panel_leaves_nothing(stage: Stage) -> None:
    """And another one can take its place."""
    left = "[stage.root.childElementCount, stage.root.adoptedStyleSheets.length]"
    await stage.launcher.click()
    for _ in range(3):
        await stage.tab.evaluate("stage.remove()")
        assert [1, 1] == await stage.tab.evaluate(left)
        await stage.tab.evaluate("stage.again()")
    assert [2, 2] == await stage.tab.evaluate(left)
