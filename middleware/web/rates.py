"""Rates: token buckets, and log lines that do not become a flood. Time is monotonic, and given."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

Now = Callable[[], float]


@dataclass(slots=True)
class Bucket:
    """`size` at once, `rate` a second lasting. What is taken beyond that is owed: whoever takes it waits."""

    size: float
    rate: float
    at: float
    left: float = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.size

    def take(self, cost: float, *, now: float) -> float:
        """Take the cost; how many seconds to wait for it."""
        self._fill(now)
        self.left -= cost
        return 0.0 if self.left >= 0.0 else -self.left / self.rate

    def spare(self, cost: float, *, now: float) -> bool:
        """Take the cost if it is there."""
        self._fill(now)
        there = self.left >= cost
        self.left -= cost if there else 0
        return there

    def give_back(self, cost: float) -> None:
        """What was taken is not needed yet."""
        self.left += cost

    def full(self, *, now: float) -> bool:
        """Whether nothing is missing: such a bucket need not be kept."""
        self._fill(now)
        return self.left >= self.size

    def _fill(self, now: float) -> None:
        left = self.left + (now - self.at) * self.rate
        self.left, self.at = (left if left < self.size else self.size), now


@dataclass(slots=True)
class _Said:
    at: float
    kept_back: int = 0


class SparingLog:
    """One line about an address in so many seconds; it tells how many were kept back."""

    def __init__(self, log: logging.Logger, *, seconds: float, now: Now) -> None:
        self._log = log
        self._seconds = seconds
        self._now = now
        self._said: dict[str, _Said] = {}

    def refused(self, address: str, reason: str) -> None:
        """Somebody at this address was refused."""
        now = self._now()
        last = self._said.pop(address, None)
        if last is not None and now - last.at < self._seconds:
            last.kept_back += 1
            self._said[address] = last
            return
        more = {"kept_back": last.kept_back} if last is not None and last.kept_back else {}
        self._log.warning("A socket was refused.", extra={"address": address, "reason": reason, **more})
        self._forget_old(now)
        self._said[address] = _Said(now)

    def _forget_old(self, now: float) -> None:
        """What has been silent for long; a minute's addresses are kept, to tell what was kept back."""
        for address, said in list(islice(self._said.items(), 2)):
            if now - said.at > 60 + self._seconds:
                del self._said[address]
