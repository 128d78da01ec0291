"""Pretend agents: signed webhooks, over kept-alive connections, as Twilio's Programmable Chat sends them."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from itertools import count
from typing import cast
from urllib.parse import quote_plus

from bench.servers.twilio import channel_sid
from bench.subjects import ACCOUNT, AUTH_TOKEN, SERVICE

_numbers = count(16**16)
"""Of messages; beyond those that the stub gives to what visitors say: a sid that comes twice is a repeated webhook."""


class Agent:
    """Speaks in one chat. Its texts are the times they were due."""

    def __init__(self, chat: str, *, port: int) -> None:
        self._channel = channel_sid(f"Visitor {chat}")
        self._url = f"http://127.0.0.1:{port}/new-message"
        self._head = (
            b"POST /new-message HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nX-Twilio-Signature: %%s\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %%d\r\n\r\n" % port
        )
        self._indexes = count(1)  # The visitor has said one message before.

    def request(self, at: float) -> bytes:
        """A whole HTTP request: fields as in real samples, signed (https://www.twilio.com/docs/usage/security)."""
        fields = {
            "AccountSid": ACCOUNT,
            "Attributes": "{}",
            "Body": repr(at),
            "ChannelSid": self._channel,
            "ClientIdentity": "agent",
            "DateCreated": "2026-11-21T12:00:00.000Z",
            "EventType": "onMessageSent",
            "From": "agent",
            "Index": str(next(self._indexes)),
            "InstanceSid": SERVICE,
            "MessageSid": f"IM{next(_numbers):032x}",
            "RetryCount": "0",
            "Source": "SDK",
        }
        signed = self._url + "".join(name + value for name, value in fields.items())
        digest = hmac.digest(AUTH_TOKEN.encode(), signed.encode(), hashlib.sha1)
        body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items()).encode()
        head = self._head % (base64.b64encode(digest), len(body))
        return head + body


class Line(asyncio.Protocol):
    """One connection of Twilio's: the next request goes when the last is answered. A refusal ends the run."""

    def __init__(self, answered: Callable[["Line"], None]) -> None:
        self._answered = answered
        self._read = b""
        self._waiting: list[bytes] = []
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def post(self, request: bytes) -> None:
        """Send it, behind what waits."""
        self._waiting.append(request)
        self._go_on()

    def data_received(self, data: bytes) -> None:
        """The answers have no body worth reading."""
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        if not head.startswith(b"HTTP/1.1 20"):
            raise RuntimeError(f"The relay refused a webhook: {self._read.decode()}")
        self._read, self._busy = b"", False
        self._answered(self)
        self._go_on()

    def close(self) -> None:
        """Hang up."""
        self._transport.close()

    def _go_on(self) -> None:
        if self._waiting and not self._busy:
            self._busy = True
            self._transport.write(self._waiting.pop(0))


def _length(head: bytes) -> int:
    found = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
    return int(found or 0)


async def lines(port: int, many: int, *, answered: Callable[[Line], None]) -> Sequence[Line]:
    """So many connections."""
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Line(answered), "127.0.0.1", port) for _ in range(many)]
    return [line for _, line in made]
