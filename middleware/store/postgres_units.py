"""Runs units of work on a line: several in one commit, each whole or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import asyncpg

from middleware.relay.errors import StoreUnavailable
from middleware.relay.ports import Outcome
from middleware.store import postgres_sql
from middleware.store.batches import CrashPoint, Work
from middleware.store.postgres_errors import AGAIN, BROKEN, LOST, told, unavailable
from middleware.store.postgres_jobs import Job
from middleware.store.postgres_line import Line
from middleware.store.postgres_lines import Lines
from middleware.store.postgres_transaction import PostgresTransaction
from middleware.store.reading import SqlReading
from middleware.store.steps import Asked, AskedStatements, drive

_MOST_CLASHES = 3
"""A unit that clashes more often does so for a reason of its own."""
_LEAST_SECONDS = 0.5
"""What a batch may take at least, however long its units have waited."""
# The first unit holds nothing yet and may wait for another node; those behind it hold what the first ones hold, and
# must not, or two batches could wait for one another.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = '2s'"
_SECOND = "SET LOCAL lock_timeout = '20ms'; SAVEPOINT unit"
_NEXT = "RELEASE SAVEPOINT unit; SAVEPOINT unit"
_VIEW = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


class Rung(Protocol):
    """How other nodes are told of news: on a channel of the database, at the commit; or else by a call behind it."""

    @property
    def channel(self) -> str:
        """Empty if it is done by the call."""

    def ring(self, rings: Sequence[str]) -> None:
        """What they say is committed; never fails, never waits."""


class Viewing:
    """Runs views on one state; called with a line and jobs. That state holds every write finished before."""

    async def __call__(self, line: Line, jobs: Sequence[Job]) -> None:
        """Tell each view what it read; those behind one that failed are run again."""
        with line.within(_time_for(jobs)):
            try:
                await line.run(_VIEW)
                for job in jobs:
                    unit = _Unit(line, postgres_sql.READING)
                    job.tell(await unit.outcome(job.work, SqlReading(unit.statements)))
                    if unit.failed:
                        await line.run("ROLLBACK")
                        return
                await line.run("COMMIT")
            except BROKEN as error:
                line.cut()
                raise unavailable("read", error) from error


class Writing:
    """Runs units and commits them; called with a line and jobs. `rung` tells others of news, behind the commit."""

    def __init__(self, lines: Lines, *, node: str, life: str, rung: Rung, crash: CrashPoint) -> None:
        self._lines = lines
        self._node = node
        self._life = life
        self._rung = rung
        self._crash = crash

    async def __call__(self, line: Line, jobs: Sequence[Job]) -> None:
        """Tell each unit that is committed, or has failed for good; the others are run again."""
        batch = _Batch(line, self._node)
        with line.within(_time_for(jobs)):
            try:
                await batch.run(jobs)
                number = await self._commit(batch)
            except BROKEN as error:
                line.cut()
                raise unavailable("write", error) from error
        if number is not None:
            await self._resolve(number, batch)
        if batch.rings:
            self._rung.ring(batch.rings)
        for job, outcome in batch.done:
            job.tell(outcome)

    async def _commit(self, batch: "_Batch") -> str | None:
        """The transaction's number if nobody knows whether it was committed."""
        if not batch.done:
            await batch.line.run("ROLLBACK")
            return None
        number: str | None = None
        if batch.wrote:
            told = await batch.line.rows(postgres_sql.TELL, ([*batch.news], self._life, self._rung.channel))
            number, batch.rings = told[0][0], [ring for _, ring, _ in told if ring is not None]
        self._crash("before_commit")
        try:
            await batch.line.run("COMMIT")
        except BROKEN:
            batch.line.cut()
            if number is None:
                raise
            return number
        self._crash("after_commit")
        return None

    async def _resolve(self, number: str, batch: "_Batch") -> None:
        """Find out what became of the transaction. Raises `StoreUnavailable` if it is not committed.

        If nobody can say, every caller is told so and may ask again: an ask has its id, an event its key, a claim its
        number, by which the store knows what it has.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + max(_time_for([job for job, _ in batch.done]), 1.0)
        while (state := await self._state(number, until=until)) not in {"committed", "aborted"}:
            if loop.time() > until:
                raise _tell_unknown(batch)
            await asyncio.sleep(0.05)
        if state == "aborted":
            raise StoreUnavailable("The store could not commit; nothing was changed.")

    async def _state(self, number: str, *, until: float) -> str | None:
        try:
            async with self._lines.lent(until=until) as line:
                with line.within(until - asyncio.get_running_loop().time()):
                    state: str | None = await line.value(postgres_sql.OUTCOME, number)
                    return state
        except (StoreUnavailable, *BROKEN):
            return None


def _tell_unknown(batch: "_Batch") -> StoreUnavailable:
    text = "The store was lost at the commit, and cannot be asked whether it was made: ask again."
    for job, _ in batch.done:
        job.tell(Outcome(error=StoreUnavailable(text)))
    return StoreUnavailable(text)


@dataclass(slots=True)
class _Batch:
    """One transaction, and what came of its units."""

    line: Line
    node: str
    done: list[tuple[Job, Outcome]] = field(default_factory=list)
    news: set[str] = field(default_factory=set)
    rings: list[str] = field(default_factory=list)
    wrote: bool = False

    async def run(self, jobs: Sequence[Job]) -> None:
        """Begin, and run the units up to the first that must be run again, or that fails with nothing before it."""
        await self.line.run(_BEGIN)
        for place, job in enumerate(jobs):
            if place:
                await self.line.run(_SECOND if place == 1 else _NEXT)
            if not await self._one(job, alone=place == 0):
                return

    async def _one(self, job: Job, *, alone: bool) -> bool:
        """Whether the batch goes on behind this unit."""
        unit = _Unit(self.line, postgres_sql.WRITING)
        transaction = PostgresTransaction(unit.statements, node=self.node)
        outcome = await unit.outcome(job.work, transaction)
        if outcome.error is None:
            self.done.append((job, outcome))
            self.news |= transaction.news
            self.wrote = self.wrote or unit.wrote
            return True
        if not alone:
            await self.line.run("ROLLBACK TO SAVEPOINT unit")
        if _is_to_run_again(unit.failed, job):
            return False
        if alone:
            job.tell(outcome)
        else:
            self.done.append((job, outcome))
        return not alone


class _Unit:
    """One unit or view on a line. `failed` is the first statement's error, whatever the unit made of it."""

    def __init__(self, line: Line, texts: Mapping[str, str]) -> None:
        self.statements = AskedStatements()
        self.failed: BaseException | None = None
        self.wrote = False
        self._line = line
        self._texts = texts

    async def outcome(self, work: Work, view: SqlReading) -> Outcome:
        """What it returned or raised. Raises the driver's error if the line is lost."""
        value, error = None, None
        try:
            value = await drive(work(view), self._answer)
        except BaseException as raised:  # noqa: BLE001 — whatever it is, it belongs to the unit's caller
            error = raised
        if self.failed is not None and (self._line.closed or isinstance(self.failed, LOST)):
            raise self.failed
        error = error or self.failed
        return Outcome(value) if error is None else Outcome(error=told(error))

    async def _answer(self, asked: Asked) -> Any:
        text = self._texts.get(asked.statement, asked.statement)
        try:
            if asked.counted:
                answer: Any = await self._line.count(text, asked.parameters)
            else:
                answer = await self._line.rows(text, asked.parameters)
        except Exception as error:
            self.failed = self.failed or error
            raise
        self.wrote = self.wrote or not text.startswith("SELECT")
        return answer


def _is_to_run_again(failed: BaseException | None, job: Job) -> bool:
    """Another node was in the way; or wrote the same just before, which the unit will see when it is run again."""
    clash = isinstance(failed, asyncpg.UniqueViolationError)
    job.clashes += clash
    return isinstance(failed, AGAIN) or (clash and job.clashes <= _MOST_CLASHES)


def _time_for(jobs: Sequence[Job]) -> float:
    """Seconds until the first of them has waited long enough."""
    return max(min(job.deadline for job in jobs) - asyncio.get_running_loop().time(), _LEAST_SECONDS)
