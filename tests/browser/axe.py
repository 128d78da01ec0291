"""What axe-core finds wrong with a page for people who cannot see it, or not well."""

from pathlib import Path

from playwright.async_api import Page

_AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
_RUN = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"


async def violations(tab: Page) -> list[str]:
    """Each violation in a line; none is what one wants."""
    await tab.evaluate("() => Promise.all(document.getAnimations().map(one => one.finished.catch(() => {})))")
    await tab.evaluate(_AXE.read_text())
    found = await tab.evaluate(f"{_RUN}.then(({{violations}}) => violations)")
    return [f"{one['id']}: {node['html'][:120]} {node['failureSummary']}" for one in found for node in one["nodes"]]
