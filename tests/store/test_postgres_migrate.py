"""The schema of a database that many nodes share: changed once, whoever starts when, and not under older programs."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.store.errors import StoreRefused
from middleware.store.migrate import Migration, migrations
from middleware.store.postgres import PostgresStore
from middleware.store.postgres_line import Line
from middleware.store.postgres_migrate import migrate, schema_version
from tests.journeys.test_commands import running
from tests.promises.stores import CHAT, adding, dsn_of, said, two_chats
from tests.servers.postgres import Postgres

STEPS = migrations("postgres")
NEWEST = STEPS[-1].number
UNRELEASED = {1, 2, 3, 4, 6, 7, 8}
"""Steps that were made before the first release, and may do what later ones may not."""
WIDER = Migration(
    NEWEST + 1,
    "wider",
    f"-- Programs that know step {NEWEST} may run beside it.\n"
    "ALTER TABLE chat ADD COLUMN mood TEXT; CREATE TABLE later ();",
)
NARROWER = Migration(NEWEST + 1, "narrower", "ALTER TABLE chat DROP COLUMN context;")
BROKEN = Migration(NEWEST + 2, "broken", "CREATE TABLE half (); INSERT INTO nowhere VALUES (1);")


@pytest.fixture
async def dsn(postgres: Postgres, tmp_path: Path) -> str:
    """An empty schema of its own."""
    return await dsn_of(postgres, tmp_path)


@asynccontextmanager
async def line_to(dsn: str) -> AsyncIterator[Line]:
    connection = await asyncpg.connect(dsn)
    try:
        yield Line(connection)
    finally:
        await connection.close()


async def migrated(dsn: str, *steps: Migration) -> int:
    async with line_to(dsn) as line:
        return await migrate(line, [*STEPS, *steps])


async def told_by(many: int, *command: str, **environment: str) -> list[str]:
    """What so many processes say that are started at once; each must end well."""

    async def one() -> str:
        async with running(*command, **environment) as process:
            told, trouble = await process.communicate()
        assert (0, "") == (process.returncode, trouble.decode())
        return told.decode().strip()

    return await asyncio.gather(*(one() for _ in range(many)))


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_many_that_start_at_once_migrate_once(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A deployment starts all its nodes together; a table made twice would stop all but one."""
    url = f"sqlite:///{tmp_path}/relay.db"
    if engine == "postgres":
        url = await dsn_of(request.getfixturevalue("postgres"), tmp_path)
    told = await told_by(4, "migrate", DATABASE_URL=url)
    ends = sorted(line.partition(": ")[2] for line in told)
    assert [f"schema 0 → {NEWEST}.", *[f"schema {NEWEST}, as before."] * 3] == ends
    assert [f"schema {NEWEST}, as before."] == [
        line.partition(": ")[2] for line in await told_by(1, "migrate", DATABASE_URL=url)
    ]


async def test_stores_that_open_at_once_migrate_once(dsn: str) -> None:
    """The same inside the server, which needs no command for it."""
    stores = [PostgresStore(dsn, node=f"node-{number}", connections=2) for number in range(5)]
    await asyncio.gather(*(store.open() for store in stores))
    await stores[0].write(two_chats)
    assert CHAT == await stores[-1].read(lambda view: view.chat(CHAT.id))
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_newer_schema_is_refused_by_everything(dsn: str) -> None:
    """An older program would write what the newer one cannot read."""
    assert NEWEST + 1 == await migrated(dsn, NARROWER)
    with pytest.raises(StoreRefused, match=f"schema {NEWEST + 1}.*this one knows {NEWEST}: start the newer program"):
        await PostgresStore(dsn, node="old").open()
    async with running("migrate", DATABASE_URL=dsn) as process:
        _, told = await process.communicate()
    assert (1, True, False) == (process.returncode, b"start the newer program" in told, b"Traceback" in told)


async def test_two_programs_run_side_by_side_for_one_release(dsn: str) -> None:
    """A step that says so is applied under running nodes, which go on, and can be started again meanwhile."""
    async with PostgresStore(dsn, node="old") as running_on:
        await running_on.write(two_chats)
        assert 1 == await migrated(dsn, WIDER)
        await running_on.write(adding(said("from the old program")))
        async with PostgresStore(dsn, node="old again") as again:
            await again.write(adding(said("and from one that was started later")))
            assert 2 == len(await again.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9)))
    assert 1 == await migrated(dsn, WIDER, Migration(NEWEST + 2, "third", "DROP TABLE later;"))
    with pytest.raises(StoreRefused, match="start the newer program"):
        await PostgresStore(dsn, node="old").open()


@pytest.mark.parametrize("step", [step for step in STEPS if step.number not in UNRELEASED], ids=lambda step: step.name)
def test_a_step_only_adds_and_says_who_may_run_beside_it(step: Migration) -> None:
    """Nodes are replaced one after another; the old ones must not fall over the new schema."""
    words = re.sub(r"--.*", "", step.script)
    assert step.beside < step.number
    assert [] == re.findall(r"(?i)\b(DROP|RENAME|TRUNCATE|ALTER COLUMN|SET NOT NULL)\b", words)
    added = re.findall(r"(?i)ADD COLUMN ([^;,]+)", words)
    assert [] == [column for column in added if "NOT NULL" in column.upper() and "DEFAULT" not in column.upper()]


async def test_steps_are_applied_all_or_none(dsn: str) -> None:
    """A start that failed half way can be tried again with a mended program."""
    with pytest.raises(asyncpg.UndefinedTableError, match="nowhere"):
        await migrated(dsn, WIDER, BROKEN)
    async with line_to(dsn) as line:
        assert (0, 0) == await schema_version(line)
    assert NEWEST + 1 == await migrated(dsn, WIDER)


async def test_who_waits_too_long_for_the_schema_is_told_why(dsn: str) -> None:
    """Not a driver's error, and nothing was changed."""
    async with line_to(dsn) as first, line_to(dsn) as second, first.connection.transaction():
        await first.rows("SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ' schema', 0))")
        with pytest.raises(StoreUnavailable, match="Somebody held the schema for 1 s"):
            await migrate(second, STEPS, patience=1)
        assert (0, 0) == await schema_version(second)


async def test_migrate_needs_no_other_setting_and_says_where_it_was_without_the_password(tmp_path: Path) -> None:
    """A release step may have no more than the database's address."""
    (told,) = await told_by(1, "migrate", DATABASE_URL=f"sqlite:///{tmp_path}/relay.db")
    assert told.startswith(f"/{tmp_path}/relay.db: ")
    async with running("migrate", DATABASE_URL="postgres://me:secret@127.0.0.1:1/name") as process:
        _, trouble = await process.communicate()
    assert (1, True, False) == (process.returncode, b"127.0.0.1:1/name" in trouble, b"secret" in trouble)
    async with running("migrate", DATABASE_URL="mysql://me:secret@there/name") as process:
        _, trouble = await process.communicate()
    assert (1, True, False) == (process.returncode, b"postgres://" in trouble, b"me:secret" in trouble)
