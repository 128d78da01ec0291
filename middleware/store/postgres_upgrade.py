"""Brings a PostgreSQL database up to the newest schema by hand; a server does it by itself at its start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from middleware.store.migrate import migrations
from middleware.store.postgres import demand_utf8, spoken
from middleware.store.postgres_errors import BROKEN, unavailable
from middleware.store.postgres_line import Address, Line, connect
from middleware.store.postgres_migrate import migrate, schema_version

_CONNECT_SECONDS = 10.0


async def upgrade(dsn: str) -> tuple[int, int]:
    """The schema's number before and after. Raises `StoreRefused` or `StoreUnavailable`."""
    async with connected(dsn, doing="migrate") as line:
        steps = await migrate(line, migrations("postgres"))
        version, _ = await schema_version(line)
        return version - steps, version


@asynccontextmanager
async def connected(dsn: str, *, doing: str) -> AsyncIterator[Line]:
    """A line to the database, for a command. What the driver raises meanwhile is `StoreUnavailable`."""
    line = await connect(Address(dsn, name=spoken(dsn), node=doing), within=_CONNECT_SECONDS)
    try:
        await demand_utf8(line)
        yield line
    except BROKEN as error:
        raise unavailable(doing, error) from error
    finally:
        await line.close()
