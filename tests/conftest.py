"""Servers of others that many tests share: started once, and only if a test asks for them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import postgres as postgres_servers
from tests.servers import redis as redis_servers
from tests.servers.late import late_connections_closed
from tests.servers.postgres import Postgres, programs, running
from tests.servers.redis import Redis

settings.register_profile("house", deadline=None)  # A machine that is busy is slow, and nothing is wrong with that.
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _late_connections() -> Iterator[None]:
    """Towns are closed while Twilio still calls them."""
    with late_connections_closed():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for all; the test skips where none is installed, except in CI."""
    with running(installed(programs(), why_not=postgres_servers.WHY_NOT)) as server:
        yield server


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """One for this test alone, that may be stopped."""
    with running(installed(programs(), why_not=postgres_servers.WHY_NOT)) as server:
        yield server


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis server for this test alone; the test skips where none is installed, except in CI."""
    with redis_servers.running(installed(redis_servers.program(), why_not=redis_servers.WHY_NOT)) as server:
        yield server


@pytest.fixture
def servers() -> None:
    """The test starts servers of its own; it skips where one is not installed, except in CI."""
    installed(programs(), why_not=postgres_servers.WHY_NOT)
    installed(redis_servers.program(), why_not=redis_servers.WHY_NOT)


def installed(found: Path | None, *, why_not: str) -> Path:
    """The program; without it the test skips, but in CI it must be there."""
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(why_not)
    if found is None:
        pytest.skip(why_not)
    return found
