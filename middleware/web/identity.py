"""Signed identities: the company's own server says who the visitor is, in a short-lived JWT that its page brings along.

```json
{"aud": "https://chat.example.com", "sub": "customer-42", "exp": 1795000300,
 "name": "Ada", "attributes": {"tier": "gold"}}
```
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import jwt
from jwt.types import Options
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from middleware.relay.errors import BadIdentity
from middleware.relay.model import VisitorId

LONGEST_SECONDS = 3600
"""An identity that is good for longer is refused: it would be a password, not a proof."""

_LEEWAY = 30
"""Seconds that the company's clock and ours may differ."""
_MOST_ATTRIBUTES = 50
_CHECKED_BELOW: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A visitor, and what was proved of them: `id`, perhaps `name`, and the company's own attributes."""

    visitor: VisitorId
    verified: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Identities:
    """Reads identities signed with one of these keys, by this algorithm and no other, for this audience."""

    keys: Sequence[str]
    algorithm: str
    audience: str

    def read(self, token: str, *, now: float) -> Identity:
        """Who the visitor is. Raises `BadIdentity`."""
        if not self.keys:
            raise BadIdentity("This server reads no identities: IDENTITY_KEYS is not set.")
        claims = self._claims(token)
        self._check(claims, now=now)
        name = {} if claims.name is None else {"name": claims.name}
        return Identity(visitor_of(claims.sub), {**claims.attributes, **name, "id": claims.sub})

    def _claims(self, token: str) -> "_Claims":
        for key in self.keys:
            try:
                return _read(jwt.decode(token, key, algorithms=[self.algorithm], options=_CHECKED_BELOW))
            except jwt.InvalidSignatureError:
                continue
            except (jwt.PyJWTError, ValueError, RecursionError):
                raise BadIdentity(f"The identity is not a JWT signed with {self.algorithm}.") from None
        raise BadIdentity("The identity is not signed with a key of IDENTITY_KEYS.")

    def _check(self, claims: "_Claims", *, now: float) -> None:
        audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if self.audience not in audiences:
            raise BadIdentity(f"The identity is not for this server: `aud` must be {self.audience}.")
        if claims.exp <= now - _LEEWAY:
            raise BadIdentity("The identity has expired: fetch a fresh one for each connection.")
        if claims.exp > now + LONGEST_SECONDS + _LEEWAY:
            raise BadIdentity(f"The identity is good for too long: {LONGEST_SECONDS} seconds at most.")
        if claims.nbf is not None and claims.nbf > now + _LEEWAY:
            raise BadIdentity("The identity is not good yet: compare the clocks.")


def visitor_of(subject: str) -> VisitorId:
    """The visitor of this `sub`, on every device the same and nobody else's. It tells nothing of the subject."""
    return VisitorId(hashlib.sha256(f"identity\0{subject}".encode()).hexdigest()[:32])


def _read(claims: Mapping[str, Any]) -> "_Claims":
    try:
        return _Claims.model_validate(claims)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise BadIdentity(f"The identity's `{where}` is not as expected: {first['msg']}.") from None


def _plain(text: str) -> str:
    if "\0" in text or not text.strip():
        raise ValueError("is blank, or holds a NUL character")
    return text


_Word = Annotated[str, StringConstraints(min_length=1, max_length=255), AfterValidator(_plain)]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_plain)]
_Key = Annotated[str, StringConstraints(min_length=1, max_length=64)]
_Text = Annotated[str, StringConstraints(max_length=1000)]
_Time = Annotated[float, Field(ge=0, le=2**53)]


class _Claims(BaseModel):
    model_config = ConfigDict(strict=True)

    aud: str | list[str]
    sub: _Word
    exp: _Time
    nbf: _Time | None = None
    name: _Name | None = None
    attributes: Annotated[dict[_Key, _Text], Field(max_length=_MOST_ATTRIBUTES)] = Field(default_factory=dict)
