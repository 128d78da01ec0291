"""Strangers at the wall, in a process of their own: `python -m tests.torture.attackers URL KIND SECONDS SEED`.

They come from another address than the visitors, do one thing as fast as they can, and print what they did.
"""

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import uvloop

from tests.wall.forbidden import BAD, BROKEN, FORBIDDEN, frame_of, upgrade
from tests.wall.mutations import mutated

ADDRESS = "127.0.0.2"
_HANDSHAKE = "/socket.io/?EIO=4&transport="
_BREATH = 0.001
FRAMES_PER_SECOND = 10_000
"""Of a flood, all its sockets together: more would be a torture of this machine's own network."""


@dataclass(frozen=True, slots=True)
class Target:
    """Whom they go for, with what, and what came of it."""

    url: str
    http: aiohttp.ClientSession
    dice: random.Random
    did: Counter[str]
    many: int

    async def websocket(self) -> aiohttp.ClientWebSocketResponse:
        """One that has joined the namespace."""
        websocket = await self.http.ws_connect(f"{self.url}{_HANDSHAKE}websocket", max_msg_size=0)
        await websocket.send_str("40/chat,{}")
        return websocket

    async def pour(self, frame: Callable[[], str | bytes]) -> None:
        """Write frames for as long as they are taken; what is told is read, and not listened to."""
        async with await self.websocket() as websocket:
            count, reading = 0, asyncio.create_task(_drain(websocket))
            try:
                while not websocket.closed:
                    written = frame()
                    if isinstance(written, str):
                        await websocket.send_str(written)
                    else:
                        await websocket.send_bytes(written)
                    self.did["frames"] += 1
                    count += 1
                    if count % 20 == 0:
                        await asyncio.sleep(20 * self.many / FRAMES_PER_SECOND)
            finally:
                reading.cancel()


async def _drain(websocket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in websocket:
        pass


async def _events(at: Target) -> None:
    await at.pour(lambda: '42/chat,1["resume",{"after":0}]')


async def _pongs(at: Target) -> None:
    await at.pour(lambda: "3")


async def _acks(at: Target) -> None:
    await at.pour(lambda: "43/chat,1[]")


async def _large(at: Target) -> None:
    await at.pour(lambda: '42/chat,1["say",{"ask_id":"1","text":"' + "x" * 200_000 + '"}]')


async def _deaf(at: Target) -> None:
    async with await at.websocket() as websocket:
        while not websocket.closed:
            await websocket.send_str('42/chat,1["shout",{}]')
            at.did["frames"] += 1
            await asyncio.sleep(0)


async def _handshakes(at: Target) -> None:
    async with at.http.ws_connect(f"{at.url}{_HANDSHAKE}websocket"):
        at.did["handshakes"] += 1


async def _polls(at: Target) -> None:
    async with at.http.get(f"{at.url}{_HANDSHAKE}polling") as answer:
        at.did[f"polls answered {answer.status}"] += 1


async def _halves(at: Target) -> None:
    host, port = at.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(ADDRESS, 0))
    writer.write(f"GET {_HANDSHAKE}polling HTTP/1.1\r\nHost: {host}\r\nX-".encode())
    at.did["half requests"] += 1
    try:
        await reader.read()
    finally:
        writer.close()


async def _fuzz(at: Target) -> None:
    await at.pour(lambda: mutated(at.dice))


async def _bad(at: Target) -> None:
    await at.pour(lambda: at.dice.choice(BAD))


async def _forbidden(at: Target) -> None:
    await at.pour(lambda: at.dice.choice(FORBIDDEN))


async def _broken(at: Target) -> None:
    """Below Socket.IO: on the websocket's own connection."""
    host, port = at.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(ADDRESS, 0))
    try:
        writer.write(upgrade(host) + frame_of(b"40/chat,"))
        await reader.readuntil(b"40/chat")
        writer.write(at.dice.choice([*BROKEN.values()]))
        at.did["broken frames"] += 1
        await reader.read()
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError from error
    finally:
        writer.close()


KINDS: Mapping[str, tuple[int, Callable[[Target], Awaitable[None]]]] = {
    "events": (4, _events),
    "pongs": (4, _pongs),
    "acks": (4, _acks),
    "large": (20, _large),
    "deaf": (10, _deaf),
    "handshakes": (30, _handshakes),
    "polls": (30, _polls),
    "halves": (1_000, _halves),
    "fuzz": (8, _fuzz),
    "bad": (8, _bad),
    "forbidden": (8, _forbidden),
    "broken": (8, _broken),
}
"""How many of them at once, and what each does, again and again."""


async def _again(at: Target, deed: Callable[[Target], Awaitable[None]]) -> None:
    while True:
        try:
            await deed(at)
        except (aiohttp.ClientError, OSError, TimeoutError):
            at.did["turned away or cut"] += 1
        await asyncio.sleep(_BREATH)


async def attack(url: str, kind: str, *, seconds: float, seed: int) -> Counter[str]:
    """Attack for so long; what they did."""
    did: Counter[str] = Counter()
    many, deed = KINDS[kind]
    connector = aiohttp.TCPConnector(local_addr=(ADDRESS, 0), limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                at = [Target(url, http, random.Random(f"{seed} {n}"), did, many) for n in range(many)]  # noqa: S311
                await asyncio.gather(*(_again(each, deed) for each in at))
    return did


def main() -> None:
    """As the arguments say."""
    url, kind, seconds, seed = sys.argv[1:]
    print(json.dumps(uvloop.run(attack(url, kind, seconds=float(seconds), seed=int(seed)))))  # noqa: T201


if __name__ == "__main__":
    main()
