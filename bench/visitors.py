"""Pretend browsers: Socket.IO over a websocket, as cheap as Python can speak it."""

import asyncio
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

BODY = "Hello, where is my order? It should have come on Tuesday, ok"
"""What is said: 60 characters with blanks and stops, about 120 bytes on the wire with what surrounds them."""

_CONNECTING_AT_ONCE = 50


@dataclass(slots=True)
class Tally:
    """What has come through since it was `reset`: how many, and after how many seconds each."""

    seconds: "array[float]" = field(default_factory=lambda: array("d"))
    _enough: "tuple[int, asyncio.Future[None]] | None" = None

    def done(self, since: float) -> None:
        """One message that was sent then has come through now."""
        self.seconds.append(time.perf_counter() - since)
        if self._enough is not None and len(self.seconds) >= self._enough[0]:
            self._enough[1].set_result(None)
            self._enough = None

    async def reached(self, many: int) -> None:
        """Wait until so many have come through."""
        if len(self.seconds) < many:
            self._enough = (many, asyncio.get_running_loop().create_future())
            await self._enough[1]

    def reset(self) -> None:
        """Forget what was."""
        self.seconds = array("d")


class Visitor(WSListener):
    """A browser that is connected, and keeps the line alive."""

    hello = b"40"

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: Any = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The websocket is there; Engine.IO speaks first."""
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """A line that ends by itself spoils what is measured; it must not go unseen."""
        del transport
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("The server has closed the line."))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Engine.IO's own packets here, the rest to `heard`."""
        del transport
        data = frame.get_payload_as_bytes()
        if data == b"2":
            self.send(b"3")
        elif data[:1] == b"0":
            self.send(self.hello)
        elif data[:2] == b"40":
            self.welcomed()
        else:
            self.heard(data)

    def send(self, data: bytes) -> None:
        """Send one packet."""
        self.transport.send(WSMsgType.TEXT, data)

    def welcomed(self) -> None:
        """The namespace is open."""
        self.ready.set_result(None)

    def heard(self, data: bytes) -> None:
        """A packet of Socket.IO came."""

    def say(self, at: float) -> None:
        """Send a message, that was to be sent at this time."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave."""
        self.transport.disconnect()


class EchoVisitor(Visitor):
    """Says `m` and hears it again."""

    def say(self, at: float) -> None:
        """Send a message with its time in it."""
        self.send(b'42["m",{"id":1,"ts":%.9f,"body":"%s"}]' % (at, BODY.encode()))

    def heard(self, data: bytes) -> None:
        """The echo."""
        self.tally.done(orjson.loads(data[2:])[1]["ts"])
        self.say(time.perf_counter())


class TutorialVisitor(Visitor):
    """Says `chat message`, and knows its own words among everybody's by its number."""

    def __init__(self, tally: Tally) -> None:
        super().__init__(tally)
        self._own = b'42["chat message","%d ' % id(self)

    def say(self, at: float) -> None:
        """Send a text that begins with who speaks and when."""
        self.send(b'%s%.9f %s"]' % (self._own, at, BODY.encode()))

    def heard(self, data: bytes) -> None:
        """Somebody's words."""
        if data.startswith(self._own):
            self.tally.done(float(data[len(self._own) :].split(b" ")[0]))
            self.say(time.perf_counter())


class ChatVisitor(Visitor):
    """Speaks `/chat`: opens a chat, says, and knows when each message was stored and when Flex had it.

    `tally` counts settled messages, `stored` acknowledged ones, `told` what agents said (whose text is its time). One
    that `loops` says the next message when one is settled.
    """

    hello = b"40/chat,"

    def __init__(self, tally: Tally, *, stored: Tally, told: Tally, loops: bool) -> None:
        super().__init__(tally)
        self.loops = loops
        self.stored = stored
        self.told = told
        self.chat = ""
        self._asks = 0
        self._asked: dict[int, float] = {}
        self._seqs: dict[int, float] = {}

    def welcomed(self) -> None:
        """Ask for a chat at once; its answer has the number 0."""
        self.send(b'42/chat,0["open",{}]')

    def say(self, at: float) -> None:
        """Ask `say` with an id of its own."""
        self._asks += 1
        self._asked[self._asks] = at
        self.send(b'42/chat,%d["say",{"ask_id":"%d","text":"%s"}]' % (self._asks, self._asks, BODY.encode()))

    def heard(self, data: bytes) -> None:
        """An answer or news."""
        if data.startswith(b"43/chat,"):
            number, _, rest = data[8:].partition(b"[")
            self._answered(int(number), orjson.loads(b"[" + rest)[0])
        else:
            name, payload = orjson.loads(data[8:])
            if name == "status" and payload["status"] == "sent":
                self._settled(payload["seq"])
            elif name == "said":
                self.told.done(float(payload["message"]["text"]))

    def _answered(self, number: int, answer: Any) -> None:
        if not answer["ok"]:
            raise RuntimeError(f"The relay refused: {answer}")
        if number == 0:
            self.chat = answer["chat"]["id"]
            self.ready.set_result(None)
            return
        at = self._asked.pop(number)
        self.stored.done(at)
        if self._seqs.pop(answer["seq"], None) is None:
            self._seqs[answer["seq"]] = at
        else:
            self._through(at)

    def _settled(self, seq: int) -> None:
        at = self._seqs.pop(seq, None)
        if at is None:
            self._seqs[seq] = 0.0  # Flex had it before its answer came here.
        else:
            self._through(at)

    def _through(self, at: float) -> None:
        self.tally.done(at)
        if self.loops:
            self.say(time.perf_counter())


async def connect(port: int, visitors: Sequence[Visitor]) -> None:
    """Bring them all in, some at a time."""
    room = asyncio.Semaphore(_CONNECTING_AT_ONCE)
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    headers = {"Origin": f"http://127.0.0.1:{port}"}

    async def one(visitor: Visitor) -> None:
        async with room:
            await ws_connect(lambda: visitor, url, extra_headers=headers, websocket_handshake_timeout=60)
            await visitor.ready

    await asyncio.gather(*(one(visitor) for visitor in visitors))


async def at_a_rate(visitors: Sequence[Visitor], *, rate: float, seconds: float) -> None:
    """Open loop: so many messages a second, each visitor in turn, whatever the server does."""
    await steadily(lambda number, at: visitors[number % len(visitors)].say(at), rate=rate, seconds=seconds)


async def steadily(send: Callable[[int, float], None], *, rate: float, seconds: float) -> None:
    """Call `send` with 0, 1, 2 … and the time each was due, as evenly as a timer of a millisecond can."""
    begin, number = time.perf_counter(), 0
    while (now := time.perf_counter() - begin) < seconds:
        while number < now * rate:
            send(number, begin + number / rate)
            number += 1
        await asyncio.sleep(0.001)
