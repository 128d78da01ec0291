"""Frames as a Socket.IO client of today writes them, and nothing else. No I/O.

A frame is an Engine.IO packet; one of type 4 holds a Socket.IO packet. https://socket.io/docs/v4/socket-io-protocol/
"""

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import orjson

from middleware.relay.values import value

SEPARATOR = "\x1e"
"""Between the packets of a polling body."""

RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
"""Names that Socket.IO keeps for itself: as an event they never reach a handler."""

_BARE = frozenset({"1", "3", "5", "2probe"})
"""Close, pong, upgrade, and the ping that tries an upgrade."""

_PACKET = re.compile(r"([0-6])(?:(/[\w/.-]{0,63})(?:\?[^,]{0,255})?(?:,|$))?([0-9]{1,15})?", re.ASCII)

MESSAGE = "4"


class BadFrame(Exception):
    """No client of ours writes this; the text says what is wrong, and holds nothing of the frame."""


@value(frozen=True, slots=True)
class Connect:
    """A page wants to be in a namespace."""

    namespace: str
    auth: object


@value(frozen=True, slots=True)
class Disconnect:
    """A page leaves a namespace."""

    namespace: str


@value(frozen=True, slots=True)
class Event:
    """An ask: its name and payloads; `id` if an answer is wanted."""

    namespace: str
    id: int | None
    name: str
    payloads: Sequence[object]


@value(frozen=True, slots=True)
class Ack:
    """An answer of a page. We never ask one."""


Packet: TypeAlias = Connect | Disconnect | Event | Ack


def check_frame(frame: object) -> str:
    """The frame, if it is one an Engine.IO client may send. Raises `BadFrame`."""
    if not isinstance(frame, str):
        raise BadFrame("binary")
    if frame in _BARE:
        return frame
    if frame.startswith("b"):
        raise BadFrame("binary")
    if not frame.startswith(MESSAGE):
        raise BadFrame("no Engine.IO packet")
    if frame[1:2] in {"5", "6"}:
        raise BadFrame("binary")
    if frame[1:2] not in {"0", "1", "2", "3"}:
        raise BadFrame("no Socket.IO packet")
    return frame


def read_packet(text: str) -> Packet:
    """What a message frame holds, behind its 4. Raises `BadFrame`."""
    head = _PACKET.match(text)
    if head is None:
        raise BadFrame("no Socket.IO packet")
    kind, namespace, number = head.groups()
    body = _json(text[head.end() :])
    match kind:
        case "0":
            return Connect(namespace or "/", _auth(body))
        case "1":
            return Disconnect(namespace or "/")
        case "2":
            if not isinstance(body, list) or not body or not isinstance(body[0], str):
                raise BadFrame("an event without a name")
            return Event(namespace or "/", None if number is None else int(number), body[0], body[1:])
        case "3" if isinstance(body, list) and number is not None:
            return Ack()
    raise BadFrame("no Socket.IO packet")


def event_frame(namespace: str, data: Sequence[object]) -> bytes:
    """An event for a page: its name, and what it carries."""
    return _head("42", namespace) + _bytes(data)


def answer_frame(namespace: str, number: int, data: Sequence[object]) -> bytes:
    """The answer to the ask of this number."""
    return b"%b%d%b" % (_head("43", namespace), number, _bytes(data))


@cache
def _head(kind: str, namespace: str) -> bytes:
    """The namespaces are ours, and few."""
    return (kind if namespace == "/" else f"{kind}{namespace},").encode()


def _auth(body: object) -> object:
    """A falsy one is none: so do all Socket.IO servers."""
    return body or None


def _json(text: str) -> object:
    if not text:
        return None
    try:
        return orjson.loads(text)
    except ValueError:
        return _json_at_length(text)


def _json_at_length(text: str) -> object:
    """Half a character, which orjson refuses, is a slip that the page is told of; it can only come in an escape."""
    try:
        found: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise BadFrame("no JSON, or too deep") from None
    return found


def _bytes(data: Sequence[object]) -> bytes:
    try:
        return orjson.dumps(data)
    except TypeError:
        return _ENCODER.encode(data).encode()  # Half a character can only be told as an escape.


def _int(digits: str) -> int:
    if len(digits) > 100:
        raise ValueError("too large")
    return int(digits)


def _constant(name: str) -> object:
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_int=_int, parse_constant=_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"))
