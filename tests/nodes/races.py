"""A random program of what befalls one chat on all nodes at once: asks, words, webhooks, deliveries and looks."""

import asyncio
import itertools
import random
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

from middleware.relay.errors import NotSent, OutcomeUnknown
from middleware.relay.model import Author, Event, FlexRef, Message, Reworded, Uttered, VisitorId
from middleware.relay.ports import Store
from tests.fakes.clock import FakeClock
from tests.fakes.flex import FakeFlex
from tests.relay.house import PACE, Heart

Moves: TypeAlias = list[Coroutine[Any, Any, object]]

STEPS = (3, 14)
"""How many steps a program has, at least and at most."""
AT_ONCE = (1, 6)
"""How many things a step does at once."""
NEWEST = 4
"""How many webhooks may come in one crowd."""
PAUSES = (0.0, 0.6, 1.2, 5.0, 40.0)
"""Seconds before a look: less and more than a hole is waited for, and than a silent chat is left alone."""


class Race:
    """One chat of a visitor of its own; the same seed does the same, as far as the store's own order allows."""

    def __init__(self, stores: Sequence[Store], *, seed: int) -> None:
        self.flex = FakeFlex()
        self.ref = FlexRef("")
        self.asked: list[str] = []
        self._dice = random.Random(seed)  # noqa: S311 - dice for play
        self._clock = FakeClock()
        # What was removed before it was looked for is not found, and posted again: nobody can know better.
        self._loses = self._chance(0.5)
        claims, waiting = self._chance(0.7), self._dice.choice([0, 2, 32])
        pace = replace(PACE, attempts=99, waiting=waiting, backoff_first=0.01)
        self._hearts = [Heart(store, flex=self.flex, clock=self._clock, pace=pace, claims=claims) for store in stores]
        self._visitor = VisitorId(f"visitor-{seed}")
        self._events: list[Event] = []
        self._numbers = itertools.count()
        self._weights = {
            self._ask: 20,
            self._speak: 20,
            self._reword: 7,
            self._withdraw: 5,
            self._tell: 18,
            self._tell_newest: 10,
            self._deliver: 10,
            self._look: 10,
            self._fail: 5,
        }

    async def run(self) -> None:
        """Open, do every step, and then tell everything again, twice."""
        chat = await self._heart.from_visitor.open(self._visitor)
        self.ref = FlexRef(f"ref-{chat.id}")
        if self._chance(0.5):
            await self._heart.deliver_all()
        for _ in range(self._dice.randint(*STEPS)):
            await self._step()
        await self._come_to_rest()
        for _ in range(2):
            await self._tell_everything()
            await self._come_to_rest()
        await self._heart.store.write(lambda tx: tx.watch(chat.id, at=None))  # The next race has another Flex.

    async def messages(self) -> list[Message]:
        """What the visitor has in the end."""
        return await self._heart.messages(self._visitor)

    def left(self) -> list[Uttered]:
        """What has not been removed at Flex, in Flex's order."""
        return [uttered for uttered in self.flex.lists[self.ref] if uttered is not None]

    def reworded(self, index: int) -> str | None:
        """The newest text of this index, if it was ever changed."""
        change: Reworded | None = self.flex.rewordings[self.ref].get(index)
        return None if change is None else change.text

    async def _step(self) -> None:
        kinds = self._dice.choices(list(self._weights), list(self._weights.values()), k=self._dice.randint(*AT_ONCE))
        moves = [move for kind in kinds for move in kind()]
        self._overhear()
        async with asyncio.TaskGroup() as group:
            for move in moves:
                group.create_task(move)

    def _ask(self) -> Moves:
        """The visitor says something; a page that was moved asks the next node again."""
        text = self._text("asked")
        self.asked.append(text)
        return [self._heart.say(text, self._visitor) for _ in range(1 + self._chance(0.3))]

    def _speak(self) -> Moves:
        author = self._dice.choice([Author.AGENT, Author.BOT])
        self._events.append(self.flex.speak(self.ref, self._text("spoken"), author=author))
        return []

    def _reword(self) -> Moves:
        if left := self.left():
            self._clock.pass_seconds(1.1)
            index, text = self._dice.choice(left).index, self._text("reworded")
            self._events.append(self.flex.reword(self.ref, index, text, at=self._clock.now()))
        return []

    def _withdraw(self) -> Moves:
        if (left := self.left()) and not self._loses:
            self._events.append(self.flex.withdraw(self.ref, self._dice.choice(left).index))
        return []

    def _tell(self) -> Moves:
        """A webhook of anything that ever was, maybe twice at once."""
        if not self._events:
            return []
        event = self._dice.choice(self._events)
        return [self._webhook(self._heart, event, late=self._chance(0.5)) for _ in range(1 + self._chance(0.4))]

    def _tell_newest(self) -> Moves:
        """Webhooks of what has just been, in any order and from every side."""
        newest = self._events[-NEWEST:]
        self._dice.shuffle(newest)
        return [self._webhook(self._heart, event, late=self._chance(0.5)) for event in newest]

    def _deliver(self) -> Moves:
        return [self._heart.deliver_all()]

    def _fail(self) -> Moves:
        """The next call is turned away, or its answer is lost."""
        if self._loses and self._chance(0.5):
            self.flex.after.append(OutcomeUnknown("reset"))
        else:
            self.flex.before.append(NotSent("429"))
        return []

    def _look(self) -> Moves:
        self._clock.pass_seconds(self._dice.choice(PAUSES))
        return [self._heart.look()]

    async def _webhook(self, heart: Heart, event: Event, *, late: bool) -> None:
        if late:
            await asyncio.sleep(0)
        await heart.from_flex.accept(event)

    async def _tell_everything(self) -> None:
        self._overhear()
        self._dice.shuffle(self._events)
        for event in self._events:
            await self._heart.from_flex.accept(event)

    async def _come_to_rest(self) -> None:
        for _ in range(6):
            self._clock.pass_seconds(max(PAUSES))
            await self._heart.deliver_all()
            await self._heart.look()

    def _overhear(self) -> None:
        """What Flex has taken from us is told by webhooks like everything else."""
        known = {event.key for event in self._events}
        self._events += [uttered for uttered in self.left() if uttered.key not in known]

    def _text(self, what: str) -> str:
        return f"{what} {next(self._numbers)}"

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share

    @property
    def _heart(self) -> Heart:
        """Any node's."""
        return self._dice.choice(self._hearts)


@contextmanager
def told_with(seed: int) -> Iterator[None]:
    """Whatever fails in the block names the seed."""
    try:
        yield
    except Exception as error:
        error.add_note(f"The seed of this race: {seed}")
        raise
