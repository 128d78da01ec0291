"""A thread that is handed works one by one and does as many at once as wait."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import Context, copy_context
from functools import partial
from typing import Any, TypeAlias

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome, Part, Then
from middleware.relay.units import tell_future

log = logging.getLogger(__name__)

MOST = 256
"""Works in one batch: enough to share the price of a commit, few enough that nobody waits long for the others."""

MANY = 3
"""Works in one batch that tell of others to come."""
LINGER_SECONDS = 0.002
"""How long a batch waits for others when there are many: a commit costs as much for thirty as for three."""

Work: TypeAlias = Callable[[Any], Any]


CrashPoint: TypeAlias = Callable[[str], None]
"""Called with `before_commit` and `after_commit`, for tests that die there."""


RunBatch: TypeAlias = Callable[[Sequence[Work]], Sequence[Outcome]]
"""One outcome for each work, in order. Raises `StoreUnavailable` if none was begun."""

_Job: TypeAlias = tuple[Work, Then, Context]
"""A work, and who is told in which context what came of it."""
_Told: TypeAlias = tuple[Then, Context, Outcome]


class BatchThread:
    """Runs batches in a thread of its own, so that the event loop never waits for a disk.

    Behind a batch of many works it lingers for more, so many seconds; what comes alone is done at once.
    """

    def __init__(self, name: str, *, run: RunBatch, close: Callable[[], None], linger: float = 0.0) -> None:
        self._run = run
        self._linger = linger
        self._busy = False
        self._close = close
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._stopping = False
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)
        self._thread.start()

    async def do(self, work: Work) -> Any:
        """What the work returns or raises; it is done even if nobody waits for it any more."""
        future = self._loop.create_future()
        self.take(work, partial(tell_future, future))
        return await future

    def take(self, work: Work, then: Then) -> None:
        """The same, told to `then` in the context of whoever asks."""
        context = copy_context()
        if self._stopping:
            self._loop.call_soon(then, Outcome(error=StoreUnavailable("The store is closed.")), context=context)
        else:
            self._jobs.put((work, then, context))

    async def stop(self) -> None:
        """Finish what waits, close, and end the thread."""
        if not self._stopping:
            self._stopping = True
            self._jobs.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def _main(self) -> None:
        going_on = True
        while going_on:
            jobs, going_on = self._take()
            if jobs:
                self._tell(self._do(jobs))
        self._close()
        self._call(self._ended.set_result, None)

    def _take(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take those behind it; False with the last."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        if self._busy and self._linger and not self._stopping:
            time.sleep(self._linger)
        while job is not None:
            jobs.append(job)
            if len(jobs) == MOST or self._jobs.empty():
                self._busy = len(jobs) >= MANY
                return jobs, True
            job = self._jobs.get()
        return jobs, False

    def _do(self, jobs: list[_Job]) -> Iterable[_Told]:
        jobs = _alike_together(jobs)
        try:
            outcomes = self._run([work for work, _, _ in jobs])
        except StoreUnavailable as error:
            # What came meanwhile has waited for the same cause: nobody waits for it twice.
            return [(then, context, Outcome(error=own(error))) for _, then, context in jobs + self._waiting()]
        except BaseException as error:  # noqa: BLE001 — the callers get it; the thread must live for the next batch
            return [(then, context, Outcome(error=error)) for _, then, context in jobs]
        return [(then, context, outcome) for (_, then, context), outcome in zip(jobs, outcomes, strict=True)]

    def _waiting(self) -> list[_Job]:
        jobs = []
        for _ in range(self._jobs.qsize()):
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)  # the last word stays the last: nothing follows it
                break
            jobs.append(job)
        return jobs

    def _tell(self, told: Iterable[_Told]) -> None:
        self._call(_tell, told)

    def _call(self, function: Callable[..., Any], argument: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(function, argument)
        except RuntimeError:
            return  # The loop is closed: nobody waits any more.


def _alike_together(jobs: list[_Job]) -> list[_Job]:
    """What can be done together stands together, at the place of the first. They are told in the order they are run."""
    kinds: dict[object, list[_Job]] = {}
    for place, job in enumerate(jobs):
        kinds.setdefault(kind_of(job[0]) or place, []).append(job)
    return [job for alike in kinds.values() for job in alike]


def kind_of(work: Work) -> Callable[..., Any] | None:
    """What does all of the work's kind together; None if it is done alone."""
    return work.together if isinstance(work, Part) else None


def own(error: StoreUnavailable) -> StoreUnavailable:
    """The same error once more: callers that share one instance would write into one another's tracebacks."""
    copy = type(error)(*error.args)
    copy.__cause__ = error.__cause__
    return copy


def _tell(told: Iterable[_Told]) -> None:
    """One that cannot be told is no other's matter."""
    for then, context, outcome in told:
        try:
            context.run(then, outcome)
        except Exception:
            log.exception("What came of a write could not be told.")
