"""A browser, a running demo, and a watch on everything the pages complain of."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Request, async_playwright, expect

from tests.browser.demo import Demo, running_demo
from tests.browser.on_stage import Stage, build_stage, standing_stage, until_true
from tests.browser.people import Agent, Visitor
from tests.browser.shop import Shop, open_shop
from tests.waiting import DEADLINE

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)

expect.set_options(timeout=DEADLINE * 1000)

NewVisitor: TypeAlias = Callable[..., Awaitable[Visitor]]
NewStage: TypeAlias = Callable[..., Awaitable[Stage]]


@dataclass  # without slots: Playwright leaves its wrappers on the object whose methods listen
class Watch:
    """Hears what goes wrong in a page: console errors (a breach of the policy too), exceptions, foreign hosts."""

    complaints: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def over(self, page: Page) -> None:
        """Listen to this page."""
        page.on("console", self._console)
        page.on("pageerror", self._exception)
        page.on("request", self._request)

    def unforgiven(self) -> list[str]:
        """What no test has announced."""
        return [one for one in self.complaints if not any(excuse in one for excuse in self.forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _exception(self, error: Error) -> None:
        self.complaints.append(f"exception: {error}")

    def _request(self, request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            self.complaints.append(f"foreign request: {request.url}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the system's Chromium."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None and os.environ.get("CI") == "true":
        pytest.fail("There is no chromium here, and CI must not go without the browser tests.")
    if path is None:
        pytest.skip("There is no chromium here: install it to run the browser tests.")
    return path


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser with a fresh profile."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        await browser.close()


@pytest.fixture
async def demo(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Demo]:
    """A demo of the test's own, on the back end it asks for, which must stop well."""
    backend = getattr(request, "param", "programmable_chat")
    async with running_demo(tmp_path / "demo.log", backend=backend) as demo:
        yield demo
        assert await demo.stop() == 0, (tmp_path / "demo.log").read_text()


@pytest.fixture
async def watch() -> AsyncIterator[Watch]:
    """Fails the test if a page complained."""
    watch = Watch()
    yield watch
    assert watch.unforgiven() == []


@pytest.fixture
async def new_visitor(browser: Browser, demo: Demo, watch: Watch) -> NewVisitor:
    """Makes a visitor nobody has seen: a window of their own, as it may be told (`is_mobile`, …), the page in it."""

    async def come(**window: Any) -> Visitor:
        return Visitor(await open_tab(await browser.new_context(**window), demo.page, watch=watch))

    return come


@pytest.fixture
async def agent(browser: Browser, demo: Demo, watch: Watch) -> Agent:
    """The agent, at the desk."""
    return Agent(await open_tab(await browser.new_context(), demo.desk, watch=watch))


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A site of another origin, with the widget on it."""
    async with open_shop(tmp_path) as shop:
        yield shop


@pytest.fixture(scope="session")
def built_stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage's script, built once."""
    folder = tmp_path_factory.mktemp("stage")
    build_stage(folder)
    return folder


@pytest.fixture
async def new_stage(browser: Browser, built_stage: Path, watch: Watch) -> AsyncIterator[NewStage]:
    """Opens the stage in a window of its own; what a window can be told (`is_mobile`, …) may be given."""
    async with standing_stage(built_stage) as address:

        async def come(**window: Any) -> Stage:
            tab = await open_tab(await browser.new_context(**window), address, watch=watch)
            await until_true(tab, "Boolean(window.stage)")
            return Stage(tab)

        yield come


@pytest.fixture
async def stage(new_stage: NewStage) -> Stage:
    """The stage on a desk's screen."""
    return await new_stage()


async def open_tab(context: BrowserContext, address: str, *, watch: Watch) -> Page:
    """One more tab in this window."""
    page = await context.new_page()
    watch.over(page)
    await page.goto(address)
    return page
