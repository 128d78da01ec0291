"""T21: nobody hears what is another's, whatever they claim."""

import asyncio
import base64
import json
import time
from typing import Any

from tests.torture.history import Left, PageId, Tag, Told
from tests.torture.line import Cut, Line, Unwelcome, dial
from tests.torture.order import Order
from tests.torture.page import Page
from tests.torture.stage import Outcome, Stage, open_stage

_FAR = 2**53


async def t21(order: Order) -> Outcome:
    """Visitors with tagged texts, and among them forgers of tokens, chat ids and positions."""
    visitors, each, forgeries = order.figure(short=(30, 5, 60), full=(300, 12, 1500))
    async with open_stage("T21 isolation", seed=order.seed, keep=order.keep, backend=order.backend) as stage:
        pages = stage.crowd(visitors, each=each, pause=(0.3, 1.0), spread=order.figure(short=0.5, full=3.0))
        await asyncio.sleep(order.figure(short=1.5, full=4.0))
        known = [page for page in pages if page.visitor.token and page.chat]
        for number in range(forgeries):
            await _forge(stage, *stage.dice.sample(known, 2), number=number)
            stage.faults += 1
        await stage.typed(within=60)
        return await stage.settle()


async def _forge(stage: Stage, forger: Page, victim: Page, *, number: int) -> None:
    """One forgery; all the forger is told is written down as theirs."""
    tag = Tag(f"forger{number}") if number % 4 == 0 else forger.visitor.tag
    told = _Ears(stage, tag)
    stage.history.append(Left(tag, PageId(f"{tag}/forger")))
    token = _tampered(stage, forger, victim) if number % 4 == 0 else forger.visitor.token
    auth = {"token": token, "chat": victim.chat, "after": stage.dice.choice([0, 1, 5, _FAR])}
    try:
        line = await dial(stage.http, stage.keeper.url, auth=auth, hear=told.hear)
    except Unwelcome as error:
        if error.code != "bad_token" or number % 4:
            stage.problems.append(f"a good token was refused: {error.code}")
        return
    if number % 4 == 0:
        stage.problems.append("a forged token was welcome")
    try:
        await _probe(line, victim, told)
    except (Cut, TimeoutError):
        stage.problems.append("a forger's connection broke")
    finally:
        await line.close()


async def _probe(line: Line, victim: Page, told: "_Ears") -> None:
    """Ask for the victim's chat in every way there is."""
    await line.emit("connect", {"token": victim.visitor.token, "chat": victim.chat, "after": 0})
    await line.emit("disconnect", "x")
    for after in (0, 1, _FAR):
        told.learn(await line.ask("resume", {"chat": victim.chat, "after": after}, within=10))
    await line.ask("leave", {"chat": victim.chat}, within=10)


class _Ears:
    """Writes down what a forger is told, as told to a page of the forger's."""

    def __init__(self, stage: Stage, tag: Tag) -> None:
        self._stage, self._tag = stage, tag

    def hear(self, name: str, payload: Any) -> None:
        """What comes by itself."""
        if name == "said":
            self._write(payload["chat"], payload["message"])
        elif name == "opened":
            self.learn(payload)

    def learn(self, answer: Any) -> None:
        """What is answered."""
        for message in answer.get("messages", []):
            self._write(answer["chat"]["id"], message)

    def _write(self, chat: str, message: Any) -> None:
        page = PageId(f"{self._tag}/forger")
        text = message["text"]
        self._stage.history.append(Told(self._tag, page, 0, "answer", chat, message["seq"], text))


def _tampered(stage: Stage, forger: Page, victim: Page) -> str:
    """A token that names the victim, but was never issued."""
    head, body, seal = str(forger.visitor.token).split(".")
    _, theirs, _ = str(victim.visitor.token).split(".")
    nobody = _part({"alg": "none", "typ": "JWT"})
    later = _part({**json.loads(base64.urlsafe_b64decode(theirs + "==")), "exp": int(time.time()) + 10**6})
    return stage.dice.choice(
        [f"{head}.{theirs}.{seal}", f"{nobody}.{theirs}.", f"{nobody}.{theirs}.{seal}", f"{head}.{later}.{seal}", body]
    )


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
