"""T14, T15, T16: floods, malformed frames and forbidden ones, while visitors talk."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.torture.history import Acked, Asked
from tests.torture.memory import cpu_seconds, resident
from tests.torture.order import Order
from tests.torture.stage import Outcome, Stage, open_stage
from tests.torture.times import spread, to_acknowledge

FLOODS = ("events", "pongs", "acks", "large", "deaf", "handshakes", "polls", "halves")
MOST_GROWTH = 100_000_000
"""Bytes by which the node may grow in a flood."""
ZOMBIE_SECONDS = 5.0
"""How long after an attack something of the attackers may still be there; twice as long where pings must find it."""
SLOWER = 3.0
"""How many times slower the visitors' asks may become."""

_SOON: Mapping[str, Any] = {"connect_seconds": 2.0, "ping_seconds": 2.0, "pong_seconds": 1.5}
"""A flooder is read slowly, so that its end is noticed by a ping; the run does not wait for 45 seconds."""
_OPEN_WIDE: Mapping[str, Any] = {"frames_at_once": 10**9, "connect_seconds": 2.0}


async def t14(order: Order) -> Outcome:
    """Floods of every kind from one address; visitors from another are served as before, and memory is bounded."""
    seconds = order.figure(short=1.5, full=30.0)
    return await _attacked(order, "T14 floods", FLOODS, seconds=seconds, limits=_SOON, own=500)


async def t15(order: Order) -> Outcome:
    """Streams of mutated frames, at no limited rate."""
    seconds = order.figure(short=3.0, full=120.0)
    return await _attacked(order, "T15 malformed frames", ("fuzz",), seconds=seconds, limits=_OPEN_WIDE, own=100_000)


async def t16(order: Order) -> Outcome:
    """Every kind of frame that must not be, again and again."""
    seconds = order.figure(short=2.0, full=60.0)
    return await _attacked(
        order, "T16 forbidden frames", ("bad", "forbidden", "broken"), seconds=seconds, limits=_OPEN_WIDE, own=100_000
    )


async def _attacked(
    order: Order, name: str, kinds: Sequence[str], *, seconds: float, limits: Mapping[str, Any], own: int
) -> Outcome:
    """Visitors talk before, while and after; `own` is how many sockets an address may have."""
    visitors = order.figure(short=8, full=40)
    settings = {"sockets_per_address": own}
    async with open_stage(
        name, seed=order.seed, keep=order.keep, backend=order.backend, limits=dict(limits), settings=settings
    ) as stage:
        stage.crowd(visitors, each=100_000, pause=(0.5, 1.5), spread=0.5)
        await asyncio.sleep(order.figure(short=1.5, full=15.0))
        before, memory, quiet = time.monotonic(), resident(stage.keeper.pid), await stage.keeper.state()
        for kind in kinds:
            await _attack(stage, kind, seconds=seconds)
        grown = resident(stage.keeper.pid) - memory
        stage.notes.append(f"the node grew by {grown / 1e6:.0f} MB")
        if grown > MOST_GROWTH:
            stage.problems.append(f"the node grew by {grown / 1e6:.0f} MB")
        await _nobody_is_left(stage, quiet, within=ZOMBIE_SECONDS * (1 if limits is _OPEN_WIDE else 2))
        _compare(stage, before, judge=not order.short)
        _read_log(stage, seconds=time.monotonic() - before)
        stage.hush()
        return await stage.settle()


async def _attack(stage: Stage, kind: str, *, seconds: float) -> None:
    used = cpu_seconds(stage.keeper.pid)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.torture.attackers"),
        *(stage.keeper.url, kind, str(seconds), str(stage.dice.randrange(10**6))),
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    if process.returncode:
        stage.problems.append(f"the attackers ({kind}) failed")
        return
    did: dict[str, int] = json.loads(told)
    stage.faults += sum(did.values())
    busy = (cpu_seconds(stage.keeper.pid) - used) / seconds
    what = ", ".join(f"{count:,} {what}" for what, count in did.items())
    stage.notes.append(f"{kind}: {what or 'nothing'}; the node's CPU {busy:.0%}")
    if not did:
        stage.problems.append(f"the attackers ({kind}) did nothing")


async def _nobody_is_left(stage: Stage, quiet: Mapping[str, float], *, within: float) -> None:
    """Only the visitors' sockets, soon: what joined no namespace has its own deadline, so that is waited for too."""
    deadline = time.monotonic() + within
    state = await stage.keeper.state()
    while time.monotonic() < deadline and state["lines"] > quiet["lines"]:
        await asyncio.sleep(0.1)
        state = await stage.keeper.state()
    stage.notes.append(f"sockets and tasks before: {quiet}, after: {state}")
    if state["lines"] > quiet["lines"] or state["inside"] > quiet["inside"]:
        stage.problems.append(f"zombies: {state}, before {quiet}")


def _compare(stage: Stage, before: float, *, judge: bool) -> None:
    calm, attacked = ([], []) if not stage.history else _split(stage, before)
    stage.notes.append(f"asked to acknowledged, before: {spread(calm)}; under attack: {spread(attacked)}")
    if judge and calm and attacked and _p99(attacked) > max(SLOWER * _p99(calm), 1.0):
        stage.problems.append(f"visitors waited {_p99(attacked):.1f} s, {_p99(calm):.2f} s before")


def _split(stage: Stage, before: float) -> tuple[list[float], list[float]]:
    early = {deed.text for deed in stage.history if isinstance(deed, Asked) and deed.at < before}
    deeds = [deed for deed in stage.history if isinstance(deed, Asked | Acked)]
    calm = [deed for deed in deeds if deed.text in early]
    return to_acknowledge(calm), to_acknowledge([deed for deed in deeds if deed.text not in early])


def _p99(took: Sequence[float]) -> float:
    return sorted(took)[min(len(took) - 1, len(took) * 99 // 100)]


def _read_log(stage: Stage, *, seconds: float) -> None:
    """One line a second about the attackers' address, and nothing unforeseen."""
    refused = [line for line in stage.keeper.log.splitlines() if "A socket was refused." in line]
    stage.notes.append(f"{len(refused)} log lines of refusals in {seconds:.0f} s")
    if len(refused) > 2 + seconds:
        stage.problems.append(f"{len(refused)} log lines in {seconds:.0f} s")
    if unforeseen := stage.keeper.faults_in_log():
        stage.problems.append(f"unforeseen: {unforeseen[0][:300]}")
