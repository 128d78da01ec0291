"""A town for each journey."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.town import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Both servers, up."""
    async with open_town(tmp_path) as opened:
        yield opened
