"""The store in a PostgreSQL database, for any number of nodes."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from typing import cast
from urllib.parse import urlsplit

from middleware.relay.errors import StoreUnavailable
from middleware.relay.nodes import Elsewhere, NodeBell
from middleware.relay.ports import Transaction
from middleware.store.batches import CrashPoint
from middleware.store.errors import StoreRefused
from middleware.store.migrate import migrations
from middleware.store.postgres_clock import DatabaseClock
from middleware.store.postgres_jobs import Jobs
from middleware.store.postgres_keeper import NEWS, OWED, Keeper
from middleware.store.postgres_line import Address, Line, connect
from middleware.store.postgres_lines import Lines
from middleware.store.postgres_migrate import migrate, require
from middleware.store.postgres_transaction import PostgresTransaction
from middleware.store.postgres_units import Viewing, Writing
from middleware.store.sql_store import SqlStore

_CALL_SECONDS = 1.0


class PostgresStore(SqlStore):
    """The truth, in a database: every commit is durable there before it is acknowledged.

    `node` is this process's name, the same after a restart and no other's. `connections` is how many it may have open.
    `patience` is how many seconds a unit is tried for before it is `StoreUnavailable`. `crash` is called with
    `before_commit` and `after_commit`, for tests that die there; `ticks` are the seconds of this machine. A `guest`
    uses the database beside the nodes, and does not migrate it.
    """

    def __init__(
        self,
        dsn: str,
        *,
        node: str,
        connections: int = 8,
        patience: float = 3.0,
        crash: CrashPoint | None = None,
        guest: bool = False,
        ticks: Callable[[], float] | None = None,
    ) -> None:
        node = f"{node}~{secrets.token_hex(3)}" if guest else node
        self._address = Address(dsn, name=spoken(dsn), node=node)
        self._connections = connections
        self._guest = guest
        self._patience = patience
        self._crash = crash or (lambda _point: None)
        self.clock = DatabaseClock() if ticks is None else DatabaseClock(ticks)
        self._lines = Lines(self._connect, most=connections)
        self._keeper = Keeper(self._lines, node=node, clock=self.clock, release=self._release)
        self._rung = _Rung()
        self._keeping: asyncio.Task[None] | None = None
        self._calling: asyncio.Task[None] | None = None
        self._call_from = 0.0

    async def open(self) -> None:
        """Connect, and bring the schema up to date. Raises `StoreRefused` or `StoreUnavailable`."""
        try:
            async with self._lines.lent(until=asyncio.get_running_loop().time() + self._patience) as line:
                await demand_utf8(line)
                await (require if self._guest else migrate)(line, migrations("postgres"))
                await self._keeper.begin(line)
        except BaseException:
            await self._lines.close()
            raise
        self._rung.by_channel(f"{NEWS}_{self._keeper.schema}")
        writing = Writing(
            self._lines, node=self._keeper.node, life=self._keeper.life, rung=self._rung, crash=self._crash
        )
        writers = max(1, self._connections - 3)
        self._units = Jobs(self._lines, run=writing, at_once=writers, patience=self._patience)
        self._views = Jobs(self._lines, run=Viewing(), at_once=2, patience=self._patience)
        self._keeping = asyncio.create_task(self._keeper.run())

    async def close(self) -> None:
        """Finish what was asked, hand back what was claimed, and close; closed already, nothing happens."""
        if self._units is None or self._views is None or self._keeping is None:
            return
        with contextlib.suppress(StoreUnavailable):
            await self._hand_back()
        units, views = self._units, self._views
        self._units = self._views = None
        await asyncio.gather(units.stop(), views.stop())
        self._keeping.cancel()
        await asyncio.gather(self._keeping, return_exceptions=True)
        await self._lines.close()

    def tell(self, elsewhere: Elsewhere) -> None:
        """From now on, tell this what happens on other nodes."""
        self._keeper.tell(elsewhere)

    def ring_by(self, bell: NodeBell) -> None:
        """From now on, let this bell tell the others that there is news; what it loses is found by looking."""
        self._rung.by_bell(bell)
        bell.listen(heard=self._keeper.hearing.ring, missed=self._keeper.look)

    def call(self) -> None:
        """Tell the other nodes that there are deliveries this one has no hand free for; once a second at most."""
        now = asyncio.get_running_loop().time()
        if now >= self._call_from:
            self._call_from = now + _CALL_SECONDS
            self._calling = asyncio.create_task(self._call())

    async def _connect(self, within: float) -> Line:
        line = await connect(self._address, within=min(within, self._patience))
        self._keeper.know(line)
        return line

    async def _call(self) -> None:
        with contextlib.suppress(StoreUnavailable):  # the others look by themselves, only later
            await self.write(lambda tx: cast(PostgresTransaction, tx).call(f"{OWED}_{self._keeper.schema}"))

    async def _hand_back(self) -> None:
        """What this node had in hand, and whatever else is due: others look at once."""
        now = self.clock.now()

        async def unit(tx: Transaction) -> None:
            await tx.release_claims(now=now)
            await cast(PostgresTransaction, tx).call(f"{OWED}_{self._keeper.schema}")

        await self.write(unit)

    async def _release(self, node: str) -> int:
        now = self.clock.now()
        return await self.write(lambda tx: cast(PostgresTransaction, tx).release_claims_of(node, now=now))


class _Rung:
    """By which way the others are told of news."""

    def __init__(self) -> None:
        self.channel = ""
        self._bell: NodeBell | None = None

    def by_channel(self, channel: str) -> None:
        """The database's own, if there is no bell."""
        self.channel = "" if self._bell else channel

    def by_bell(self, bell: NodeBell) -> None:
        """A bell beside the database."""
        self.channel, self._bell = "", bell

    def ring(self, rings: Sequence[str]) -> None:
        """Tell them, if the database has not done it."""
        if self._bell is not None:
            self._bell.ring(rings)


def spoken(dsn: str) -> str:
    """The database's address without user and password."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2] or "the local socket"
    return f"PostgreSQL at {host}{parts.path}"


async def demand_utf8(line: Line) -> None:
    """Raises `StoreRefused`."""
    encoding = await line.value("SHOW server_encoding")
    if encoding != "UTF8":
        raise StoreRefused(f"The database's encoding is {encoding}, which cannot keep every text: make one in UTF8.")
