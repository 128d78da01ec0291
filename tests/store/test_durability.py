"""Nodes die at the worst moments; whatever they had acknowledged is there."""

import asyncio
import sys
from pathlib import Path

import pytest

from middleware.relay.model import Delivery, Message
from middleware.store.sqlite import SqliteStore
from tests.store.scenes import CHAT, SECONDS

ROOT = Path(__file__).parents[2]


async def die(path: Path, *crash: str, after: int | None = None) -> list[str]:
    """Let a node write until it dies by itself, or is killed after so many acknowledgements; those it gave."""
    node = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.store.mortal", str(path), *crash, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert node.stdout is not None
    acknowledged: list[str] = []
    async with asyncio.timeout(SECONDS):
        async for line in node.stdout:
            acknowledged.append(line.decode().strip())
            if len(acknowledged) == after:
                node.kill()
        await node.wait()
    return acknowledged


async def left_behind(path: Path) -> tuple[list[Message], list[Delivery]]:
    """What the next node finds."""
    async with SqliteStore(path) as store:
        messages = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=1_000_000))
        return messages, await store.write(lambda tx: tx.owed_to(CHAT.id))


def check(acknowledged: list[str], messages: list[Message], owed: list[Delivery]) -> None:
    texts = [message.text for message in messages]
    assert [] == sorted(set(acknowledged) - set(texts)), "acknowledged and lost"
    assert len(texts) == len(set(texts)), "written twice"
    assert list(range(1, len(texts) + 1)) == [message.seq for message in messages]
    assert texts == [delivery.message.text for delivery in owed if delivery.message], "written, but owed to nobody"


@pytest.mark.parametrize("after", [1, 50, 500, 2000])
async def test_a_killed_node_has_lost_nothing_it_acknowledged(tmp_path: Path, after: int) -> None:
    """And nothing is half there: every message has its place and its delivery."""
    path = tmp_path / "house.db"
    acknowledged = await die(path, after=after)
    assert after <= len(acknowledged)
    check(acknowledged, *await left_behind(path))


@pytest.mark.parametrize("count", ["4", "20"])
async def test_a_node_that_dies_before_its_commit_leaves_the_commits_before(tmp_path: Path, count: str) -> None:
    """What was under way is absent, and its callers had no answer."""
    path = tmp_path / "house.db"
    acknowledged = await die(path, "before_commit", count)
    messages, owed = await left_behind(path)
    check(acknowledged, messages, owed)


@pytest.mark.parametrize("count", ["4", "20"])
async def test_a_node_that_dies_after_its_commit_leaves_it(tmp_path: Path, count: str) -> None:
    """Written though nobody was told: the repeated ask finds it, and it is owed once."""
    path = tmp_path / "house.db"
    acknowledged = await die(path, "after_commit", count)
    messages, owed = await left_behind(path)
    check(acknowledged, messages, owed)
    assert len(acknowledged) < len(messages)
