"""A clock that moves only when told."""


class FakeClock:
    """Starts at a moment of no importance."""

    def __init__(self, now: float = 1_795_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        return self._now

    def pass_seconds(self, seconds: float) -> None:
        """Move on."""
        self._now += seconds
