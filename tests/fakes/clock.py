"""Clocks that a test moves."""

from middleware.relay.ports import Clock


class FakeClock:
    """Starts at a moment of no importance, and moves only when told."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return self._now

    def pass_seconds(self, seconds: float) -> None:
        """Move on."""
        self._now += seconds


class ShiftedClock:
    """The real clock, and as much later as it was told."""

    def __init__(self, inner: Clock) -> None:
        self._inner = inner
        self._shift = 0.0

    def now(self) -> float:
        """Seconds since the Unix epoch, and the shift."""
        return self._inner.now() + self._shift

    def pass_seconds(self, seconds: float) -> None:
        """Move on."""
        self._shift += seconds
