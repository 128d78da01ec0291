"""What is measured of a running subject. Each measure makes its load, lets it run in, and counts for a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiohttp

from bench.subjects import Subject
from bench.visitors import ChatVisitor, Tally, Visitor, at_a_rate, connect, steadily
from bench.webhooks import Agent, Line, lines

RUN_IN = 1.5
"""Seconds before counting begins."""
_LINES = 64
"""Connections that webhooks come over."""
_PROBE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Rate:
    """What went through, and at which price; `load` is the share of a core that the load itself took."""

    per_second: float
    cpu_us: float
    load: float

    @property
    def per_core(self) -> float:
        """Messages a second that a whole core would carry."""
        return 1e6 / self.cpu_us


@dataclass(frozen=True, slots=True)
class Delay:
    """Milliseconds: the middle, 99 of 100, the longest."""

    p50: float
    p99: float
    most: float


async def counted(subject: Subject, tally: Tally, *, seconds: float) -> Rate:
    """What comes through from now on."""
    tally.reset()
    begin, cpu, own = time.perf_counter(), subject.cpu, time.process_time()
    await asyncio.sleep(seconds)
    took, used, load = time.perf_counter() - begin, subject.cpu - cpu, time.process_time() - own
    done = len(tally.seconds)
    if not done:
        raise RuntimeError(f"Nothing came through {subject.name}.")
    return Rate(done / took, used / done * 1e6, load / took)


def delay(tally: Tally) -> Delay:
    """Of what was counted."""
    ordered = sorted(tally.seconds)
    return Delay(
        ordered[len(ordered) // 2] * 1e3,
        ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] * 1e3,
        ordered[-1] * 1e3,
    )


async def closed_loop(subject: Subject, visitors: Sequence[Visitor], *, depth: int, seconds: float) -> Rate:
    """Each visitor has `depth` messages under way, and says the next when one has come through."""
    tally = visitors[0].tally
    for _ in range(depth):
        for visitor in visitors:
            visitor.say(time.perf_counter())
    await asyncio.sleep(RUN_IN)
    return await counted(subject, tally, seconds=seconds)


@dataclass(frozen=True, slots=True)
class Chats:
    """Visitors with a chat each, and what is counted of them."""

    visitors: Sequence[ChatVisitor]
    settled: Tally
    stored: Tally
    told: Tally


@asynccontextmanager
async def chats(subject: Subject, many: int, *, loops: bool = True) -> AsyncIterator[Chats]:
    """So many visitors, each with a chat that is open at Flex too; they leave at the end."""
    settled, stored, told = Tally(), Tally(), Tally()
    visitors = [ChatVisitor(settled, stored=stored, told=told, loops=False) for _ in range(many)]
    await connect(subject.port, visitors)
    await _opened_at_flex(visitors, settled)
    for visitor in visitors:
        visitor.loops = loops
    try:
        yield Chats(visitors, settled, stored, told)
    finally:
        for visitor in visitors:
            visitor.loops = False
            visitor.close()


async def _opened_at_flex(visitors: Sequence[ChatVisitor], settled: Tally) -> None:
    """Opening costs several calls, and is not what is measured: one message of each must have been sent."""
    for visitor in visitors:
        visitor.say(time.perf_counter())
    await settled.reached(len(visitors))


@asynccontextmanager
async def agents(
    subject: Subject, visitors: Sequence[ChatVisitor], *, loops: bool
) -> AsyncIterator[Callable[[int, float], None]]:
    """An agent for each chat; gives `send(number, at)`. In loops, every line always has a webhook under way."""
    speakers = [Agent(visitor.chat, port=subject.port) for visitor in visitors]
    turns: dict[Line, int] = {}

    def go_on(line: Line) -> None:
        if loops and line in turns:
            mine = turns[line] = (turns[line] + _LINES) % max(len(speakers), _LINES)
            line.post(speakers[mine % len(speakers)].request(time.perf_counter()))

    open_lines = await lines(subject.port, min(_LINES, len(speakers)), answered=go_on)

    def send(number: int, at: float) -> None:
        # A chat always keeps its line, so that its webhooks come in order.
        chat = number % len(speakers)
        open_lines[chat % len(open_lines)].post(speakers[chat].request(at))

    if loops:
        for number, line in enumerate(open_lines):
            turns[line] = number
            send(number, time.perf_counter())
    try:
        yield send
    finally:
        turns.clear()
        for line in open_lines:
            line.close()


async def inbound(subject: Subject, many: int, *, depth: int, seconds: float) -> Rate:
    """Event → commit → acknowledgement → ordered POST → settled; it counts when the page hears that it was sent."""
    async with chats(subject, many) as talk:
        return await closed_loop(subject, talk.visitors, depth=depth, seconds=seconds)


async def outbound(subject: Subject, many: int, *, seconds: float) -> Rate:
    """Signed webhook → check → commit → 200 → the visitor's socket; a message counts when the visitor hears it."""
    async with chats(subject, many) as talk, agents(subject, talk.visitors, loops=True):
        await talk.told.reached(2 * many)  # An agent's first words cost more: their name is asked for.
        await asyncio.sleep(RUN_IN)
        return await counted(subject, talk.told, seconds=seconds)


async def acknowledged(subject: Subject, many: int, *, rate: float, seconds: float) -> tuple[Delay, float]:
    """How long visitors wait for the acknowledgement at this rate; and the longest pause of the server, in ms."""
    async with chats(subject, many, loops=False) as talk:
        await at_a_rate(talk.visitors, rate=rate, seconds=RUN_IN)
        talk.stored.reset()
        load = at_a_rate(talk.visitors, rate=rate, seconds=seconds)
        pause = await _longest_pause(subject, load)
        return delay(talk.stored), pause


async def heard(subject: Subject, many: int, *, rate: float, seconds: float) -> Delay:
    """How long an agent's words take, from the webhook's first byte to the visitor."""
    async with chats(subject, many) as talk, agents(subject, talk.visitors, loops=False) as send:
        await steadily(send, rate=rate, seconds=RUN_IN)
        talk.told.reset()
        await steadily(send, rate=rate, seconds=seconds)
        return delay(talk.told)


async def _longest_pause(subject: Subject, load: Awaitable[None]) -> float:
    """The longest answer of `/live` meanwhile, which needs nothing but the event loop; in ms."""
    longest = 0.0

    async def probe() -> None:
        nonlocal longest
        async with aiohttp.ClientSession() as session:
            while True:
                begin = time.perf_counter()
                async with session.get(f"http://127.0.0.1:{subject.port}/live") as answer:
                    await answer.read()
                longest = max(longest, time.perf_counter() - begin)
                await asyncio.sleep(_PROBE_SECONDS)

    task = asyncio.create_task(probe())
    await load
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return longest * 1e3


async def idle(subject: Subject, many: int, *, namespace: str) -> tuple[float, float]:
    """Kilobytes a browser's connection takes, and handshakes a core makes a second. All browsers offer compression."""
    url = f"http://127.0.0.1:{subject.port}/socket.io/?EIO=4&transport=websocket"
    before, cpu, room = subject.memory, subject.cpu, asyncio.Semaphore(50)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one() -> aiohttp.ClientWebSocketResponse:
            async with room:
                line = await session.ws_connect(url, compress=15, origin=f"http://127.0.0.1:{subject.port}")
                await line.receive_str()
                await line.send_str(f"40{namespace}")
                await line.receive_str()
                return line

        kept = await asyncio.gather(*(one() for _ in range(many)))
        used = subject.cpu - cpu
        await asyncio.sleep(1.0)
        taken = subject.memory - before
        await asyncio.gather(*(line.close() for line in kept))
    return taken / many / 1024, many / max(used, 0.01)


async def first_acknowledgement(subject: Subject) -> float:
    """Seconds from the start of the process to the first message that is stored."""
    stored = Tally()
    visitor = ChatVisitor(Tally(), stored=stored, told=Tally(), loops=False)
    await connect(subject.port, [visitor])
    visitor.say(time.perf_counter())
    await stored.reached(1)
    return time.perf_counter() - subject.born
