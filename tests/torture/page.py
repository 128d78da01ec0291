"""A visitor's page as docs/protocol.md says it behaves, writing down all it asks and is told."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.torture.history import Acked, Asked, Changed, Deed, Left, Opened, PageId, Status, Tag, Told
from tests.torture.line import Cut, Line, Unwelcome, dial
from tests.torture.planted import told_of

Payload = Any

PATIENCE = 6.0
"""Seconds after which an ask without an answer is asked again."""


@dataclass(slots=True)
class Visitor:
    """Who a page is of: the token that its browser keeps, the ids of its sockets, and the page they type into."""

    tag: Tag
    token: str | None = None
    sockets: set[str] = field(default_factory=set)
    refusals: dict[str, int] = field(default_factory=dict)
    front: "Page | None" = None


class Page:
    """One page. `say` queues a text; `live` keeps the page connected and asks, one thing after another."""

    def __init__(
        self,
        visitor: Visitor,
        name: str,
        *,
        http: aiohttp.ClientSession,
        url: str,
        write: Callable[[Deed], None],
        dice: random.Random,
    ) -> None:
        self.visitor = visitor
        self.id = PageId(f"{visitor.tag}/{name}")
        self.chat: str | None = None
        self.view: dict[int, str] = {}
        self.after = 0
        self.line: Line | None = None
        self._own: set[int] = set()
        self._statuses: dict[tuple[str, int], str] = {}
        self._http, self._url, self._write, self._dice = http, url, write, dice
        self._to_say: deque[tuple[str, str]] = deque()
        self._awake = asyncio.Event()
        self._asked = asyncio.Event()
        self._mind_open = False
        self._offline = False
        self._leaving = False

    # --- what a run does with a page

    def say(self, text: str) -> None:
        """Say this, sooner or later."""
        self._to_say.append((f"{text}!{self._dice.getrandbits(48):x}", text))
        self._write(Asked(self.visitor.tag, text, time.monotonic()))
        self._awake.set()

    @property
    def silent(self) -> bool:
        """Whether everything was acknowledged."""
        return not self._to_say

    def cut(self) -> None:
        """Break the connection off; the page comes back by itself."""
        if self.line is not None:
            self.line.cut()

    def offline(self, *, yes: bool) -> None:
        """Lose the network, or get it back."""
        self._offline = yes
        if yes:
            self.cut()
        self._awake.set()

    def leave(self) -> None:
        """Close the page for good; its view need not be complete."""
        self._leaving = True
        self._write(Left(self.visitor.tag, self.id))
        self.cut()
        self._awake.set()

    def read_no_more(self) -> None:
        """Take nothing from the wire any more, until cut."""
        if self.line is not None:
            self.line.read_no_more()

    def inherit(self, other: "Page") -> None:
        """Say what the other page had still to say."""
        self._to_say, other._to_say = other._to_say, deque()
        self.visitor.front = self

    async def asking(self, *, within: float) -> None:
        """Wait until an ask is under way, or for long enough."""
        self._asked.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), within)

    async def live(self) -> None:
        """Be there until cancelled or left."""
        while not self._leaving:
            if not self._offline:
                try:
                    await self._connected()
                except Cut:
                    pass
                except Unwelcome as error:
                    self._count(error.code)
                    if error.code == "bad_token":
                        self.visitor.token = None
            await asyncio.sleep(self._dice.uniform(0.02, 0.25))

    # --- a connection

    async def _connected(self) -> None:
        auth = {"token": self.visitor.token, "chat": self.chat, "after": self.after if self.chat else None}
        told = {name: value for name, value in auth.items() if value is not None}
        self.line = line = await dial(self._http, self._url, auth=told, hear=self._hear)
        self.visitor.sockets.add(line.id)
        self._mind_open = self.visitor.token is None
        try:
            while not (line.gone.is_set() or self._leaving or self._offline):
                self._awake.clear()
                if not await self._one_ask(line):
                    await self._rest(line)
        finally:
            self.line = None
            await line.close()

    async def _rest(self, line: Line) -> None:
        gone, awake = asyncio.create_task(line.gone.wait()), asyncio.create_task(self._awake.wait())
        try:
            await asyncio.wait((gone, awake), return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            awake.cancel()

    async def _one_ask(self, line: Line) -> bool:
        """Do what is most urgent; False if there is nothing to do."""
        if self._mind_open:
            await self._open(line)
        elif self.chat is not None and len(self.view) > self.after:
            await self._resume(line)
        elif self._to_say:
            await self._say(line)
        else:
            return False
        return True

    async def _open(self, line: Line) -> None:
        await self._ask(line, "open", told_of(self.visitor.tag), granted=self._opened)

    def _opened(self, answer: Payload) -> None:
        self._mind_open = False
        self._learn(answer, "answer")

    async def _resume(self, line: Line) -> None:
        position = {"chat": self.chat, "after": self.after}
        await self._ask(line, "resume", position, granted=lambda answer: self._learn(answer, "answer"))

    async def _say(self, line: Line) -> None:
        ask_id, text = self._to_say[0]
        await self._ask(line, "say", {"ask_id": ask_id, "text": text}, granted=lambda answer: self._said(text, answer))

    def _said(self, text: str, answer: Payload) -> None:
        if self._leaving:
            return
        self._to_say.popleft()
        self._write(Acked(self.visitor.tag, self.id, text, answer["chat"], answer["seq"], time.monotonic()))
        self._turn_to(answer["chat"])
        self._own.add(answer["seq"])
        self._place(answer["seq"], text)

    async def _ask(self, line: Line, name: str, payload: object, *, granted: Callable[[Payload], None]) -> None:
        """Ask once; what was not granted is asked again later, by whoever finds it undone."""
        self._asked.set()
        try:
            answer = await line.ask(
                name, payload, within=PATIENCE, answered=lambda told: granted(told) if told["ok"] else None
            )
        except TimeoutError:
            self._count("no answer")
        else:
            if not answer["ok"]:
                await self._refused(str(answer["error"]["code"]))

    async def _refused(self, code: str) -> None:
        self._count(code)
        if code in {"not_open", "chat_ended"}:
            self._mind_open = True
        else:
            await asyncio.sleep(self._dice.uniform(0.2, 0.5))

    # --- what the page is told

    def _hear(self, name: str, payload: Payload) -> None:
        match name:
            case "opened":
                self._learn(payload, "opened")
            case "said":
                self._turn_to(payload["chat"])
                self._show(payload["message"], "said")
            case "reworded" | "withdrawn":
                if payload["chat"] == self.chat:
                    self._change(payload["seq"], payload.get("text"))
            case "status":
                self._status(payload["seq"], payload["status"], chat=payload["chat"])
        self._awake.set()

    def _learn(self, told: Payload, news: str) -> None:
        self.visitor.token = told.get("token") or self.visitor.token
        self._turn_to(told["chat"]["id"])
        if told["reset"]:
            self._forget()
        unsettled = {each["seq"]: each["status"] for each in told["unsettled"]}
        start = min((message["seq"] for message in told["messages"]), default=self.after + 1)
        for seq in self._own:
            if seq < start and seq <= self.after:
                self._status(seq, unsettled.get(seq, "sent"), chat=self.chat or "")
        for message in told["changed"]:
            self._change(message["seq"], message["text"] if message["edited"] == "reworded" else None)
        for message in told["messages"]:
            self._show(message, news)

    def _change(self, seq: int, text: str | None) -> None:
        self._write(Changed(self.visitor.tag, self.id, self.chat or "", seq, text))

    def _show(self, message: Payload, news: str) -> None:
        seq, chat = message["seq"], self.chat or ""
        if message["edited"] == "withdrawn":
            self._change(seq, None)
            self._place(seq, "")
            return
        socket = self.line.number if self.line is not None else 0
        self._write(Told(self.visitor.tag, self.id, socket, news, chat, seq, message["text"], time.monotonic()))
        if message["author"] == "visitor":
            self._own.add(seq)
            self._status(seq, message["status"], chat=chat)
        self._place(seq, message["text"])

    def _status(self, seq: int, status: str, *, chat: str) -> None:
        if self._statuses.get((chat, seq)) == status:
            return
        self._statuses[chat, seq] = status
        self._write(Status(self.visitor.tag, self.id, chat, seq, status))

    def _turn_to(self, chat: str) -> None:
        if chat != self.chat:
            self._forget()
            self.chat = chat
            self._write(Opened(self.visitor.tag, chat))

    def _forget(self) -> None:
        self.view, self.after, self._own = {}, 0, set()

    def _place(self, seq: int, text: str) -> None:
        self.view[seq] = text
        while self.after + 1 in self.view:
            self.after += 1

    def _count(self, code: str) -> None:
        self.visitor.refusals[code] = self.visitor.refusals.get(code, 0) + 1
