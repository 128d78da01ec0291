"""Takes the picture in the README: a short chat, played on the demo, with the page and the desk side by side."""

import asyncio
import base64
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, ViewportSize, async_playwright, expect

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "demo.png"
_ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_PAGE, _DESK = ViewportSize(width=440, height=690), ViewportSize(width=1120, height=690)
_BOTH = ViewportSize(width=1640, height=740)
_START_SECONDS = 30.0

_FRAME = """
<style>
  body {{ display: flex; gap: 24px; width: max-content; margin: 0; padding: 24px; background: #cfe3dc; }}
  figure {{ margin: 0; border-radius: 14px; overflow: hidden; background: #f5f2eb; border: 1px solid #a9c9be; }}
  img {{ display: block; }}
</style>
<figure><img src="data:image/png;base64,{page}"></figure><figure><img src="data:image/png;base64,{desk}"></figure>
"""


async def main() -> None:
    """Start the demo on free ports, play, take the pictures, stop."""
    async with _demo() as (page_address, desk_address), _browser() as browser:
        page = await browser.new_page(viewport=_PAGE)
        desk = await browser.new_page(viewport=_DESK)
        await page.goto(page_address)
        await desk.goto(desk_address)
        await _play(page, desk)
        pictures = [base64.b64encode(await tab.screenshot(animations="disabled")).decode() for tab in (page, desk)]
        frame = await browser.new_page(viewport=_BOTH)
        await frame.set_content(_FRAME.format(page=pictures[0], desk=pictures[1]))
        await frame.locator("body").screenshot(path=PICTURE)


async def _play(page: Page, desk: Page) -> None:
    ask, answer = page.get_by_label("Your message"), desk.get_by_label("Your answer")
    await page.get_by_label("Your name").fill("Ada Lovelace")
    await _say(ask, "Hello! My rear brake squeaks.")
    await desk.get_by_role("button", name="Accept Ada").click()
    await _say(answer, "Hi Ada! Often it is dust on the pads. Did you ride in the rain?")
    await expect(page.get_by_role("log")).to_contain_text("dust on the pads")
    await _say(ask, "Yes, all of last week.\nIt began on Friday.")
    await expect(desk.get_by_role("log")).to_contain_text("It began on Friday.")
    await _say(answer, "Bring it in, we will clean it.")
    await expect(page.get_by_role("log")).to_contain_text("we will clean it")
    await expect(page.locator(".state").last).to_have_text("Sent")
    await page.locator("#chat").evaluate("chat => chat.scrollIntoView({block: 'center', behavior: 'instant'})")


async def _say(field: Locator, text: str) -> None:
    await field.fill(text)
    await field.press("Enter")
    await expect(field).to_have_value("")


@asynccontextmanager
async def _browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("There is no chromium here: install it to take the picture.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_ARGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def _demo() -> AsyncIterator[tuple[str, str]]:
    """The addresses of a running demo's page and desk."""
    command = (sys.executable, "-m", "middleware", "demo", "--port", "0", "--desk-port", "0")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(_START_SECONDS):
            addresses: list[str] = []
            while process.stdout and len(addresses) < 2:
                addresses += re.findall(r"http://\S+", (await process.stdout.readline()).decode())
        yield addresses[0], addresses[1]
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main())
