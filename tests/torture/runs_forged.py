"""T7: webhooks that Twilio never sent, among those that it did."""

import asyncio
import io
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp

from middleware.simulator import Fault, Rule
from tests.torture.flexland import Manners
from tests.torture.forgeries import KINDS, REFUSED, TAG, Desk, Letter, tempting
from tests.torture.order import Order
from tests.torture.stage import Outcome, Stage, open_stage

_AT_ONCE = 20
_EFFECTS = {
    "messages": f"SELECT count(*) FROM message WHERE text LIKE '%{TAG}%' OR name LIKE '%{TAG}%'",  # noqa: S608
    "agents": f"SELECT count(*) FROM chat WHERE agent_id LIKE '%{TAG}%'",  # noqa: S608
    "ends": "SELECT count(*) FROM chat WHERE state = 'ended'",
    "events": f"SELECT count(*) FROM inbox WHERE held LIKE '%{TAG}%'",  # noqa: S608
}


async def t7(order: Order) -> Outcome:
    """Forged, odd and replayed in every way, while real ones come too: each refused with 4xx, and without effect."""
    visitors, forgeries = order.figure(short=(10, 500), full=(50, 5000))
    async with open_stage(
        "T7 forged webhooks", seed=order.seed, keep=order.keep, backend=order.backend, manners=Manners(chance=1.0)
    ) as stage:
        stage.flexland.befall(Rule(fault=Fault.REPEAT, chance=0.5, copies=(1, 3)), seed=order.seed)
        stage.crowd(visitors, each=100_000, pause=(0.3, 1.0))
        await asyncio.sleep(2)
        answers = await _forge(stage, forgeries)
        stage.hush()
        outcome = await stage.settle()
        problems = [*_broken(answers), *_effects(stage)]
        told = ", ".join(f"{count} × {status}" for status, count in sorted(_by_status(answers).items()))
        return replace(outcome, problems=(*outcome.problems, *problems), notes=(f"answered {told}", *outcome.notes))


Answers = Counter[tuple[str, int]]


async def _forge(stage: Stage, count: int) -> Answers:
    """So many letters, a few at a time; what each kind was answered."""
    answers: Answers = Counter()
    async with aiohttp.TCPConnector(limit=_AT_ONCE) as connector:
        http = aiohttp.ClientSession(connector=connector, connector_owner=False)
        async with http:

            async def send(kind: str, letter: Letter) -> None:
                answers[kind, await _answered(http, stage.keeper.url, letter)] += 1
                stage.faults += 1

            async with asyncio.TaskGroup() as group:
                for number in range(count):
                    kind = [*KINDS][number % len(KINDS)]
                    group.create_task(send(kind, KINDS[kind](_desk(stage))))
                    if number % _AT_ONCE == 0:
                        await asyncio.sleep(0.01)
    return answers


def _desk(stage: Stage) -> Desk:
    """Before a forger who has chosen a channel, and what they want to happen there."""
    path, fields = stage.dice.choice(tempting(stage.dice.choice(stage.flexland.channels), stage.dice))
    return Desk(stage.keeper.url, stage.dice, path, fields)


async def _answered(http: aiohttp.ClientSession, url: str, letter: Letter) -> int:
    """The status; 0 where the connection broke, as it may behind a body that is not read."""

    async def chunks() -> AsyncIterator[bytes]:
        yield letter.body

    body = chunks() if letter.chunked else io.BytesIO(letter.body)
    try:
        async with http.request(letter.method, url + letter.path, data=body, headers=letter.headers) as answer:
            return answer.status
    except aiohttp.ClientError:
        return 0


def _by_status(answers: Answers) -> Counter[int]:
    found: Counter[int] = Counter()
    for (_, status), count in answers.items():
        found[status] += count
    return found


def _broken(answers: Answers) -> list[str]:
    allowed = {("two megabytes", 0), ("of unknown length", 0)}
    return [
        f"{kind} was answered {status}, {count} times"
        for (kind, status), count in answers.items()
        if status not in REFUSED and (kind, status) not in allowed
    ]


def _effects(stage: Stage) -> list[str]:
    with sqlite3.connect(Path(stage.keeper.spec.folder) / "relay.db") as store:
        found = {what: store.execute(query).fetchone()[0] for what, query in _EFFECTS.items()}
    return [f"forgeries made {count} {what}" for what, count in found.items() if count]
