"""Visitor tokens: signed, expiring, and naming nothing but the visitor."""

from collections.abc import Sequence
from dataclasses import dataclass

import jwt
from jwt.types import Options

from middleware.relay.errors import BadToken
from middleware.relay.model import VisitorId

_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens. The first key signs, every key verifies, so keys can be changed without a logout.

    `lifetime` is in seconds.
    """

    keys: Sequence[str]
    lifetime: float

    def issue(self, visitor: VisitorId, *, now: float) -> str:
        """A fresh token of this visitor."""
        claims = {"sub": visitor, "iat": int(now), "exp": int(now + self.lifetime)}
        return jwt.encode(claims, self.keys[0], algorithm=_ALGORITHM)

    def read(self, token: str, *, now: float) -> VisitorId:
        """The visitor the token names. Raises `BadToken`."""
        for key in self.keys:
            try:
                claims = jwt.decode(token, key, algorithms=[_ALGORITHM], options=_OUR_CLOCK)
            except jwt.InvalidTokenError:
                continue
            return _visitor(claims, now=now)
        raise BadToken("The token is not one of ours: connect without it.")


_OUR_CLOCK: Options = {"verify_exp": False, "verify_iat": False, "require": ["sub", "exp"]}
"""Expiry is checked against the house's own clock, below."""


def _visitor(claims: dict[str, object], *, now: float) -> VisitorId:
    expires, visitor = claims.get("exp"), claims.get("sub")
    if not isinstance(expires, int) or not isinstance(visitor, str):
        raise BadToken("The token is not one of ours: connect without it.")
    if expires <= now:
        raise BadToken("The token has expired: connect without it.")
    return VisitorId(visitor)
