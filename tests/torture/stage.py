"""A stage for one run: Flexland, a node, a crowd of visitors; and what came of it."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.torture.checker import Verdict, check
from tests.torture.flexland import Flexland, Manners, open_flexland
from tests.torture.history import Deed, Tag, write_lines
from tests.torture.keeper import BACK_ENDS, Keeper, open_keeper
from tests.torture.page import Page, Visitor
from tests.torture.planted import found_in
from tests.torture.times import spread, to_acknowledge, to_the_page

RECOVERY_SECONDS = 90.0
"""When everything is not delivered this long after the last fault, recovery has not come."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to; `problems` are broken figures of the run's own, `notes` are measured."""

    run: str
    faults: int
    verdict: Verdict
    recovery: float | None
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return self.verdict.clean and self.recovery is not None and not self.problems


@dataclass(slots=True)
class Stage:
    """Everything a run acts on."""

    name: str
    dice: random.Random
    history: list[Deed]
    flexland: Flexland
    keeper: Keeper
    http: aiohttp.ClientSession
    address: str
    peers: list[Keeper] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    faults: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _lives: dict[Page, "asyncio.Task[None]"] = field(default_factory=dict)
    _typing: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def keepers(self) -> tuple[Keeper, ...]:
        """The keeper of every node."""
        return (self.keeper, *self.peers)

    # --- visitors

    def page(self, visitor: Visitor, name: str = "1") -> Page:
        """A page of this visitor, alive from now on."""
        page = Page(visitor, name, http=self.http, url=self.address, write=self.history.append, dice=self._own_dice())
        self.pages.append(page)
        self._lives[page] = asyncio.create_task(page.live())
        return page

    def crowd(self, count: int, *, each: int, pause: tuple[float, float], spread: float = 1.0) -> list[Page]:
        """So many visitors who come within `spread` seconds and say `each` texts, pausing between them."""
        pages = [self.page(Visitor(Tag(f"v{len(self.pages)}"))) for _ in range(count)]
        for page in pages:
            self.types(page, each, pause=pause, first=self.dice.uniform(0, spread))
        return pages

    def types(self, page: Page, each: int, *, pause: tuple[float, float], first: float = 0.0, start: int = 1) -> None:
        """Let the page's visitor say so many texts, numbered from `start` on."""

        async def type_all() -> None:
            await asyncio.sleep(first)
            for number in range(start, start + each):
                (page.visitor.front or page).say(f"{page.visitor.tag}:v{number}")
                await asyncio.sleep(self.dice.uniform(*pause))

        task = asyncio.create_task(type_all())
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    def hush(self) -> None:
        """Nobody says anything new."""
        for task in self._typing:
            task.cancel()

    @property
    def typing(self) -> bool:
        """Whether somebody is still to say something."""
        return bool(self._typing)

    async def typed(self, *, within: float) -> None:
        """Wait until everybody has said all they want to say (acknowledged or not)."""
        if self._typing:
            await asyncio.wait(self._typing, timeout=within)

    # --- the end

    async def settle(self, *, within: float = RECOVERY_SECONDS) -> Outcome:
        """The faults are over: wait until everything is delivered, and judge."""
        started = time.monotonic()
        recovery = None
        self.flexland.relent()
        for keeper in self.keepers:
            if not keeper.alive:
                await keeper.start()
        while recovery is None and (passed := time.monotonic() - started) < within:
            if self._silent() and self.judge().settled:
                recovery = passed
            await asyncio.sleep(max(0.1, (time.monotonic() - started - passed) * 2))  # judging must not be the load
        await self.flexland.quiet(within=within)
        return await self._outcome(recovery)

    def _silent(self) -> bool:
        """Whether everybody has said all, and knows that it was heard."""
        return not self.typing and all(page.silent for page in self.pages)

    def judge(self) -> Verdict:
        """The verdict so far."""
        return check([*self.history, *self.flexland.snapshot()])

    async def _outcome(self, recovery: float | None) -> Outcome:
        """What comes late may still be doubled, so a moment passes first."""
        await asyncio.sleep(0.5)
        notes = [
            *self.notes,
            f"asked to acknowledged: {spread(to_acknowledge(self.history))}",
            f"agent to page: {spread(to_the_page(self.history))}",
        ]
        if unforeseen := [line for keeper in self.keepers for line in keeper.faults_in_log()]:
            notes.append(f"{len(unforeseen)} unforeseen: {unforeseen[0][:300]}")
        sockets = {sid for page in self.pages for sid in page.visitor.sockets}
        for keeper in self.keepers:
            self.problems += found_in(keeper.log, sockets=sockets)
        refusals: dict[str, int] = {}
        for page in self.pages:
            for code, count in page.visitor.refusals.items():
                refusals[code] = refusals.get(code, 0) + count
        if refusals:
            notes.append("asks refused or unanswered: " + ", ".join(f"{n} {code}" for code, n in refusals.items()))
        faults = self.faults + self.flexland.faults
        return Outcome(self.name, faults, self.judge(), recovery, tuple(self.problems), tuple(notes))

    async def close(self) -> None:
        """Send everybody home. They are told again: `wait_for` may lose a cancellation that meets an answer."""
        here: set[asyncio.Task[None]] = {*self._typing, *self._lives.values()}
        while here:
            for task in here:
                task.cancel()
            _, here = await asyncio.wait(here, timeout=1)

    def _own_dice(self) -> random.Random:
        return random.Random(self.dice.getrandbits(64))  # noqa: S311 — for play


@asynccontextmanager
async def open_stage(
    name: str,
    *,
    seed: int,
    manners: Manners | None = None,
    keep: Path | None = None,
    backend: str = "programmable_chat",
    address: str | None = None,
    **spec: Any,
) -> AsyncIterator[Stage]:
    """A stage with its node up; all it started ends with the block. `keep` is a folder for the history.

    Pages go to `address`, if they do not go to the node itself.
    """
    spec["settings"] = {**BACK_ENDS[backend], **spec.get("settings", {})}
    dice = random.Random(f"{name} {seed}")  # noqa: S311 — for play
    history: list[Deed] = []
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        async with (
            open_flexland(write=history.append, dice=dice) as flexland,
            open_keeper(Path(folder), twilio_url=flexland.url, **spec) as keeper,
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()) as http,
        ):
            flexland.manners = manners or Manners()
            stage = Stage(name, dice, history, flexland, keeper, http, address or keeper.url)
            await keeper.start()
            try:
                yield stage
            finally:
                await stage.close()
                if keep is not None:
                    write_lines([*history, *flexland.snapshot()], keep / f"{name.replace(' ', '-')}.jsonl")
