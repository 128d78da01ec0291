"""Units and views that wait for a connection, and the tasks that run them."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome
from middleware.relay.units import tell_future
from middleware.store.batches import Work, own
from middleware.store.errors import StoreRefused
from middleware.store.postgres_line import Line
from middleware.store.postgres_lines import Lines

log = logging.getLogger(__name__)

MOST = 32
"""Works in one batch: enough to share the price of a commit, few enough that what they hold is soon free again."""

_RETRY_SECONDS = 0.2
"""Between two attempts to reach a database that is away."""


@dataclass(slots=True, eq=False)
class Job:
    """One unit or view, and who waits for it; `deadline` is by the loop's clock.

    `clashes` counts how often somebody else had just written what it was about to write.
    """

    work: Work
    future: "asyncio.Future[Any]"
    deadline: float
    clashes: int = 0
    told: bool = False

    def tell(self, outcome: Outcome) -> None:
        """Give the caller what came of it; it will not be run again."""
        self.told = True
        tell_future(self.future, outcome)


Run: TypeAlias = Callable[[Line, Sequence[Job]], Awaitable[None]]
"""Runs the jobs and tells those that are done; the others are run again. Raises `StoreUnavailable` for them."""


class Jobs:
    """One queue, several tasks: each takes its share of what waits, and a line to run it on.

    What could not be run for `patience` seconds is told so. What is not told is run again, in the order it was asked.
    """

    def __init__(self, lines: Lines, *, run: Run, at_once: int, patience: float) -> None:
        self._lines = lines
        self._run = run
        self._at_once = at_once
        self._patience = patience
        self._waiting: deque[Job] = deque()
        self._come = asyncio.Condition()
        self._stopping = False
        self._tasks = [asyncio.create_task(self._serve()) for _ in range(at_once)]

    async def do(self, work: Work) -> Any:
        """What the work returns or raises; it is done even if nobody waits for it any more."""
        if self._stopping:
            raise StoreUnavailable("The store is closed.")
        loop = asyncio.get_running_loop()
        job = Job(work, loop.create_future(), loop.time() + self._patience)
        self._waiting.append(job)
        async with self._come:
            self._come.notify()
        return await job.future

    async def stop(self) -> None:
        """Finish what waits, and end the tasks."""
        self._stopping = True
        async with self._come:
            self._come.notify_all()
        await asyncio.gather(*self._tasks)

    async def _serve(self) -> None:
        while jobs := await self._take():
            error = None
            try:
                async with self._lines.lent(until=jobs[0].deadline) as line:
                    await self._on(line, jobs)
            except StoreUnavailable as raised:
                error = raised
            except Exception as raised:
                log.exception("A unit failed in an unforeseen way.")
                for job in jobs:
                    job.tell(Outcome(error=raised))
            except BaseException as raised:
                for job in jobs:
                    job.tell(Outcome(error=raised))
                raise
            await self._put_back([job for job in jobs if not job.told], error)

    async def _on(self, line: Line, jobs: Sequence[Job]) -> None:
        """A line on which something unforeseen happened may be in the midst of a transaction: nobody gets it again."""
        try:
            await self._run(line, jobs)
        except StoreUnavailable:
            raise
        except BaseException:
            line.cut()
            raise

    async def _take(self) -> list[Job]:
        """The task's share of what waits; nothing at the end."""
        async with self._come:
            await self._come.wait_for(lambda: self._waiting or self._stopping)
            share = min(MOST, -(-len(self._waiting) // self._at_once))
            return [self._waiting.popleft() for _ in range(share)]

    async def _put_back(self, jobs: list[Job], error: StoreUnavailable | None) -> None:
        now = asyncio.get_running_loop().time()
        for job in jobs:
            if error is not None and (job.deadline <= now or isinstance(error, StoreRefused)):
                job.tell(Outcome(error=own(error)))
            elif job.deadline <= now:
                job.tell(Outcome(error=StoreUnavailable("Others were in the way for too long; nothing was changed.")))
        if error is not None:
            await asyncio.sleep(_RETRY_SECONDS)
        self._waiting.extendleft(job for job in reversed(jobs) if not job.told)
