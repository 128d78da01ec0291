"""Servers of others that many tests share: started once, and only if a test asks for them."""

from collections.abc import Iterator

import pytest

from tests.servers.postgres import WHY_NOT, Postgres, programs, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; the test skips where none is installed."""
    found = programs()
    if found is None:
        pytest.skip(WHY_NOT)
    with running(found) as server:
        yield server
