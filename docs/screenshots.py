"""Takes README's pictures of short chats, played on the demo: page and desk side by side, and the widget by itself."""

import asyncio
import base64
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, FloatRect, Locator, Page, ViewportSize, async_playwright, expect

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
_ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_PAGE, _DESK = ViewportSize(width=560, height=690), ViewportSize(width=1120, height=690)
_BOTH, _WIDE = ViewportSize(width=1760, height=740), ViewportSize(width=1040, height=690)
_TALL, _PHONE = ViewportSize(width=560, height=760), ViewportSize(width=390, height=760)
_PANEL = FloatRect(x=110, y=0, width=450, height=760)
_START_SECONDS = 30.0

_FRAME = """
<style>
  body {{ display: flex; gap: 24px; width: max-content; margin: 0; padding: 24px; background: #cfe3dc; }}
  figure {{ margin: 0; border-radius: 14px; overflow: hidden; background: #f5f2eb; border: 1px solid #a9c9be; }}
  img {{ display: block; }}
</style>
<figure><img src="data:image/png;base64,{page}"></figure><figure><img src="data:image/png;base64,{desk}"></figure>
"""
_WEBP = """async png => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = Object.assign(document.createElement("canvas"), {width: picture.width, height: picture.height});
  canvas.getContext("2d").drawImage(picture, 0, 0);
  return canvas.toDataURL("image/webp", 0.86).split(",")[1];
}"""


async def main() -> None:
    """Start the demo on free ports, play, take the pictures, stop."""
    PICTURES.mkdir(exist_ok=True)
    async with _demo() as (page_address, desk_address), _browser() as browser:
        page = await browser.new_page(viewport=_PAGE, color_scheme="light")
        desk = await browser.new_page(viewport=_DESK)
        await page.goto(page_address)
        await desk.goto(desk_address)
        album = Album(await browser.new_page(viewport=_BOTH))
        await _play(page, desk)
        await album.keep_both("demo", page, desk)
        await _widget(browser, page, desk, album=album)
        await _arabic(await browser.new_page(viewport=_TALL, color_scheme="light"), page_address, desk, album=album)


@dataclass(frozen=True, slots=True)
class Album:
    """Where the pictures go: as WebP, which is a third of the same picture as PNG."""

    blank: Page

    async def keep(self, name: str, page: Page, *, clip: FloatRect | None = None) -> None:
        """Take a picture of the page, or of a part of it."""
        await self._keep(name, await page.screenshot(animations="disabled", clip=clip))

    async def keep_both(self, name: str, page: Page, desk: Page) -> None:
        """Take a picture of two pages beside one another."""
        pictures = [base64.b64encode(await tab.screenshot(animations="disabled")).decode() for tab in (page, desk)]
        await self.blank.set_content(_FRAME.format(page=pictures[0], desk=pictures[1]))
        await self._keep(name, await self.blank.locator("body").screenshot())

    async def _keep(self, name: str, png: bytes) -> None:
        webp: str = await self.blank.evaluate(_WEBP, base64.b64encode(png).decode())
        (PICTURES / f"{name}.webp").write_bytes(base64.b64decode(webp))


async def _play(page: Page, desk: Page) -> None:
    ask, answer = page.get_by_label("Your message"), desk.get_by_label("Your answer")
    await page.get_by_role("button", name="Open chat").click()
    await page.get_by_label("Your name").fill("Ada Lovelace")
    await page.get_by_role("button", name="Start chat").click()
    await _say(ask, "Hello! My rear brake squeaks.")
    await desk.get_by_role("button", name="Accept Ada").click()
    await expect(page.get_by_role("heading", name="Alex Rivera")).to_be_visible()
    await _say(answer, "Hi Ada! Often it is dust on the pads. Did you ride in the rain?")
    await expect(page.get_by_role("log")).to_contain_text("dust on the pads")
    await _say(ask, "Yes, all of last week.\nIt began on Friday.")
    await expect(desk.get_by_role("log")).to_contain_text("It began on Friday.")
    await _say(answer, "Bring it in, we will clean it.")
    await expect(page.get_by_role("log")).to_contain_text("we will clean it")
    await expect(page.locator(".state").last).to_have_text("Sent")


async def _widget(browser: Browser, page: Page, desk: Page, *, album: Album) -> None:
    """The same chat open, in the dark, on a phone, and closed with something unread."""
    await page.set_viewport_size(_WIDE)
    await album.keep("open", page)
    await page.set_viewport_size(_TALL)
    await page.emulate_media(color_scheme="dark")
    await album.keep("dark", page, clip=_PANEL)
    await page.emulate_media(color_scheme="light")
    seen = await page.context.storage_state()
    phone = await browser.new_page(viewport=_PHONE, storage_state=seen, has_touch=True, color_scheme="light")
    await phone.goto(page.url)
    await phone.get_by_role("button", name="Open chat").click()
    await expect(phone.get_by_role("log")).to_contain_text("we will clean it")
    await album.keep("phone", phone)
    await phone.close()
    await page.set_viewport_size(_WIDE)
    await page.get_by_role("dialog").get_by_role("button", name="Close chat").click()
    await _say(desk.get_by_label("Your answer"), "Until when can you come today?")
    await expect(page.get_by_role("button", name="Unread messages: 1")).to_be_visible()
    await album.keep("closed", page)


async def _arabic(page: Page, address: str, desk: Page, *, album: Album) -> None:
    await page.goto(address)
    await page.locator("flex-chat").evaluate("chat => Object.assign(chat, {lang: 'ar', greeting: '', heading: ''})")
    await page.locator("flex-chat .launcher").click()
    await page.locator("flex-chat [name=name]").fill("ليلى")
    await page.locator("flex-chat .form .primary").click()
    await _say(page.locator("flex-chat #text"), "مرحبًا! فرامل دراجتي تصدر صوتًا.")
    await desk.get_by_role("button", name="Accept ليلى").click()
    await _say(desk.get_by_label("Your answer to ليلى"), "أهلًا ليلى! هل ركبتِ تحت المطر؟")
    await expect(page.get_by_role("log")).to_contain_text("هل ركبتِ")
    await _say(page.locator("flex-chat #text"), "نعم، طوال الأسبوع الماضي.")
    await expect(page.locator(".state").last).to_have_text("أُرسلت")
    await album.keep("arabic", page, clip=_PANEL)


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
