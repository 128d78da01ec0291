"""A line to PostgreSQL: whatever the driver says of one that is gone, it is gone."""

from pathlib import Path
from typing import Any

import asyncpg
import pytest

from middleware.store.postgres_errors import LOST
from middleware.store.postgres_line import Line
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres


class CutBetween(asyncpg.Connection):  # type: ignore[misc]  # the package has no types
    """Is cut when a statement was prepared and does not run yet, as by the clock of `within`."""

    async def _get_statement(self, *given: Any, **named: Any) -> Any:
        found = await super()._get_statement(*given, **named)
        self.terminate()
        return found


@pytest.mark.parametrize("ask", [Line.rows, Line.count], ids=["rows", "count"])
async def test_a_line_that_is_cut_in_the_midst_of_a_statement_is_lost(
    postgres: Postgres, tmp_path: Path, ask: Any
) -> None:
    """The driver stumbles over what it has thrown away; a unit that is told so is run again, not given up."""
    line = Line(await asyncpg.connect(await dsn_of(postgres, tmp_path), connection_class=CutBetween))
    with pytest.raises(LOST):
        await ask(line, "SELECT $1::text", ("a",))
    assert line.closed
