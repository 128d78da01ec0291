"""A stub that stands for Twilio's REST API: it stores nothing and answers at once. Listens on $PORT.

It knows what the relay and the tutorial ask for and is as cheap as can be, so that what is measured is not the stub.
A channel's sid follows from its `Target`: 32 hexadecimal digits of the target's MD5.
"""

import asyncio
import gc
import hashlib
import json
import os
import re
from collections.abc import Callable
from itertools import count
from typing import cast
from urllib.parse import parse_qs

import uvloop

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_WORKERS = (
    rb'{"workers":[{"sid":"WK%s","friendly_name":"alex","attributes":"{\"full_name\":\"Alex Rivera\"}"}],'
    rb'"meta":{"key":"workers"}}' % (b"0" * 32)
)
_indexes: dict[bytes, int] = {}
_numbers = count(1)


def channel_sid(target: str) -> str:
    """The channel of this target."""
    return "CH" + hashlib.md5(target.encode(), usedforsecurity=False).hexdigest()


def _channel(body: bytes) -> tuple[int, bytes]:
    return 201, json.dumps({"sid": channel_sid(parse_qs(body.decode())["Target"][0])}).encode()


def _message(path: bytes) -> tuple[int, bytes]:
    index = _indexes.get(path, 0)
    _indexes[path] = index + 1
    return 201, b'{"sid":"IM%032x","index":%d}' % (next(_numbers), index)


def _answer(method: bytes, path: bytes, body: bytes) -> tuple[int, bytes]:
    if method == b"POST" and path.endswith(b"/Messages"):
        return _message(path)
    if method == b"POST" and path == b"/v1/Channels":
        return _channel(body)
    if method == b"POST":
        return 201, b'{"sid":"WH%032x"}' % next(_numbers)
    name = path.rpartition(b"/")[2].partition(b"?")[0].lower()
    if name == b"workers":
        return 200, _WORKERS
    if name.startswith(b"ch"):
        return 200, b'{"sid":"x","attributes":"{}"}' if len(
            name
        ) == 34 else b'{"channels":[],"meta":{"key":"channels"}}'
    return 200, b'{"%s":[],"meta":{"key":"%s"}}' % (name, name)


class Connection(asyncio.Protocol):
    """HTTP/1.1, kept alive; one request at a time, as clients do without pipelining."""

    _write: Callable[[bytes], None]

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._write = cast(asyncio.Transport, transport).write  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._read += data
        head, end, body = self._read.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if length is not None and len(body) < int(length[1]):
            return
        self._read = b""
        method, path, _ = head.partition(b"\r\n")[0].split(b" ")
        status, answer = _answer(method, path, body)
        self._write(
            b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (status, len(answer), answer)
        )


async def main() -> None:
    """Serve until killed."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", int(os.environ["PORT"]), backlog=4096)
    gc.disable()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
