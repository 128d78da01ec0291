"""An alarm: a deadline that is set for every request, and hardly ever met."""

import asyncio
from collections.abc import Callable


class Alarm:
    """One timer stands for many deadlines, so that setting one costs none.

    The timer is not moved with the deadline: when it rings, it looks, and rings again when that has passed. What is to
    be called is held no longer than the deadline stands.
    """

    __slots__ = ("_due", "_loop", "_rings", "_then", "_timer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._then: Callable[[], None] | None = None
        self._due = self._rings = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        """Whether there is a deadline."""
        return self._then is not None

    def set(self, seconds: float, then: Callable[[], None]) -> None:
        """In so many seconds call this, instead of what was set before."""
        self.set_at(self._loop.time() + seconds, then)

    def set_at(self, due: float, then: Callable[[], None]) -> None:
        """At this time of the loop's clock call this, instead of what was set before."""
        self._due, self._then = due, then
        if self._timer is None or self._due < self._rings:
            self._wind()

    def clear(self) -> None:
        """There is no deadline."""
        self._then = None

    def stop(self) -> None:
        """There is none, and there will not soon be another."""
        self._then = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wind(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = self._due
        self._timer = self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        self._timer, then = None, self._then
        if then is None:
            return
        if self._due > self._loop.time():
            self._wind()
        else:
            self._then = None
            then()
