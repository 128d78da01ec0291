"""T9: the store cannot be written for a while."""

import asyncio
import sqlite3
from pathlib import Path

from tests.torture.order import Order
from tests.torture.stage import Outcome, Stage, open_stage

_PAGE_SLACK = 16_384
"""Bytes that a full disk still has: some commits pass, and then one does not."""


async def t9_locked(order: Order) -> Outcome:
    """Another process holds SQLite's write lock, longer than the house waits for it."""
    visitors, held, times = order.figure(short=(10, 6.5, 1), full=(40, 10.0, 3))
    async with open_stage("T9 store locked", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.3, 1.0))
        for _ in range(times):
            await asyncio.sleep(1.5)
            other = sqlite3.connect(_database(stage), isolation_level=None, timeout=5)
            other.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(held)
            other.execute("ROLLBACK")
            other.close()
            stage.faults += 1
        return await _settled(stage)


async def t9_full(order: Order) -> Outcome:
    """The disk is full, and later it is not."""
    visitors, lasting, times = order.figure(short=(10, 2.0, 1), full=(40, 5.0, 4))
    async with open_stage("T9 disk full", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.2, 0.8))
        for _ in range(times):
            await asyncio.sleep(1.5)
            # Not behind the log's end: a log that has just begun anew has room before it.
            await stage.keeper.tell(file_bytes=_PAGE_SLACK)
            await asyncio.sleep(lasting)
            await stage.keeper.tell(file_bytes=None)
            stage.faults += 1
        return await _settled(stage)


async def t9_read_only(order: Order) -> Outcome:
    """No byte can be written, as on a disk that has become read-only."""
    visitors, lasting, times = order.figure(short=(10, 2.0, 1), full=(40, 5.0, 4))
    async with open_stage("T9 read-only", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.2, 0.8))
        for _ in range(times):
            await asyncio.sleep(1.5)
            await stage.keeper.tell(file_bytes=0)
            await asyncio.sleep(lasting)
            await stage.keeper.tell(file_bytes=None)
            stage.faults += 1
        return await _settled(stage)


def _database(stage: Stage) -> Path:
    return Path(stage.keeper.spec.folder) / "relay.db"


async def _settled(stage: Stage) -> Outcome:
    """Some asks were refused as `unavailable`, and none was half-written; the node went on by itself."""
    stage.hush()
    if not any("unavailable" in page.visitor.refusals for page in stage.pages):
        stage.problems.append("no ask was refused as unavailable: the store was not in trouble")
    if not stage.keeper.alive:
        stage.problems.append("the node died")
    outcome = await stage.settle()
    if (found := _integrity(_database(stage))) != "ok":
        stage.problems.append(f"integrity_check: {found}")
    return outcome


def _integrity(path: Path) -> str:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reading:
        found = str(reading.execute("PRAGMA integrity_check").fetchone()[0])
    reading.close()
    return found
