"""One promise, every implementation."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from middleware.relay.ports import Store
from tests.promises.stores import OPENERS, Opener


@pytest.fixture(params=OPENERS, ids=lambda opener: opener.__name__)
def opener(request: pytest.FixtureRequest) -> Opener:
    """How this kind of store is opened."""
    found: Opener = request.param
    return found


@pytest.fixture
async def store(opener: Opener, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store of each kind."""
    async with opener(tmp_path) as opened:
        yield opened
