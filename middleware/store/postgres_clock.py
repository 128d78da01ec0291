"""The database's time, known to every node without asking each time."""

import time
from collections.abc import Callable

from middleware.relay.errors import StoreUnavailable


def _ticks() -> float:
    """Seconds that nobody sets, and that pass while the machine sleeps, where the system has such."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class DatabaseClock:
    """The `Clock` of all nodes that share a database: what this machine believes the time to be does not count.

    Leases are made and compared in it, so no node steals another's, or starves, because its clock is wrong. It is as
    exact as the journey of one question, which is far below a lease.
    """

    def __init__(self, ticks: Callable[[], float] = _ticks) -> None:
        self.ticks = ticks
        self._ahead: float | None = None

    def now(self) -> float:
        """Seconds since the Unix epoch, in the database. Raises `StoreUnavailable` before it was ever asked."""
        if self._ahead is None:
            raise StoreUnavailable("The store is not open.")
        return self.ticks() + self._ahead

    def learn(self, told: float, *, asked: float, answered: float) -> None:
        """The database told its time in answer to a question asked and answered at these ticks."""
        self._ahead = told - (asked + answered) / 2
