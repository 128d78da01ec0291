"""T11, T13: visitors come and go, and some do not read."""

import asyncio
from pathlib import Path

from tests.torture.flexland import Manners
from tests.torture.history import Acked, Asked, Deed
from tests.torture.memory import resident
from tests.torture.order import Order
from tests.torture.page import Page
from tests.torture.stage import Outcome, Stage, open_stage
from tests.torture.times import spread, to_acknowledge

QUEUED = 40
"""Texts a visitor types while offline."""

PADDING = 15_000
"""Letters in each text that pages do not read: a connection holds some megabytes before the node notices."""


async def t11(order: Order) -> Outcome:
    """Connections are cut all the time; pages have twins, are reloaded, and type offline."""
    visitors, seconds = order.figure(short=(15, 4.0), full=(150, 60.0))
    async with open_stage("T11 flapping", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        pages = stage.crowd(visitors, each=100_000, pause=(0.3, 1.5))
        flaps = asyncio.gather(*(_flap(stage, page, seconds) for page in pages))
        await asyncio.sleep(seconds / 3)
        for page in pages[: visitors // 3]:
            stage.page(page.visitor, "twin")  # it has the visitor's token, as a second tab has
        for page in pages[visitors // 3 : 2 * visitors // 3]:
            _reload(stage, page)
        offline = pages[2 * visitors // 3 :]
        for page in offline:
            page.offline(yes=True)
        await asyncio.sleep(seconds / 3)
        for page in offline:
            page.offline(yes=False)
        await flaps
        stage.hush()
        return await stage.settle()


async def _flap(stage: Stage, page: Page, seconds: float) -> None:
    """Cut every one to five seconds, often just behind an ask."""
    ends = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(stage.dice.uniform(1, 5))
        if stage.dice.random() < 0.5:
            await page.asking(within=2)
            await asyncio.sleep(stage.dice.uniform(0, 0.004))
        stage.faults += 1
        page.cut()


def _reload(stage: Stage, page: Page) -> None:
    """The page forgets all but what its browser keeps, and what is still to be said."""
    page.leave()
    fresh = stage.page(page.visitor, "reloaded")
    fresh.inherit(page)


async def t11_offline(order: Order) -> Outcome:
    """A visitor types 40 texts while offline; all arrive, in order."""
    visitors, times = order.figure(short=(5, 1), full=(30, 4))
    async with open_stage("T11 offline", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        pages = stage.crowd(visitors, each=1, pause=(0.1, 0.2), spread=0.2)
        await asyncio.sleep(1.5)
        for number in range(times):
            for page in pages:
                page.offline(yes=True)
                stage.faults += 1
                for text in range(QUEUED):
                    page.say(f"{page.visitor.tag}:v{2 + number * QUEUED + text}")
            await asyncio.sleep(0.5)
            for page in pages:
                page.offline(yes=False)
            await asyncio.sleep(order.figure(short=1.0, full=4.0))
        return await stage.settle()


async def t13(order: Order) -> Outcome:
    """Pages that do not read are told megabytes; each is cut and comes back complete; others do not mind."""
    slow, others, texts = order.figure(short=(3, 10, 120), full=(10, 50, 500))
    limits = order.figure(short={"unread_bytes": 100_000}, full={})
    async with open_stage(
        "T13 slow readers",
        seed=order.seed,
        keep=order.keep,
        backend=order.backend,
        manners=Manners(chance=0),
        limits={**limits, "log_seconds": 0.0},
    ) as stage:
        deaf = stage.crowd(slow, each=1, pause=(0.1, 0.2), spread=0.3)
        await asyncio.sleep(2)
        channels = stage.flexland.channels
        lively = stage.crowd(others, each=100_000, pause=(0.3, 1.0))
        before = resident(stage.keeper.pid)
        for page in deaf:
            page.read_no_more()
            stage.faults += 1
        for _ in range(texts // 10):
            for channel in channels:
                stage.flexland.say(channel, 10, padding=PADDING)
                await stage.flexland.keeps_up(most=200)
        grown = (resident(stage.keeper.pid) - before) / 1e6
        cut = _cut_for_not_reading(stage)
        told = texts * PADDING / 1e6
        stage.notes.append(f"{slow} pages were told {told:.1f} MB each, {cut} cut; the node grew by {grown:.0f} MB")
        if cut < slow:
            stage.problems.append(f"only {cut} of {slow} pages that do not read were cut")
        stage.hush()
        others_took = spread(to_acknowledge(_only(stage, lively)))
        stage.notes.append(f"the others, asked to acknowledged: {others_took}")
        for page in deaf:
            page.cut()
        return await stage.settle()


def _cut_for_not_reading(stage: Stage) -> int:
    log = (Path(stage.keeper.spec.folder) / "node.log").read_text(errors="replace")
    return log.count("it does not read what it is told")


def _only(stage: Stage, pages: list[Page]) -> list[Deed]:
    tags = {page.visitor.tag for page in pages}
    return [deed for deed in stage.history if isinstance(deed, Asked | Acked) and deed.visitor in tags]
