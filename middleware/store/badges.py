"""What can be written of badges, whatever engine takes it."""

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.model import VisitorId
from middleware.store import sql
from middleware.store.reading import SqlReading
from middleware.store.rows import from_badge


class SqlBadges(SqlReading):
    """The `BadgeWriting` of one engine's statements."""

    async def add_badge(self, badge: Badge) -> None:
        """Write a new badge."""
        await self._count(sql.ADD_BADGE, from_badge(badge))

    async def show_badge(self, badge: BadgeId, *, generation: int, at: float) -> None:
        """Write that this generation was shown; not newer than the one written, or taken away: nothing."""
        await self._count(sql.SHOW_BADGE, (badge, generation, at))

    async def take_badge(self, badge: BadgeId) -> None:
        """Take the badge away; none of its tokens is good any more."""
        await self._count(sql.TAKE_BADGE, (badge,))

    async def take_badges_of(self, visitor: VisitorId) -> int:
        """Take away every badge of the visitor; how many."""
        return await self._count(sql.TAKE_BADGES_OF, (visitor,))

    async def take_badges_before(self, since: float, *, limit: int) -> int:
        """Take away at most `limit` badges whose newest generation was first shown before then; how many."""
        return await self._count(sql.TAKE_BADGES_BEFORE, (since, limit))
