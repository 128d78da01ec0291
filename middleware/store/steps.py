"""Drives a unit of work from one statement to the next, whoever answers them."""

import types
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from middleware.relay.values import value
from middleware.store.rows import Row


@value(frozen=True, slots=True)
class Asked:
    """A statement that a unit waits for; `counted` if it wants to know how many rows were written, not which."""

    statement: str
    parameters: Row
    counted: bool


class AskedStatements:
    """The `Statements` of a unit that `drive` drives."""

    async def rows(self, statement: str, parameters: Row = ()) -> list[Row]:
        """Every row it gives."""
        rows: list[Row] = await _answer(Asked(statement, parameters, counted=False))
        return rows

    async def count(self, statement: str, parameters: Row = ()) -> int:
        """How many rows it wrote."""
        count: int = await _answer(Asked(statement, parameters, counted=True))
        return count


async def drive(unit: Awaitable[Any], answer: Callable[[Asked], Awaitable[Any]]) -> Any:
    """What the unit returns or raises. What `answer` raises is raised inside the unit, where it asked."""
    steps = unit.__await__()
    value, error = None, None
    try:
        while True:
            asked = steps.send(value) if error is None else steps.throw(error)
            value, error = None, None
            if not isinstance(asked, Asked):
                steps.close()
                raise RuntimeError("A unit of work awaited something else than its transaction.")  # noqa: TRY004
            try:
                value = await answer(asked)
            except Exception as raised:  # noqa: BLE001 — it belongs to the unit, which may foresee it
                error = raised
    except StopIteration as end:
        return end.value


@types.coroutine
def _answer(asked: Asked) -> Generator[Asked, Any, Any]:
    return (yield asked)
