"""What must never be sent: bad frames, broken ones, and those whose names or sizes are not for clients."""

import os
import struct
from collections.abc import Mapping

from tests.wall.street import HANDSHAKE

BAD = [
    "",
    "x",
    "7",
    "9",
    "-1",
    "²",
    "٤",
    "0",
    "0{}",
    "6",
    "2",
    "2probe!",
    "3x",
    "1x",
    "5x",
    "b",
    "bAAAA",
    "b!",
    "4",
    "4x",
    "4²",
    "4-",
    "44",
    '44/chat,{"message":"x"}',
    "47",
    "49[]",
    "42",
    "42/chat,",
    "42{}",
    "42[]",
    "42/chat,[]",
    "42/chat,[7]",
    "42/chat,[null]",
    '42/chat,["say"',
    "42/chat,[NaN]",
    '42/chat,["say",Infinity]',
    "42/chat," + "9" * 40 + '["say"]',
    '42/chat,["say",' + "9" * 400 + "]",
    '42/chat,["say",' + "[" * 100_000,
    '42/chat,["say",' + '{"a":' * 50_000,
    "43/chat,1",
    '43/chat,["x"]',
    '42/no space,["say"]',
    '45/chat,1-["say",{"_placeholder":true,"num":0}]',
    '459999999999-/chat,["say"]',
    "46/chat,1-1[]",
    "40/chat,{",
    "\x00",
    "4\x002",
]
"""The 37 tiny bad frames, and their relatives."""


def upgrade(host: str) -> bytes:
    """The head of a request for a websocket."""
    head = f"GET {HANDSHAKE}websocket HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    return f"{head}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()


def frame_of(payload: bytes, *, head: int = 0x81, masked: bool = True) -> bytes:
    """A websocket frame: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 draws it."""
    length = struct.pack(">B", (0x80 if masked else 0) | len(payload))
    mask = os.urandom(4)
    body = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload)) if masked else payload
    return bytes([head]) + length + (mask if masked else b"") + body


BROKEN: Mapping[str, bytes] = {
    "unmasked": frame_of(b"42/chat,[]", masked=False),
    "RSV": frame_of(b"42/chat,[]", head=0xC1),
    "bad UTF-8": frame_of(b"\xff\xfe"),
    "surrogate in UTF-8": frame_of(b"4\xed\xa0\x80"),
    "reserved opcode": frame_of(b"x", head=0x83),
    "lone continuation": frame_of(b"x", head=0x80),
    "huge length": b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    "zeros": b"\x00" * 50,
    "10000 parts": frame_of(b"4", head=0x01) + frame_of(b"", head=0x00) * 10_000 + frame_of(b"x", head=0x80),
}
"""Bytes on a websocket's connection that are no websocket's."""

FORBIDDEN: tuple[str | bytes, ...] = (
    *(f'42/chat,["{name}",{{"REMOTE_ADDR":"x"}},{{"token":"x"}}]' for name in ("connect", "disconnect", "newListener")),
    '42/chat,1["connect_error",{}]',
    '42/chat,2["say",{"ask_id":"1","text":"\\ud800"}]',
    '42/chat,3["say",{"ask_id":"1","text":"a\\u0000b"}]',
    '42/chat,5["say",' + "9" * 200 + "]",
    '42/chat,4["say",{"ask_id":"1","text":"' + "x" * 1_100_000 + '"}]',
    '459999999999-/chat,["say",{"_placeholder":true,"num":0}]',
    b"\x01" * 100_000,
)
"""Refused, or without effect: names that are Socket.IO's own, half characters, NUL, binary, what is too large."""
