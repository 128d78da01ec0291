"""A town whose wall has the numbers that the test asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.town import Town, open_town
from tests.wall.street import with_limits

NO_PING = 600.0
"""Seconds: longer than any test waits, so that what a guard should have ended is not ended by a ping."""


@pytest.fixture
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Both servers, up; `@pytest.mark.parametrize("town", [{"limits": {…}, setting: …}], indirect=True)` changes it."""
    wanted = dict(getattr(request, "param", {}))
    limits = {"ping_seconds": NO_PING, **wanted.pop("limits", {})}
    async with open_town(tmp_path, with_limits(**limits), **wanted) as opened:
        yield opened
