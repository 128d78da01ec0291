"""A badge, as a value, and what the store does with it. What becomes of one: `badges`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NewType, Protocol

from middleware.relay.model import VisitorId

BadgeId = NewType("BadgeId", str)


@dataclass(frozen=True, slots=True)
class Badge:
    """One browser's right to be a visitor; its tokens come in generations.

    `generation` is the newest that counts as shown to us, first at `since`; `verified` what was proved of the visitor.
    """

    id: BadgeId
    visitor: VisitorId
    since: float
    generation: int = 0
    verified: Mapping[str, str] = field(default_factory=dict)


class BadgeReading(Protocol):
    """What the store tells of badges."""

    async def badge(self, badge: BadgeId) -> Badge | None:
        """The badge of this id, unless it was taken away."""

    async def badges_among(self, badges: Collection[BadgeId]) -> set[BadgeId]:
        """Those of these badges that were not taken away."""


class BadgeWriting(Protocol):
    """What is written of badges."""

    async def add_badge(self, badge: Badge) -> None:
        """Write a new badge."""

    async def show_badge(self, badge: BadgeId, *, generation: int, at: float) -> None:
        """Write that this generation was shown; not newer than the one written, or taken away: nothing."""

    async def take_badge(self, badge: BadgeId) -> None:
        """Take the badge away; none of its tokens is good any more."""

    async def take_badges_of(self, visitor: VisitorId) -> int:
        """Take away every badge of the visitor; how many."""

    async def take_badges_before(self, since: float, *, limit: int) -> int:
        """Take away at most `limit` badges whose newest generation was first shown before then; how many."""
