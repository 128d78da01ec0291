"""What axe-core finds wrong with a page for people who cannot see it, or not well."""

from pathlib import Path

from playwright.async_api import Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"

_STILL = """async () => {
  const within = (root) => [...root.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot).filter(Boolean);
  const roots = (root) => [root, ...within(root).flatMap(roots)];
  const ends = ({ playState, effect }) => playState !== "finished" && effect.getComputedTiming().endTime < Infinity;
  const moving = () => roots(document).flatMap((root) => root.getAnimations()).filter(ends);
  const frame = () => new Promise(requestAnimationFrame);
  for (let calm = 0; calm < 3; calm = moving().length > 0 ? 0 : calm + 1) await frame();
}"""
"""Waits until nothing moves, in shadow roots too: what is half faded in has half the contrast."""


async def violations(tab: Page) -> list[str]:
    """Each violation in a line; none is what one wants."""
    await tab.evaluate(_STILL)
    await tab.evaluate(_AXE.read_text())
    found = await tab.evaluate(f"{_RUN}.then(({{violations}}) => violations)")
    return [f"{one['id']}: {node['html'][:120]} {node['failureSummary']}" for one in found for node in one["nodes"]]
