"""The other side: a simulator with agents who accept every chat and answer, and who write down what they say."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from middleware.simulator import ACCOUNT, COURIER, LOG, MISCHIEF, HookEntry, Pace, Plan, Rule, Seed, build_simulator
from middleware.simulator import agent as desk
from middleware.simulator.account import Account
from middleware.simulator.courier import Courier
from middleware.simulator.events import Event, by_sdk
from middleware.simulator.mischief import Mischief
from middleware.simulator.nouns import ChatChannel, TaskStatus
from middleware.simulator.nouns_conversations import Conversation
from tests.torture.history import AgentChanged, AgentSaid, AtFlex, Deed, Tag, name_of, owner_of

QUIET_SECONDS = 30.0
"""A webhook may be replayed twenty seconds later, and be tried four times."""

_VISITOR = "visitor-"
_TAKEN_BACK = 0.2
"""How many of the changes are removals."""
SEED = Seed()


@dataclass(frozen=True, slots=True)
class Manners:
    """How agents answer: how often a text is answered, with how many texts, after how many seconds."""

    chance: float = 0.5
    texts: tuple[int, int] = (1, 2)
    pause: tuple[float, float] = (0.0, 0.3)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that was carried: its answer (None: none came in time), how long that took, and when it came."""

    status: int | None
    seconds: float
    at: float

    def within(self, begin: float, end: float) -> bool:
        """Whether it was sent after the one time, and answered before the other."""
        return self.at - self.seconds > begin and self.at < end


class Flexland:
    """The account, seen from inside."""

    def __init__(self, app: web.Application, url: str, *, write: Callable[[Deed], None], dice: random.Random) -> None:
        self.url = url
        self.manners = Manners()
        self.spoken = self.carried = 0
        self._account: Account = app[ACCOUNT]
        self._mischief: Mischief = app[MISCHIEF]
        self._courier: Courier = app[COURIER]
        self._write, self._dice = write, dice
        self._said: dict[Tag, int] = {}
        self._faults = 0
        self._calls: set[asyncio.TimerHandle] = set()
        self._account.on_event.append(self._hear)
        self.hooks: list[Hook] = []
        self._log = app[LOG]
        self._log.on_entry.append(self._log_hook)

    def befall(self, *rules: Rule, seed: int) -> None:
        """From now on these faults strike."""
        self._faults += sum(self._mischief.made)
        self._mischief.switch(Plan(rules=rules, seed=seed))

    def relent(self) -> None:
        """No more faults."""
        self.befall(seed=0)

    @property
    def faults(self) -> int:
        """How many faults have struck."""
        return self._faults + sum(self._mischief.made)

    @property
    def channels(self) -> list[str]:
        """Every channel with a visitor's text in it."""
        return [sid for sid, messages in self._account.tables.messages.items() if messages]

    def say(self, channel: str, count: int = 1, *, padding: int = 0) -> None:
        """An agent says this many texts in the channel, at once, each with so many letters behind it."""
        self._accept(channel)
        tag = self._tag_in(channel)
        for _ in range(count):
            number = self._said[tag] = self._said.get(tag, 0) + 1
            text = f"{tag}:a{number}" + (" " + "x" * padding if padding else "")
            message = desk.say(
                self._account,
                self._place(channel),
                desk.Words(text),
                by=by_sdk(self._account.seed.agent_identity),
            )
            self.spoken += 1
            self._write(AgentSaid(self._chat_of(channel), message.index, text, time.monotonic()))

    def revise(self, channel: str) -> None:
        """An agent rewords one of their newest texts in the channel, or takes one back: never the newest of all.

        For a removal that no webhook told of is noticed only behind something later.
        """
        agent = self._account.seed.agent_identity
        newest = list(self._account.tables.messages[channel].values())[-20:-1]
        mine = [message for message in newest if message.sender == agent]
        if not mine:
            return
        message, place = self._dice.choice(mine), self._place(channel)
        if self._dice.random() < _TAKEN_BACK:
            desk.withdraw(self._account, place, message)
            wording = None
        else:
            wording = f"{name_of(message.body)} w{self._wording(message.body) + 1}"
            desk.reword(self._account, place, message, wording)
        self._write(AgentChanged(self._chat_of(channel), message.body, wording))

    def _wording(self, body: str) -> int:
        return int(body.partition(" w")[2] or 0)

    def snapshot(self) -> list[AtFlex]:
        """Every visitor's text that lies in a channel."""
        return [
            AtFlex(self._chat_of(sid), message.index, message.body)
            for sid, messages in self._account.tables.messages.items()
            for message in messages.values()
            if message.sender.startswith(_VISITOR)
        ]

    async def quiet(self, *, within: float) -> None:
        """Wait until every webhook has been carried, or for long enough."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._courier.idle(), min(within, QUIET_SECONDS))

    async def keeps_up(self, *, most: int) -> None:
        """Wait until at most so many webhooks are under way, or for long enough."""
        for _ in range(int(QUIET_SECONDS / 0.02)):
            if self.carried + most >= self.spoken:
                return
            await asyncio.sleep(0.02)

    def hush(self) -> None:
        """Agents answer no more."""
        for call in self._calls:
            call.cancel()
        self._calls.clear()

    def _log_hook(self) -> None:
        newest = self._log.after(self._log.count - 1)[0]
        if isinstance(newest, HookEntry) and newest.fault != "lose":
            self.carried += newest.fields.get("Source") == "SDK" and "MessageSid" in newest.fields
            self.hooks.append(Hook(newest.status, newest.ms / 1000, time.monotonic()))

    def _hear(self, event: Event) -> None:
        """Answer a visitor's text, perhaps."""
        author = event.fields.get("From") or event.fields.get("Author") or ""
        if not author.startswith(_VISITOR) or event.channel_sid is None:
            return
        if self._dice.random() < self.manners.chance:
            count, pause = self._dice.randint(*self.manners.texts), self._dice.uniform(*self.manners.pause)
            self._later(pause, event.channel_sid, count)

    def _later(self, pause: float, channel: str, count: int) -> None:
        def now() -> None:
            self._calls.discard(call)
            self.say(channel, count)

        call = asyncio.get_running_loop().call_later(pause, now)
        self._calls.add(call)

    def _accept(self, channel: str) -> None:
        task = self._account.tables.tasks.get(self._task_of(channel) or "")
        if task is not None and task.status is TaskStatus.RESERVED:
            desk.accept(self._account, task)

    def _task_of(self, channel: str) -> str | None:
        tables = self._account.tables
        if channel in tables.flex_channels:
            return tables.flex_channels[channel].task_sid
        about = (one.task_sid for one in tables.interactions.values() if one.conversation_sid == channel)
        return next(about, None)

    def _place(self, channel: str) -> ChatChannel | Conversation:
        tables = self._account.tables
        return tables.channels.get(channel) or tables.conversations[channel]

    def _tag_in(self, channel: str) -> Tag:
        return owner_of(next(iter(self._account.tables.messages[channel].values())).body)

    def _chat_of(self, channel: str) -> str:
        tables = self._account.tables
        if channel in tables.flex_channels:
            return tables.flex_channels[channel].identity.removeprefix(_VISITOR)
        inside = (one.identity or "" for one in tables.participants[channel].values())
        return next(identity for identity in inside if identity.startswith(_VISITOR)).removeprefix(_VISITOR)


@asynccontextmanager
async def open_flexland(*, write: Callable[[Deed], None], dice: random.Random) -> AsyncIterator[Flexland]:
    """A simulator on a free port, inside this process."""
    app = build_simulator(SEED, pace=Pace(pause=0.2))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        flexland = Flexland(app, f"http://127.0.0.1:{runner.addresses[0][1]}", write=write, dice=dice)
        yield flexland
        flexland.hush()
    finally:
        await runner.cleanup()
