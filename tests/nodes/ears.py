"""Who listens to what other nodes do, and bells to ring them by."""

from collections.abc import Callable, Sequence

from middleware.relay.model import VisitorId


class Listener:
    """Writes down what it is told; the `Elsewhere` of a test."""

    def __init__(self) -> None:
        self.visitors: list[VisitorId] = []
        self.calls = 0
        self.holes = 0

    def news(self, visitor: VisitorId) -> None:
        """The visitor's chat has news."""
        self.visitors.append(visitor)

    def owed(self) -> None:
        """There are deliveries to do."""
        self.calls += 1

    def missed(self) -> None:
        """For a while nothing could be heard."""
        self.holes += 1


class Street:
    """A bell that every node in the street hears at once, itself too; `broken`: nobody does."""

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.rung: list[str] = []
        self._ears: list[Callable[[str], None]] = []

    def ring(self, rings: Sequence[str]) -> None:
        """Everybody hears it."""
        self.rung += rings
        for hear in [] if self.broken else self._ears:
            for ring in rings:
                hear(ring)

    def listen(self, *, heard: Callable[[str], None], missed: Callable[[], None]) -> None:
        """One more hears it; nothing is ever missed without a word."""
        del missed
        self._ears.append(heard)
