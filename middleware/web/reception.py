"""The reception: from what a page brings along to whose socket it is; and the tokens it is given to come back with."""

from dataclasses import dataclass

from middleware.relay.badge import Badge
from middleware.relay.badges import Badges, Shown
from middleware.relay.errors import BadToken
from middleware.relay.model import VisitorId, new_id
from middleware.relay.ports import Clock
from middleware.web.bell import Ear
from middleware.web.identity import Identities, Identity
from middleware.web.tokens import Tokens
from middleware.web.wire import Greeting


@dataclass(frozen=True, slots=True)
class Guest:
    """Whose socket it is. Without a badge it is a new visitor's; with one it is good until then, and comes anew."""

    visitor: VisitorId
    badge: Badge | None = None
    good_until: float = float("inf")


class Reception:
    """Lets visitors in. An identity says who the visitor is, whatever token comes beside it."""

    def __init__(self, badges: Badges, *, tokens: Tokens, identities: Identities, clock: Clock) -> None:
        self._badges = badges
        self._tokens = tokens
        self._identities = identities
        self._clock = clock

    async def welcome(self, greeting: Greeting) -> Guest:
        """Whose socket it is to be. Raises `BadToken`, `BadIdentity` or `StoreUnavailable`."""
        if greeting.identity is not None:
            identity = self._identities.read(greeting.identity, now=self._clock.now())
            return await self._welcome_by_name(identity, greeting.token)
        if greeting.token is not None:
            shown, expires = self._tokens.read(greeting.token, now=self._clock.now())
            return self._guest(await self._badges.accept(shown), expires=expires)
        return Guest(VisitorId(new_id()))

    async def token(self, ear: Ear) -> str:
        """The token that this socket's page is to keep. Raises `BadToken` or `StoreUnavailable`."""
        if ear.badge is None:
            ear.badge = await self._badges.give(ear.visitor)
            ear.good_until = self._guest(ear.badge).good_until
        shown = await self._badges.renewed(ear.badge.id)
        return self._tokens.issue(shown, now=self._clock.now())

    async def forget(self, ear: Ear) -> None:
        """The page's visitor shall be known here no more. Raises `StoreUnavailable`."""
        if ear.badge is not None:
            await self._badges.take(ear.badge.id)

    async def _welcome_by_name(self, identity: Identity, token: str | None) -> Guest:
        """With the badge of their own token if it says the same of them; the badge of anybody else's ends.

        On a shared computer the next customer logs in, and the former's token still lies in the browser.
        """
        shown = self._shown(token)
        badge = None if shown is None else await self._own(shown, identity)
        if badge is None:
            badge = await self._badges.give(identity.visitor, verified=identity.verified)
        return self._guest(badge)

    async def _own(self, shown: Shown, identity: Identity) -> Badge | None:
        if shown.visitor == identity.visitor:
            try:
                badge = await self._badges.accept(shown)
            except BadToken:
                return None
            if badge.verified == identity.verified:
                return badge
        await self._badges.take(shown.badge)
        return None

    def _shown(self, token: str | None) -> Shown | None:
        """What a token that is not needed says, if it is good."""
        try:
            return None if token is None else self._tokens.read(token, now=self._clock.now())[0]
        except BadToken:
            return None

    def _guest(self, badge: Badge, *, expires: float = float("inf")) -> Guest:
        """A socket lives half a token's life: its page comes back with the newest, and gets the next."""
        return Guest(badge.visitor, badge, min(expires, self._clock.now() + self._tokens.lifetime / 2))
