"""Units of work that no caller waits for: what comes of them is told."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from middleware.relay.ports import Outcome, Store, TakesUnits, Then, Unit

Take: TypeAlias = Callable[[Unit[Any], Then], None]
"""Writes a unit, and tells what came of it, once and later. It never fails."""


def taking(store: Store) -> Take:
    """How the store takes units: by itself, or with a task that waits for each."""
    return store.take if isinstance(store, TakesUnits) else _Waiting(store).take


def tell_future(future: "asyncio.Future[Any]", outcome: Outcome) -> None:
    """Tell whoever waits for it, unless they were cancelled; what they asked for is done all the same."""
    if future.done():
        return
    if outcome.error is None:
        future.set_result(outcome.value)
    else:
        future.set_exception(outcome.error)


class _Waiting:
    """Waits in tasks, for a store that can only be waited for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, unit: Unit[Any], then: Then) -> None:
        """Wait for it in a task of its own."""
        task = asyncio.get_running_loop().create_task(self._write(unit, then))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, unit: Unit[Any], then: Then) -> None:
        try:
            outcome = Outcome(await self._store.write(unit))
        except BaseException as error:  # noqa: BLE001 — also when it is cancelled: somebody waits to be told
            outcome = Outcome(error=error)
        then(outcome)
