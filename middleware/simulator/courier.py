"""Carries webhooks to those who asked for them: in order and again when that may help, unless mischief has its way."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace

from middleware.simulator.account import Account
from middleware.simulator.events import Event
from middleware.simulator.mischief import Fate, Fault, Mischief, Slot
from middleware.simulator.parcels import Parcel, parcels
from middleware.simulator.postman import Postman
from middleware.simulator.wirelog import WireLog

_WORTH_ANOTHER_TRY = {429, 503, 504}
Lane = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds: how long an answer may take, and how long to wait before another try."""

    answer_within: float = 5.0
    pause: float = 0.2


class Courier:
    """Delivers every event it hears; each delivery is a task that is held until it is done."""

    def __init__(self, account: Account, log: WireLog, *, pace: Pace, mischief: Mischief) -> None:
        self._account = account
        self._pace = pace
        self._mischief = mischief
        self._postman = Postman(log, auth_token=account.seed.auth_token, answer_within=pace.answer_within)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[Lane, asyncio.Task[None]] = {}
        self._baskets: dict[Lane, list[Parcel]] = {}

    async def open(self) -> None:
        """Be ready to deliver."""
        await self._postman.open()

    async def close(self) -> None:
        """Drop what is under way and let go of every connection."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._postman.close()

    def hear(self, event: Event) -> None:
        """Send an event to every webhook that wants it."""
        for parcel in parcels(self._account, event):
            self._send(parcel, self._mischief.befall_webhook(f"{event.type} {parcel.url}"))

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _send(self, parcel: Parcel, fate: Fate) -> None:
        way, copies, again = fate.get(Slot.WAY), fate.get(Slot.COPIES), fate.get(Slot.AGAIN)
        match way.rule.fault if way else None:
            case Fault.LOSE:
                self._postman.lose(replace(parcel, fault=Fault.LOSE))
                return
            case Fault.DELAY if way:
                self._start(self._later(replace(parcel, fault=Fault.DELAY), way.seconds))
            case Fault.SHUFFLE if way:
                self._shuffle(replace(parcel, fault=Fault.SHUFFLE), way.seconds)
            case _:
                self._in_lane(parcel)
        for _ in range(copies.copies if copies else 0):
            self._start(self._carry(replace(parcel, fault=Fault.REPEAT)))
        if again:
            self._start(self._later(replace(parcel, fault=Fault.REPLAY), again.seconds))

    def _in_lane(self, parcel: Parcel) -> None:
        """After what is under way to the same address from the same channel."""
        task = self._start(self._follow(self._lanes.get(parcel.lane), parcel))
        self._lanes[parcel.lane] = task
        task.add_done_callback(lambda done: self._leave_lane(parcel.lane, done))

    def _leave_lane(self, lane: Lane, task: asyncio.Task[None]) -> None:
        if self._lanes.get(lane) is task:
            del self._lanes[lane]

    def _shuffle(self, parcel: Parcel, window: float) -> None:
        """Into the basket of its lane; the first one in it opens the window."""
        basket = self._baskets.setdefault(parcel.lane, [])
        basket.append(parcel)
        if len(basket) == 1:
            self._start(self._empty(parcel.lane, window))

    async def _empty(self, lane: Lane, window: float) -> None:
        await asyncio.sleep(window)
        basket = self._baskets.pop(lane)
        self._mischief.dice.shuffle(basket)
        for parcel in basket:
            await self._carry(parcel)

    async def _follow(self, before: asyncio.Task[None] | None, parcel: Parcel) -> None:
        if before:
            await asyncio.wait([before])
        await self._carry(parcel)

    async def _later(self, parcel: Parcel, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._carry(parcel)

    async def _carry(self, parcel: Parcel) -> None:
        for attempt in range(parcel.retry_count + 1):
            if attempt:
                await asyncio.sleep(self._pace.pause)
            status = await self._postman.deliver(parcel, attempt=attempt)
            if status is not None and status not in _WORTH_ANOTHER_TRY:
                return

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
