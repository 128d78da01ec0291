"""What several nodes need of one another, as protocols. One node needs none of it."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from middleware.relay.model import VisitorId
from middleware.relay.ports import Clock


class Elsewhere(Protocol):
    """What happened on other nodes, for who has to know it on this one. Nothing here waits or fails."""

    def news(self, visitor: VisitorId) -> None:
        """The visitor's chat has news: look at the store."""

    def owed(self) -> None:
        """There are deliveries that other nodes have no hand free for."""

    def missed(self) -> None:
        """For a while nothing could be heard: anybody may have news."""


class NodeBell(Protocol):
    """Rings from node to node. A ring may be lost: it says only that the store holds something new, and of whom."""

    def ring(self, rings: Sequence[str]) -> None:
        """Let every node hear these, this one too or not; never fails, never waits."""

    def listen(self, *, heard: Callable[[str], None], missed: Callable[[], None]) -> None:
        """From now on, call `heard` with every ring, and `missed` when some may have been lost."""


@runtime_checkable
class SharedStore(Protocol):
    """A store that several nodes share: it keeps one time for all of them, and tells each what the others did."""

    @property
    def clock(self) -> Clock:
        """The time of the store, which all its nodes go by."""

    def tell(self, elsewhere: Elsewhere) -> None:
        """From now on, tell this what happens on other nodes."""

    def ring_by(self, bell: NodeBell) -> None:
        """From now on, let this bell tell the others that there is news, and not the store's own."""

    def call(self) -> None:
        """Tell the other nodes that there are deliveries this one has no hand free for."""
