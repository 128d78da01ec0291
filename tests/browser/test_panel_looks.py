"""How the panel looks to weak eyes, to large fingers, in other sizes; and that no text becomes more than a text."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import NewStage
from tests.browser.hostile import ALARM, HOSTILE, suspects
from tests.browser.on_stage import Stage
from tests.browser.sayings import FIELDS, TALK, UNHAPPY

ACCENTS = ("#0f6a5b", "#ffd400", "#ffffff", "#000000", "#777777", "#ff0033", "#00e5ff", "rebeccapurple", "#76767c")

# Colours are painted, so that it does not matter in which of CSS's many ways they are written.
CONTRASTS = """() => {
  const brush = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
  const painted = (...colours) => {
    brush.clearRect(0, 0, 1, 1);
    for (const colour of colours) { brush.fillStyle = colour; brush.fillRect(0, 0, 1, 1); }
    return brush.getImageData(0, 0, 1, 1).data;
  };
  const light = data => [...data].slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const grounds = at => {
    const colours = [];
    for (; at && at.tagName; at = at.parentNode) colours.unshift(getComputedStyle(at).backgroundColor);
    return colours;
  };
  const ratio = (ink, ground) => {
    const [a, b] = [light(painted(...ground, ink)), light(painted(...ground))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const speaks = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const list = [];
  for (const one of stage.root.querySelectorAll("dialog *")) {
    if (!one.checkVisibility() || one.closest(".unseen")) continue;
    const where = `${one.tagName} ${one.className.baseVal ?? one.className}`;
    if (speaks(one)) list.push([where, ratio(getComputedStyle(one).color, grounds(one)), 4.5]);
    if (one.placeholder) list.push([`${where} placeholder`, ratio(getComputedStyle(one, "::placeholder").color, grounds(one)), 4.5]);
    if (one.tagName === "svg") list.push([where, ratio(getComputedStyle(one).stroke, grounds(one)), 3]);
    if (one.matches("input, select, textarea")) list.push([`${where} edge`, ratio(getComputedStyle(one).borderTopColor, grounds(one.parentNode)), 3]);
  }
  return list;
}"""  # noqa: E501


async def faint(stage: Stage) -> list[Any]:
    """What cannot be read well; there must have been something to read."""
    contrasts: list[Any] = await stage.tab.evaluate(CONTRASTS)
    assert len(contrasts) > 5
    return [one for one in contrasts if one[1] < one[2]]


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_everything_can_be_read_whatever_the_accent(new_stage: NewStage, theme: str) -> None:
    """4.5:1 for text, 3:1 for drawings and the edges of fields, measured on what is painted (WCAG 1.4.3, 1.4.11)."""
    stage = await new_stage(reduced_motion="reduce")
    await stage.wish(theme=theme, fields=FIELDS)
    await stage.launcher.click()
    await stage.tab.locator(".form .primary").click()
    for accent in ACCENTS:
        await stage.tab.evaluate("accent => stage.accent(accent)", accent)
        assert [] == await faint(stage), accent
    await stage.wish(fields=[])
    await stage.add(*TALK, *UNHAPPY)
    await stage.show(agent={"name": "Alex Rivera"}, line="offline")
    await stage.panel.get_by_role("button", name="Options").click()
    for accent in ACCENTS:
        await stage.tab.evaluate("accent => stage.accent(accent)", accent)
        assert [] == await faint(stage), accent


@pytest.mark.parametrize("size", [(1280, 800), (640, 400), (320, 568)])
async def test_every_target_is_large_enough_and_nothing_is_cut_off(new_stage: NewStage, size: tuple[int, int]) -> None:
    """At 100 %, 200 %, and on the narrowest phone: 24 pixels, and no scrolling sideways (WCAG 2.5.8, 1.4.10)."""
    stage = await new_stage(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    await stage.launcher.click()
    await stage.add(*TALK, *UNHAPPY, {"text": "W" * 500}, {"name": "N" * 300, "text": "hi"})
    await stage.show(agent={"name": "N" * 300})
    await stage.panel.get_by_role("button", name="Options").click()
    for button in await stage.panel.get_by_role("button").or_(stage.panel.get_by_role("switch")).all():
        box = await button.bounding_box()
        assert box is not None
        assert (True, True) == (box["width"] >= 24, box["height"] >= 24), await button.inner_text()
    wide = "[...stage.root.querySelectorAll('.panel, .whole, .log')].map(one => one.scrollWidth - one.clientWidth)"
    assert [0, 0, 0] == await stage.tab.evaluate(wide)
    await expect(stage.box).to_be_in_viewport(ratio=1)


async def test_nothing_moves_for_who_wishes_so(new_stage: NewStage) -> None:
    """`prefers-reduced-motion`."""
    stage = await new_stage(reduced_motion="reduce")
    await stage.launcher.click()
    await stage.add(TALK[0])
    await expect(stage.panel.get_by_text("Waiting for an agent…")).to_be_visible()
    assert 0 == await stage.tab.evaluate("document.getAnimations().length")
    assert "0s" == await stage.panel.locator(".send").evaluate("one => getComputedStyle(one).transitionDuration")


async def test_in_forced_colours_shapes_are_drawn_by_lines(new_stage: NewStage) -> None:
    """Where all grounds are the same, only edges tell a bubble from the page."""
    stage = await new_stage(forced_colors="active")
    await stage.launcher.click()
    await stage.add(*TALK)
    for shape in (".bubble", ".send", ".panel", "textarea"):
        edge = "one => getComputedStyle(one).borderTopStyle + getComputedStyle(one).borderTopWidth"
        assert "solid1px" == await stage.panel.page.locator(shape).first.evaluate(edge), shape


async def test_what_hostile_people_write_is_shown_and_nothing_else(stage: Stage) -> None:
    """As text, as a name, as a note, as a refusal, in the form: letters stay letters."""
    await stage.tab.add_init_script(ALARM)
    await stage.tab.reload()
    await stage.launcher.click()
    await stage.add(*({"text": text} for text in HOSTILE))
    await stage.add(*({"text": "hi", "name": text, "author": "agent"} for text in HOSTILE))
    await stage.add(*({"kind": kind, "name": text, "text": text} for text in HOSTILE for kind in ("joined", "system")))
    await stage.add(*({"mine": True, "text": text, "state": "refused", "refusal": text} for text in HOSTILE))
    await stage.show(agent={"name": HOSTILE[8]})
    shown = await stage.panel.locator(".theirs .bubble").all_text_contents()
    assert [text.replace("\u0000", "") for text in HOSTILE] == [
        one.replace("\u0000", "") for one in shown[: len(HOSTILE)]
    ]
    assert [] == await suspects(stage.tab.get_by_role("log"))
    for link in await stage.panel.locator(".bubble a").all():
        await link.dispatch_event("mouseover")
    assert [] == await stage.tab.evaluate("ran")


async def test_a_pages_own_form_cannot_run_anything_either(stage: Stage) -> None:
    """Labels and links come from the page's settings, which somebody else may fill."""
    await stage.tab.add_init_script(ALARM)
    await stage.tab.reload()
    await stage.wish(
        heading=HOSTILE[8],
        greeting=HOSTILE[0],
        fields=[
            {"name": f"f{at}", "type": "checkbox", "label": text, "hint": text, "link": text}
            for at, text in enumerate(HOSTILE)
        ],
    )
    await stage.launcher.click()
    await expect(stage.panel.get_by_role("checkbox")).to_have_count(len(HOSTILE))
    hrefs = await stage.panel.locator(".form a").evaluate_all("links => links.map(link => link.protocol)")
    assert set() == set(hrefs) - {"http:", "https:", "mailto:"}
    assert [] == await stage.tab.evaluate("ran")
