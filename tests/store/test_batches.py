"""The thread that works for the loop: together, in order, and never for nobody."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome
from middleware.store.batches import MOST, BatchThread, RunBatch, Work
from tests.store.scenes import SECONDS


@asynccontextmanager
async def thread(run: RunBatch) -> AsyncIterator[BatchThread]:
    """A thread that is ended whatever happens."""
    started = BatchThread("test", run=run, close=lambda: None)
    try:
        yield started
    finally:
        await started.stop()


class Held:
    """Runs batches with `then`, the first not before `let_go`."""

    def __init__(self, then: Callable[[Sequence[Work]], Sequence[Outcome]]) -> None:
        self._then = then
        self._go = threading.Event()
        self.sizes: list[int] = []

    def __call__(self, works: Sequence[Work]) -> Sequence[Outcome]:
        self.sizes.append(len(works))
        assert self._go.wait(SECONDS)
        return self._then(works)

    def let_go(self) -> None:
        self._go.set()


def each_done(works: Sequence[Work]) -> Sequence[Outcome]:
    return [Outcome(work(None)) for work in works]


def unavailable(_works: Sequence[Work]) -> Sequence[Outcome]:
    raise StoreUnavailable("locked")


def giving(number: int) -> Work:
    return lambda _: number


async def ask(worker: BatchThread, many: int) -> list[asyncio.Task[object]]:
    tasks = [asyncio.create_task(worker.do(giving(number))) for number in range(many)]
    await asyncio.sleep(0)
    return tasks


async def test_a_batch_is_bounded() -> None:
    """However many wait, the first of them have their answer soon."""
    held = Held(each_done)
    async with thread(held) as worker:
        tasks = await ask(worker, 3 * MOST)
        held.let_go()
        assert list(range(3 * MOST)) == await asyncio.gather(*tasks)
    assert MOST >= max(held.sizes)
    assert 5 > len(held.sizes)


async def test_nobody_waits_for_the_same_cause_twice() -> None:
    """A thousand asks behind a lock are told together, not one patience after the other; each has its own error."""
    held = Held(unavailable)
    async with thread(held) as worker:
        tasks = await ask(worker, 1000)
        held.let_go()
        errors = await asyncio.gather(*tasks, return_exceptions=True)
    assert 1 == len(held.sizes)
    assert {StoreUnavailable} == {type(error) for error in errors}
    assert 1000 == len({id(error) for error in errors})


async def test_what_waits_at_the_end_is_told_too() -> None:
    """A stop during an outage leaves nobody hanging."""
    held = Held(unavailable)
    async with thread(held) as worker:
        tasks = await ask(worker, 10)
        stopping = asyncio.create_task(worker.stop())
        await asyncio.sleep(0)
        held.let_go()
        await stopping
        errors = await asyncio.gather(*tasks, return_exceptions=True)
        assert {StoreUnavailable} == {type(error) for error in errors}
        with pytest.raises(StoreUnavailable, match="closed"):
            await worker.do(lambda _: 1)


async def test_an_unforeseen_fault_reaches_its_callers_and_the_thread_lives() -> None:
    """One bad batch must not silence the store for ever."""
    faults = [ZeroDivisionError()]

    def run(works: Sequence[Work]) -> Sequence[Outcome]:
        if faults:
            raise faults.pop()
        return each_done(works)

    async with thread(run) as worker:
        with pytest.raises(ZeroDivisionError):
            await worker.do(lambda _: 1)
        assert 2 == await worker.do(lambda _: 2)


async def test_whoever_cannot_be_told_is_no_other_ones_matter(caplog: pytest.LogCaptureFixture) -> None:
    """It is a fault of ours, and logged; the others are told, and the thread lives."""
    told: list[object] = []

    def fail(_outcome: Outcome) -> None:
        raise ZeroDivisionError

    async with thread(each_done) as worker:
        worker.take(giving(1), fail)
        worker.take(giving(2), lambda outcome: told.append(outcome.value))
        assert 3 == await worker.do(giving(3))
    assert [2] == told
    assert ["What came of a write could not be told."] == [record.message for record in caplog.records]


async def test_what_is_asked_of_a_thread_that_has_ended_is_told_later() -> None:
    """Nobody who asks without waiting is called back while asking."""
    told: list[Outcome] = []
    async with thread(each_done) as worker:
        pass
    worker.take(giving(1), told.append)
    assert [] == told
    await asyncio.sleep(0)
    assert [StoreUnavailable] == [type(outcome.error) for outcome in told]
