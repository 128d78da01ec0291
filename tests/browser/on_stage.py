"""The panel on a stage: a page of the tests with a scripted talk, under a policy as strict as a page can have."""

import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Locator, Page

from tests.servers.http import serving
from tests.waiting import until

ROOT = Path(__file__).parents[2]
_STAGE = Path(__file__).parent / "stage"
_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; require-trusted-types-for 'script'"
_POLICY += "; trusted-types lit-html"


def build_stage(into: Path) -> None:
    """Bundle the stage's script."""
    subprocess.run(["node", "tests/browser/stage/build.mjs", str(into)], cwd=ROOT, check=True)


@asynccontextmanager
async def standing_stage(built: Path) -> AsyncIterator[str]:
    """Serve the stage; gives its address."""

    async def send(request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"] or "index.html"
        file = _STAGE / name if name in ("index.html", "stage.css") else built / name
        return web.FileResponse(file, headers={"Content-Security-Policy": _POLICY})

    async with serving(web.get("/{name:[^/]*}", send)) as address:
        yield f"{address}/"


async def until_true(tab: Page, script: str) -> None:
    """Wait until the script gives true. Playwright's own waiting looks again by `eval`, which a strict page forbids."""
    await until(lambda: tab.evaluate(script), what=script)


@dataclass(frozen=True, slots=True)
class Stage:
    """A tab with the stage in it."""

    tab: Page

    @property
    def panel(self) -> Locator:
        """The panel, if it is open."""
        return self.tab.get_by_role("dialog")

    @property
    def launcher(self) -> Locator:
        """What opens it."""
        return self.tab.get_by_role("button", name="Chat", exact=True)

    @property
    def box(self) -> Locator:
        """Where the visitor writes."""
        return self.tab.locator("#text")

    async def wish(self, **wishes: object) -> None:
        """The page wants this."""
        await self.tab.evaluate("wishes => stage.wish(wishes)", wishes)

    async def show(self, **view: object) -> None:
        """The talk is so now."""
        await self.tab.evaluate("view => stage.talk.show(view)", view)

    async def add(self, *items: Mapping[str, object]) -> None:
        """These were said, or happened."""
        made = "item => stage[item.kind === undefined || item.kind === 'message' ? 'utterance' : 'note'](item)"
        await self.tab.evaluate(f"items => stage.talk.add(...items.map({made}))", list(items))

    async def hear(self, **item: object) -> None:
        """The agent says this just now."""
        await self.tab.evaluate("item => stage.talk.hear(stage.utterance(item))", item)

    async def asked(self) -> list[list[Any]]:
        """What the panel has asked the talk for, but for where the visitor looks."""
        asked: list[list[Any]] = await self.tab.evaluate("stage.talk.asked")
        return [one for one in asked if one[0] != "looking"]

    async def press(self, *keys: str) -> None:
        """Press these keys, one after another."""
        for key in keys:
            await self.tab.keyboard.press(key)
