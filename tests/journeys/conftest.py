"""A town for each journey."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.town import BACK_ENDS, Town, open_town


@pytest.fixture(params=["programmable_chat"])
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Both servers, up, on the back end that the test asks for."""
    async with open_town(tmp_path, **BACK_ENDS[request.param]) as opened:
        yield opened
