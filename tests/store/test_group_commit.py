"""Many units, one commit: what makes a durable store fast, and what it must not change."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import Message
from middleware.relay.ports import Part, Transaction
from middleware.store.batches import MOST
from middleware.store.errors import RuleBroken
from middleware.store.sqlite import SqliteStore
from tests.store.scenes import CHAT, SECONDS, eventually, open_chat, saying, texts


class Gate:
    """Counts commits, and while it is shut holds the writer just before the next."""

    def __init__(self) -> None:
        self.commits = 0
        self.held = 0
        self._open = threading.Event()
        self._open.set()

    def __call__(self, point: str) -> None:
        if point == "after_commit":
            self.commits += 1
            return
        self.held += 1
        self._open.wait(SECONDS)

    def shut(self) -> None:
        self.held = self.commits = 0
        self._open.clear()

    def open(self) -> None:
        self._open.set()


async def queue_behind_a_commit(store: SqliteStore, gate: Gate, texts: list[str]) -> list[asyncio.Task[Message]]:
    """The first text is held before its commit; the others wait for the next."""
    gate.shut()
    first = asyncio.create_task(store.write(saying(texts[0])))
    await eventually(lambda: gate.held == 1)
    others = [asyncio.create_task(store.write(saying(text))) for text in texts[1:]]
    await asyncio.sleep(0)
    return [first, *others]


async def test_units_that_wait_share_one_commit(tmp_path: Path) -> None:
    """A flush costs the same for one as for many, so throughput grows with load instead of breaking."""
    gate = Gate()
    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        words = [f"word {number}" for number in range(MOST)]
        tasks = await queue_behind_a_commit(store, gate, words)
        gate.open()
        await asyncio.gather(*tasks)
        assert 2 == gate.commits
        assert words == await texts(store)


async def test_nothing_is_acknowledged_before_its_commit(tmp_path: Path) -> None:
    """An acknowledged message is on disk: this is the promise the whole house stands on."""
    gate = Gate()
    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        tasks = await queue_behind_a_commit(store, gate, ["a", "b", "c"])
        for _ in range(100):
            await asyncio.sleep(0)
        assert [False, False, False] == [task.done() for task in tasks]
        assert [] == await texts(store)
        gate.open()
        await asyncio.gather(*tasks)


async def test_results_come_in_the_order_of_the_units(tmp_path: Path) -> None:
    """Bells ring in the order of commit, so a widget sees news in order."""
    gate = Gate()
    finished: list[str] = []
    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        words = [f"word {number}" for number in range(50)]
        tasks = await queue_behind_a_commit(store, gate, words)
        for task in tasks:
            task.add_done_callback(lambda done: finished.append(done.result().text))
        gate.open()
        await asyncio.gather(*tasks)
        await eventually(lambda: len(finished) == len(words))
        assert words == finished


@pytest.mark.parametrize("fault", ["after writing", "before writing", "against a rule"])
async def test_a_unit_that_fails_is_undone_alone(tmp_path: Path, fault: str) -> None:
    """The neighbours in its commit are written once each, in order, and see nothing of it."""
    gate = Gate()

    async def failing(tx: Transaction) -> None:
        if fault != "before writing":
            await saying("never")(tx)
        if fault == "against a rule":
            await tx.add_chat(CHAT)
        raise LookupError

    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        tasks = await queue_behind_a_commit(store, gate, ["a", "b"])
        failed = asyncio.create_task(store.write(failing))
        last = asyncio.create_task(store.write(saying("c")))
        await asyncio.sleep(0)
        gate.open()
        with pytest.raises(RuleBroken if fault == "against a rule" else LookupError):
            await failed
        await asyncio.gather(*tasks, last)
        assert ["a", "b", "c"] == await texts(store)
        assert 2 == gate.commits


async def test_what_was_asked_before_closing_is_finished(tmp_path: Path) -> None:
    """A stop in good order loses nothing, and afterwards the answer is clear."""
    store = SqliteStore(tmp_path / "house.db")
    await store.open()
    await store.write(open_chat)
    words = [f"word {number}" for number in range(1000)]
    tasks = [asyncio.create_task(store.write(saying(word))) for word in words]
    await asyncio.sleep(0)
    await store.close()
    await store.close()
    assert words == [message.text for message in await asyncio.gather(*tasks)]
    with pytest.raises(StoreUnavailable, match="not open"):
        await store.write(saying("late"))
    async with store:
        assert words == await texts(store)


class Kind:
    """Does what is said together, and notes how many there were; at a bad text it fails, having written."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    async def __call__(self, tx: Transaction, words: Sequence[str]) -> Sequence[Message]:
        self.sizes.append(len(words))
        written = [await saying(text)(tx) for text in words]
        if "bad" in words:
            raise LookupError
        return written


async def test_parts_of_a_kind_that_wait_are_done_together(tmp_path: Path) -> None:
    """In the order in which they were asked; what each made comes back to who asked for it."""
    gate, kind = Gate(), Kind()
    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        tasks = await queue_behind_a_commit(store, gate, ["a"])
        for unit in (Part(kind, "b"), saying("x"), Part(kind, "c"), Part(kind, "d")):
            tasks.append(asyncio.create_task(store.write(unit)))
        await asyncio.sleep(0)
        gate.open()
        assert ["a", "b", "x", "c", "d"] == [message.text for message in await asyncio.gather(*tasks)]
        assert [3] == kind.sizes
        assert ["a", "b", "c", "d", "x"] == await texts(store)


async def test_a_part_that_fails_takes_no_other_with_it(tmp_path: Path) -> None:
    """Each is done alone then, and written once."""
    gate, kind = Gate(), Kind()
    async with SqliteStore(tmp_path / "house.db", crash=gate) as store:
        await store.write(open_chat)
        tasks = await queue_behind_a_commit(store, gate, ["a"])
        parts = [asyncio.create_task(store.write(Part(kind, text))) for text in ("b", "bad", "c")]
        await asyncio.sleep(0)
        gate.open()
        await asyncio.gather(*tasks)
        done = await asyncio.gather(*parts, return_exceptions=True)
        assert [Message, LookupError, Message] == [type(one) for one in done]
        assert [3, 1, 1, 1] == kind.sizes
        assert ["a", "b", "c"] == await texts(store)
