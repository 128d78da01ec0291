"""What Twilio's Webchat React App asks of its server: a webchat, and a token to speak in it with Twilio's own SDK.

https://www.twilio.com/docs/flex/developer/conversations/webchat
"""

from collections.abc import Mapping
from dataclasses import dataclass

import jwt
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import ChatGrant

from middleware.flex.conversation_opening import WebChats
from middleware.relay.errors import BadToken

LIFETIME = 6 * 3600
"""Seconds a token is good. Twilio takes a day at most."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of the account; its secret signs the tokens."""

    account_sid: str
    sid: str
    secret: str


@dataclass(frozen=True, slots=True)
class Pass:
    """A token, when it ends (seconds since the Unix epoch), and the conversation, where it is a new one."""

    token: str
    expires: float
    conversation_sid: str | None = None


class WebchatDoor:
    """Lets a Webchat React App in."""

    def __init__(self, way: WebChats, *, key: ApiKey, service_sid: str) -> None:
        self._way = way
        self._key = key
        self._service_sid = service_sid

    async def open(self, form: Mapping[str, str], *, now: float) -> Pass:
        """A new webchat with what the customer filled in, and a token for it. May raise `FlexError`."""
        made = await self._way.open(form.get("friendlyName") or "Customer", form)
        return Pass(self._token(made.identity), now + LIFETIME, made.sid)

    def renew(self, token: str, *, now: float) -> Pass:
        """A fresh token for the same customer. Raises `BadToken` if the old one is not ours or has expired."""
        try:
            claims = jwt.decode(token, self._key.secret, algorithms=["HS256"], options={"verify_aud": False})
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise BadToken("The token is not one of ours, or has expired: ask /initWebchat for a new one.") from error
        grants = claims.get("grants")
        identity = grants.get("identity") if isinstance(grants, dict) else None
        if not isinstance(identity, str):
            raise BadToken("The token names nobody: ask /initWebchat for a new one.")
        return Pass(self._token(identity), now + LIFETIME)

    def _token(self, identity: str) -> str:
        grant = ChatGrant(service_sid=self._service_sid)
        token = AccessToken(
            self._key.account_sid, self._key.sid, self._key.secret, identity=identity, ttl=LIFETIME, grants=[grant]
        )
        return str(token.to_jwt())
