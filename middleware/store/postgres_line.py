"""One connection to PostgreSQL."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import asyncpg

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import StoreRefused
from middleware.store.postgres_errors import LOST, REFUSED, said, unavailable
from middleware.store.rows import Row

MARK = "\ufdd0"
"""Stands for what PostgreSQL cannot keep in a text: NUL, and itself. Unicode has no use for it (section 23.7)."""

_SETTINGS = {
    "idle_in_transaction_session_timeout": "5s",  # a node that vanished in the midst of a unit lets go of its chats
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "15s",
    "jit": "off",
}


class TooMany(StoreUnavailable):
    """The server takes no more connections."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the database is, and who this is to it; `dsn` may hold a password, `name` holds none."""

    dsn: str
    name: str
    node: str


class Line:
    """A connection. What it raises is the driver's; the caller knows what was under way."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.pid: int = connection.get_server_pid()
        self.late = False
        """Whether it was cut because nothing came for too long."""

    @property
    def closed(self) -> bool:
        """Whether it is gone."""
        return bool(self.connection.is_closed())

    def cut(self) -> None:
        """End it at once, without a word; what is under way fails."""
        self.connection.terminate()

    def when_gone(self, then: Callable[[], None]) -> None:
        """Call this once the connection is gone, whoever ended it."""
        self.connection.add_termination_listener(lambda _: then())

    async def close(self) -> None:
        """End it politely, if that does not take long."""
        try:
            await self.connection.close(timeout=1)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            self.cut()

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the line if the block takes longer: a network that swallows everything must not hold anybody."""
        timer = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._give_up)
        try:
            yield
        except LOST:
            self.cut()
            raise
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        self.late = True
        self.cut()

    async def listen(self, channel: str, hear: Callable[[int, str], None]) -> None:
        """From now on, call this with the sender's process number and the text of whatever is told on the channel."""
        await self.connection.add_listener(channel, lambda _, pid, __, told: hear(pid, _incoming(told)))

    async def run(self, script: str) -> None:
        """Run statements that take nothing and give nothing."""
        with self._lost():
            await self.connection.execute(script)

    async def rows(self, statement: str, parameters: Row = ()) -> list[Row]:
        """Every row it gives."""
        with self._lost():
            found = await self.connection.fetch(statement, *map(outgoing, parameters))
        return [tuple(map(_incoming, row)) for row in found]

    async def count(self, statement: str, parameters: Row = ()) -> int:
        """How many rows it wrote."""
        with self._lost():
            status = await self.connection.execute(statement, *map(outgoing, parameters))
        return int(status.rpartition(" ")[2])

    @contextlib.contextmanager
    def _lost(self) -> Iterator[None]:
        """Cut between a statement's preparing and its running, the driver stumbles over what it has thrown away."""
        try:
            yield
        except AttributeError as error:
            if not self.closed:
                raise
            raise asyncpg.ConnectionDoesNotExistError("the connection was cut") from error

    async def value(self, statement: str, *parameters: Any) -> Any:
        """The first column of the first row."""
        return (await self.rows(statement, parameters))[0][0]


async def connect(address: Address, *, within: float) -> Line:
    """A line to a server that can be written. Raises `StoreUnavailable`, and of that `TooMany` or `StoreRefused`."""
    try:
        async with asyncio.timeout(within):
            line = await _made(address, within=within)
    except asyncpg.TooManyConnectionsError as error:
        raise TooMany(f"{address.name} takes no more connections ({said(error)}).") from error
    except REFUSED as error:
        raise StoreRefused(f"{address.name} does not let this server in ({said(error)}): mend DATABASE_URL.") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, *LOST) as error:
        raise unavailable(f"reach {address.name}", error) from error
    except ValueError as error:
        raise StoreRefused("DATABASE_URL is not an address that asyncpg can read.") from error
    return line


async def _made(address: Address, *, within: float) -> Line:
    """The driver forgets a connection at which it is interrupted between two questions, so all it makes are noted."""
    made: list[asyncpg.Connection] = []

    class Noted(asyncpg.Connection):  # type: ignore[misc]  # the package has no types
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            made.append(self)

    try:
        connection = await asyncpg.connect(
            address.dsn,
            timeout=within,
            statement_cache_size=512,
            max_cached_statement_lifetime=0,
            target_session_attrs="read-write",
            connection_class=Noted,
        )
        line = Line(connection)
        await _settle(line, address)
    except BaseException:
        for connection in made:
            connection.terminate()
        raise
    return line


async def _settle(line: Line, address: Address) -> None:
    """The session's own settings: as statements, because not every proxy passes them on at the connecting."""
    settings = {**_SETTINGS, "application_name": f"flex-middleware {address.node}"[:63]}
    calls = ", ".join(f"set_config('{name}', ${place}, false)" for place, name in enumerate(settings, start=1))
    await line.rows(f"SELECT {calls}", tuple(settings.values()))
    await line.rows(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


def outgoing(value: Any) -> Any:
    """What stands for the value in PostgreSQL, which cannot keep every text."""
    if type(value) is str and ("\x00" in value or MARK in value):
        return value.replace(MARK, f"{MARK}1").replace("\x00", f"{MARK}0")
    return value


def _incoming(value: Any) -> Any:
    if type(value) is str and MARK in value:
        return value.replace(f"{MARK}0", "\x00").replace(f"{MARK}1", MARK)
    return value
