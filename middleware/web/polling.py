"""The bodies of polling posts: read within bounds, and refused aloud as a whole, never in part."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from middleware.web.door import TurnedAway
from middleware.web.frames import MESSAGE, SEPARATOR, BadFrame, check_frame
from middleware.web.limits import Limits

_MAY_BE_POSTED = frozenset({"1", "3"})
"""Beside messages: a goodbye and a pong. An upgrade is tried on the websocket itself."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body that was read, for the engine to read."""

    held: bytes

    async def read(self, size: int) -> bytes:
        """All of it."""
        return self.held[:size]


async def read_body(request: web.Request, *, limits: Limits) -> tuple[bytes, Sequence[str]]:
    """The body and its packets. Raises `TurnedAway`: nothing of it has been done then."""
    body = await _bounded(request, limits)
    try:
        packets = body.decode().split(SEPARATOR)
    except UnicodeDecodeError as error:
        raise TurnedAway(400, "a polling body that is no text") from error
    if len(packets) > limits.packets_per_post:
        raise TurnedAway(413, f"more than {limits.packets_per_post} packets in a polling body")
    try:
        for packet in packets:
            if check_frame(packet) not in _MAY_BE_POSTED and not packet.startswith(MESSAGE):
                raise BadFrame("an upgrade in a polling body")
    except BadFrame as error:
        raise TurnedAway(400, f"a bad packet in a polling body: {error}") from error
    return body, packets


async def _bounded(request: web.Request, limits: Limits) -> bytes:
    length = request.content_length
    if length is None:
        raise TurnedAway(411, "a polling body of unknown length")
    if length > limits.frame_bytes:
        raise TurnedAway(413, f"a polling body of more than {limits.frame_bytes} bytes")
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await request.content.readexactly(length) if length else b""
    except (TimeoutError, asyncio.IncompleteReadError) as error:
        raise TurnedAway(408, "a polling body that does not come") from error
