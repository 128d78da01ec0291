"""The heart, opened for a test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.relay.house import Heart, open_heart


@pytest.fixture
async def heart(tmp_path: Path) -> AsyncIterator[Heart]:
    """A heart on a store of its own."""
    async with open_heart(tmp_path) as opened:
        yield opened
