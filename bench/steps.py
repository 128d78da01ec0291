"""The steps of a round: each starts one subject anew, measures one thing, and gives figures by name.

Names are `what: unit`. A round interleaves the references and the relay, so that what the machine does meanwhile hits
all of them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from bench import measures, subjects
from bench.subjects import Opened
from bench.visitors import EchoVisitor, Tally, TutorialVisitor, Visitor, connect

Figures: TypeAlias = Mapping[str, float]
Step: TypeAlias = Callable[[float], Awaitable[Figures]]
"""Called with how many seconds to count for."""

DEPTH = {1: 16, 100: 2}
"""Messages each of so many visitors has under way, so that few too keep the server busy; else one each."""
OLD_MESSAGES = 1_000_000


def steps(*, most: int) -> Mapping[str, Step]:
    """Every step by its name; `most` is how many connections are many (10,000)."""
    return {
        "echo default": partial(_echo, "echo default", lambda: subjects.echo("default"), 1000),
        "inbound 1000": partial(_inbound, 1000),
        "echo tuned": partial(_echo, "echo tuned", lambda: subjects.echo("tuned"), 1000),
        "outbound 1000": partial(_outbound, 1000),
        "echo node": partial(_echo, "echo node", subjects.node_echo, 1000),
        "tutorial 1": partial(_tutorial, 1),
        "inbound 1": partial(_inbound, 1),
        "tutorial 100": partial(_tutorial, 100),
        "inbound 100": partial(_inbound, 100),
        "tutorial 1000": partial(_tutorial, 1000),
        "delays": _delays,
        "idle relay": partial(_idle, "relay", subjects.relay, "/chat,"),
        "idle echo": partial(_idle, "echo default", lambda: subjects.echo("default"), ""),
        "idle node": partial(_idle, "echo node", subjects.node_echo, ""),
        "few connected": partial(_beside_idle, 100),
        "many connected": partial(_beside_idle, most),
        "busy beside many": partial(_beside_idle, most + 1000, speaking=1000),
        "no history": partial(_after_history, 0),
        "long history": partial(_after_history, OLD_MESSAGES),
        "start": _start,
    }


async def _echo(name: str, opened: Callable[[], Opened], many: int, seconds: float) -> Figures:
    return await _in_a_loop(name, opened(), lambda tally: [EchoVisitor(tally) for _ in range(many)], seconds)


async def _tutorial(many: int, seconds: float) -> Figures:
    name = f"tutorial {many}"
    return await _in_a_loop(
        name, subjects.tutorial(), lambda tally: [TutorialVisitor(tally) for _ in range(many)], seconds
    )


async def _in_a_loop(
    name: str, opened: Opened, visitors: Callable[[Tally], Sequence[Visitor]], seconds: float
) -> Figures:
    async with opened as subject:
        talking = visitors(Tally())
        await connect(subject.port, talking)
        depth = DEPTH.get(len(talking), 1)
        return _rate(name, await measures.closed_loop(subject, talking, depth=depth, seconds=seconds))


async def _inbound(many: int, seconds: float) -> Figures:
    async with subjects.relay() as subject:
        rate = await measures.inbound(subject, many, depth=DEPTH.get(many, 1), seconds=seconds)
        return _rate(f"inbound {many}", rate)


async def _outbound(many: int, seconds: float) -> Figures:
    async with subjects.relay() as subject:
        return _rate(f"outbound {many}", await measures.outbound(subject, many, seconds=seconds))


async def _delays(seconds: float) -> Figures:
    """At half of what this very round's machine carries."""
    async with subjects.relay() as subject:
        ceiling = await measures.inbound(subject, 1000, depth=1, seconds=seconds)
    async with subjects.relay() as subject:
        ack, pause = await measures.acknowledged(subject, 1000, rate=ceiling.per_second / 2, seconds=seconds)
    async with subjects.relay() as subject:
        top = await measures.outbound(subject, 1000, seconds=seconds)
    async with subjects.relay() as subject:
        heard = await measures.heard(subject, 1000, rate=top.per_second / 2, seconds=seconds)
    return {
        "acknowledged at half the ceiling: p50 ms": ack.p50,
        "acknowledged at half the ceiling: p99 ms": ack.p99,
        "longest pause under load: ms": pause,
        "agent to visitor at half the ceiling: p50 ms": heard.p50,
        "agent to visitor at half the ceiling: p99 ms": heard.p99,
    }


async def _idle(name: str, opened: Callable[[], Opened], namespace: str, _seconds: float) -> Figures:
    async with opened() as subject:
        kilobytes, handshakes = await measures.idle(subject, 1000, namespace=namespace)
        return {f"idle {name}: KB a connection": kilobytes, f"idle {name}: handshakes/s a core": handshakes}


async def _beside_idle(connected: int, seconds: float, *, speaking: int = 100) -> Figures:
    """So many visitors speak, the others are only there."""
    async with subjects.relay() as subject, measures.chats(subject, connected) as talk:
        rate = await measures.closed_loop(
            subject, talk.visitors[:speaking], depth=DEPTH.get(speaking, 1), seconds=seconds
        )
        many = f", {speaking} speak" if speaking != 100 else ""
        return _rate(f"inbound, {connected} connected{many}", rate)


async def _after_history(stored: int, seconds: float) -> Figures:
    async with subjects.relay(stored=stored) as subject:
        rate = await measures.inbound(subject, 100, depth=DEPTH[100], seconds=seconds)
        return _rate(f"inbound, {stored} stored", rate)


async def _start(_seconds: float) -> Figures:
    async with subjects.relay() as subject:
        return {"start to first acknowledgement: s": await measures.first_acknowledgement(subject)}


def _rate(name: str, rate: measures.Rate) -> Figures:
    return {
        f"{name}: messages/s": rate.per_second,
        f"{name}: CPU µs": rate.cpu_us,
        f"{name}: load's core": rate.load,
    }
