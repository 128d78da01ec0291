"""A shop on a site of its own, not the server's: the widget on it by README's one tag, under README's policy."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web
from playwright.async_api import BrowserContext, Page, Route, WebSocketRoute

from tests.journeys.town import BACK_ENDS, Town, open_town
from tests.servers.http import serving

README = (Path(__file__).parents[2] / "README.md").read_text()
_OUR_ADDRESS = "https://chat.example.com"
IDENTITY_KEY = "the key that the shop and its chat share"
"""What the shop signs identities with."""


def from_readme(begins: str, ends: str) -> str:
    """What stands between the two in README."""
    found = re.search(f"{re.escape(begins)}(.*?){re.escape(ends)}", README, re.DOTALL)
    assert found is not None, begins
    return found[1]


@dataclass(slots=True)
class Shop:
    """The site's address, what stands in its pages, and the server it belongs to."""

    town: Town
    address: str
    pages: dict[str, str] = field(default_factory=dict)
    style: str = ""
    more_policy: str = ""

    @property
    def tag(self) -> str:
        """README's one line."""
        line = from_readme("One tag:\n\n```html\n", "\n```")
        return line.replace(_OUR_ADDRESS, self.town.url)

    @property
    def policy(self) -> str:
        """Nothing but what README lists, and the site's own styles and scripts, which are its own affair."""
        listed = from_readme("and nothing inline:\n\n```\n", "\n```").replace(_OUR_ADDRESS, self.town.url)
        listed = listed.replace("wss://chat.example.com", self.town.url.replace("http", "ws"))
        listed = listed.replace("script-src", f"script-src {self.address}/own.js")
        return f"default-src 'none'; style-src {self.address}; {listed}{self.more_policy}"

    async def send(self, request: web.Request) -> web.Response:
        """A page of the shop; those that nobody has written hold the tag."""
        if request.path == "/own.css":
            return web.Response(text=self.style, content_type="text/css")
        if request.path == "/own.js":
            return web.Response(text=self.pages.get("/own.js", ""), content_type="text/javascript")
        body = self.pages.get(request.path, self.tag)
        head = "<!doctype html><html lang=en><meta charset=utf-8><title>Shop</title><link rel=stylesheet href=/own.css>"
        page = f"{head}<script src=/own.js></script><h1>Shop</h1><p>Words</p>{body}"
        return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": self.policy})


@asynccontextmanager
async def open_shop(folder: Path) -> AsyncIterator[Shop]:
    """The site and the server, up."""
    shops: list[Shop] = []

    async def send(request: web.Request) -> web.Response:
        return await shops[0].send(request)

    async with serving(web.get("/{page:.*}", send)) as address:
        wishes = {"allowed_origins": [address], "identity_keys": IDENTITY_KEY}
        async with open_town(folder, **BACK_ENDS["webchats"], **wishes) as town:
            shops.append(Shop(town, address))
            yield shops[0]


@dataclass  # without slots: Playwright leaves its wrappers on the object whose methods listen
class Tunnel:
    """What lies between a window and the server's sockets; everything else passes."""

    websockets: bool = True
    polling: bool = True
    deaf: list[WebSocketRoute] = field(default_factory=list)
    passing: list[WebSocketRoute] = field(default_factory=list)

    async def dig(self, context: BrowserContext) -> None:
        """From now on this window's sockets go through."""
        await context.route_web_socket(re.compile(r"/socket\.io/"), self._websocket)
        await context.route(re.compile(r"/socket\.io/\?"), self._poll)

    async def cut(self) -> None:
        """Nothing passes any more, and what passed is closed."""
        self.websockets = self.polling = False
        for socket in self.passing:
            await socket.close(code=1001)
        self.passing.clear()

    def clear(self) -> None:
        """Everything passes again."""
        self.websockets = self.polling = True

    def lull(self) -> None:
        """What is connected stays so, and hears and says nothing any more."""
        self.deaf += self.passing

    async def _websocket(self, near: WebSocketRoute) -> None:
        if not self.websockets:
            await near.close(code=1001)
            return
        self.passing.append(near)
        far = near.connect_to_server()
        near.on_message(lambda message: None if near in self.deaf else far.send(message))
        far.on_message(lambda message: None if near in self.deaf else near.send(message))

    async def _poll(self, route: Route) -> None:
        if self.polling:
            await route.continue_()
        else:
            await route.abort()


async def recorded(tab: Page) -> None:
    """From the next load on, the tab writes down the element's events."""
    await tab.add_init_script(
        """window.events = [];
        for (const name of ["opened", "message", "ended", "unread", "problem"])
          addEventListener(`flex-chat-${name}`, ({ detail }) => events.push([name, detail]));"""
    )


async def told(tab: Page, name: str, *, least: int = 0) -> list[dict[str, object]]:
    """The details of the events of this name, once there are so many."""
    script = """([name, least]) => new Promise((done) => {
      const look = () => {
        const found = events.filter(([one]) => one === name).map(([, detail]) => detail);
        if (found.length >= least) done(found);
      };
      addEventListener(`flex-chat-${name}`, look);
      look();
    })"""
    return list(await tab.evaluate(script, [name, least]))
