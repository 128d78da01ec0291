"""One promise, every implementation."""

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from middleware.relay.ports import Store
from tests.promises.stores import ENGINES, Opener, postgres, sqlite


@pytest.fixture(params=ENGINES)
def opener(request: pytest.FixtureRequest) -> Opener:
    """How this kind of store is opened."""
    if request.param == "sqlite":
        return sqlite
    return partial(postgres, request.getfixturevalue("postgres"))


@pytest.fixture
async def store(opener: Opener, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    async with opener(tmp_path) as opened:
        yield opened
