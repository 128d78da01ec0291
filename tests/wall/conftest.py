"""A town whose wall has the numbers that the test asks for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.town import Town, open_town
from tests.wall.street import with_limits


@pytest.fixture
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Both servers, up; `@pytest.mark.parametrize("town", [{"limits": {…}, setting: …}], indirect=True)` changes it."""
    wanted = dict(getattr(request, "param", {}))
    async with open_town(tmp_path, with_limits(**wanted.pop("limits", {})), **wanted) as opened:
        yield opened
