"""Brings a PostgreSQL database up to the newest schema, once, however many nodes start at the same time."""

import asyncpg

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import SchemaOld, StoreRefused
from middleware.store.migrate import Migration
from middleware.store.postgres_line import Line

_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' schema', 0))"
# Not `to_regclass`: inside the transaction that has waited for `_HOLD` it still says what it found before the wait.
_THERE = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'schema_version')"
_MAKE = """
CREATE TABLE IF NOT EXISTS schema_version (
    version BIGINT NOT NULL, -- the last step applied
    beside BIGINT NOT NULL -- programs that know this step, or a later one, may run
)"""


async def migrate(line: Line, steps: list[Migration], *, patience: int = 30) -> int:
    """Apply what is missing, all of it or nothing; how many steps. Raises `StoreRefused` for a schema too new.

    Whoever is in the way, another node that does the same or one in the midst of a unit, is waited for so many seconds.
    """
    newest = steps[-1].number
    version, beside = await schema_version(line)
    if version >= newest:
        demand(version, beside, newest=newest)
        return 0
    await line.run(f"BEGIN; SET LOCAL lock_timeout = '{patience}s'")
    try:
        await line.rows(_HOLD)
        version, beside = await schema_version(line)
        demand(version, beside, newest=newest)
        missing = [step for step in steps if step.number > version]
        await _apply(line, missing, beside=beside)
    except BaseException as error:
        if not line.closed:
            await line.run("ROLLBACK")
        if isinstance(error, asyncpg.LockNotAvailableError):
            raise StoreUnavailable(
                f"Somebody held the schema for {patience} s; nothing was changed: try again."
            ) from error
        raise
    await line.run("COMMIT")
    return len(missing)


async def require(line: Line, steps: list[Migration]) -> None:
    """Change nothing. Raises `StoreRefused` unless this program can work with the schema as it is."""
    version, beside = await schema_version(line)
    newest = steps[-1].number
    if version < newest:
        raise SchemaOld(
            f"The database has schema {version}, this program needs {newest}: start the server, which brings it"
            " up to date, or run `python -m middleware migrate`."
        )
    demand(version, beside, newest=newest)


def demand(version: int, beside: int, *, newest: int) -> None:
    """Change nothing. Raises `StoreRefused` if the schema is one that this program must not write to."""
    if version > newest and beside > newest:
        raise StoreRefused(
            f"The database has schema {version}, for programs that know {beside}; this one knows {newest}:"
            " start the newer program."
        )


async def schema_version(line: Line) -> tuple[int, int]:
    """The last step applied, and the step that programs must know; 0 and 0 for an empty database."""
    if not await line.value(_THERE):
        return 0, 0
    rows = await line.rows("SELECT version, beside FROM schema_version")
    return (int(rows[0][0]), int(rows[0][1])) if rows else (0, 0)


async def _apply(line: Line, missing: list[Migration], *, beside: int) -> None:
    await line.run(_MAKE)
    for step in missing:
        try:
            await line.run(step.script)
        except asyncpg.InsufficientPrivilegeError as error:
            raise StoreRefused(
                f"This user may not change the schema ({error}): run `python -m middleware migrate` as one who may."
            ) from error
    if missing:
        await line.rows("DELETE FROM schema_version")
        beside = max(beside, *(step.beside for step in missing))
        await line.rows("INSERT INTO schema_version (version, beside) VALUES ($1, $2)", (missing[-1].number, beside))
