"""The page of README, word for word, on a site of its own."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, expect

from tests.browser.conftest import Watch, open_tab
from tests.journeys.town import BACK_ENDS, open_town
from tests.servers.http import serving

README = (Path(__file__).parents[2] / "README.md").read_text()


def snippet(server: str) -> str:
    """README's five lines, pointed at this server."""
    found = re.search(r"```html\n(<form>.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1].replace("https://chat.example.com", server)


@asynccontextmanager
async def site(page: list[str]) -> AsyncIterator[str]:
    """A site that is not the server's own; its page is the one in the list."""

    async def send(_: web.Request) -> web.Response:
        return web.Response(text=f"<!doctype html><link rel=icon href=data:,>{page[0]}", content_type="text/html")

    async with serving(web.get("/", send)) as address:
        yield address


async def test_readmes_five_lines_talk_with_an_agent(tmp_path: Path, browser: Browser, watch: Watch) -> None:
    """In a real browser, with the script this server hands out, from another origin that is allowed."""
    page: list[str] = []
    async with (
        site(page) as address,
        open_town(tmp_path, **BACK_ENDS["webchats"], allowed_origins=[address]) as town,
    ):
        page.append(snippet(town.url))
        tab = await open_tab(await browser.new_context(), address, watch=watch)
        await tab.locator("[name=text]").fill("Hello")
        await tab.get_by_role("button", name="Send").click()
        channel = await town.accepted()
        await town.arrives(channel, "Hello")
        await town.agent_says(channel, "Hi there")
        await expect(tab.get_by_text("Hi there")).to_be_visible()
        await town.agent_ends()
        await expect(tab.get_by_text("The chat has ended.")).to_be_visible()
        await tab.context.close()
