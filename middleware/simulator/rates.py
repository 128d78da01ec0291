"""Counts requests against a rate, by a clock that a test can turn."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Lets `rate` requests through a second, and as many at once when nobody has asked for a while."""

    rate: float
    clock: Callable[[], float]
    _level: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self.fill()

    def fill(self) -> None:
        """Forget every request there has been."""
        self._level, self._at = self.rate, self.clock()

    def take(self) -> bool:
        """Whether one more request may pass; one that may not costs nothing."""
        at = self.clock()
        self._level = min(self.rate, self._level + (at - self._at) * self.rate)
        self._at = at
        if self._level < 1:
            return False
        self._level -= 1
        return True
