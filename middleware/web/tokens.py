"""Visitor tokens: signed, expiring, and saying nothing but which badge, which generation and whose.

A token is what `relay/badges` hands out in words that a browser can keep; whether it is still good is decided there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import jwt
from jwt.types import Options
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from middleware.relay.badge import BadgeId
from middleware.relay.badges import Shown
from middleware.relay.errors import BadToken
from middleware.relay.model import VisitorId

AUDIENCE = "visitor"
"""What tokens are for: nothing that another system signed with the same key is one."""

_ALGORITHM = "HS256"
_OUR_CLOCK: Options = {"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
"""What the claims say is checked below, the time against the house's own clock."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Makes and reads tokens. The first key signs, every key verifies, so keys can be changed without a logout.

    A token names its key (`kid`), and only that one is tried. `lifetime` is in seconds.
    """

    keys: Sequence[str]
    lifetime: float

    def issue(self, shown: Shown, *, now: float) -> str:
        """A token that says this."""
        claims = {
            "aud": AUDIENCE,
            "sub": shown.visitor,
            "bdg": shown.badge,
            "gen": shown.generation,
            "exp": int(now + self.lifetime),
        }
        return jwt.encode(claims, self.keys[0], algorithm=_ALGORITHM, headers={"kid": key_id(self.keys[0])})

    def read(self, token: str, *, now: float) -> tuple[Shown, float]:
        """What the token says, and when it expires. Raises `BadToken`."""
        try:
            signed = jwt.decode(token, self._key_of(token), algorithms=[_ALGORITHM], options=_OUR_CLOCK)
            claims = _Claims.model_validate(signed)
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise BadToken("The token is not one of ours: connect without it.") from None
        if claims.exp <= now:
            raise BadToken("The token has expired: connect without it.")
        return Shown(BadgeId(claims.bdg), VisitorId(claims.sub), claims.gen), claims.exp

    def _key_of(self, token: str) -> str:
        named = jwt.get_unverified_header(token).get("kid")
        for key in self.keys:
            if key_id(key) == named:
                return key
        raise jwt.InvalidTokenError


def key_id(key: str) -> str:
    """The name of a key, which tells nothing about it that a signature does not."""
    return hashlib.sha256(f"kid {key}".encode()).hexdigest()[:8]


_Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    aud: Literal["visitor"]
    sub: _Id
    bdg: _Id
    gen: Annotated[int, Field(ge=1)]
    exp: int
