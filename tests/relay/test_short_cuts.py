"""A store's short cuts come to the same as the long way, whatever is said and settled together."""

import asyncio
import re
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import Any, TypeVar, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from middleware.relay.errors import AskRefused
from middleware.relay.in_order import Accepted, accept_together, settle_together
from middleware.relay.model import (
    Agent,
    AskId,
    Author,
    Chat,
    ChatId,
    Delivery,
    DeliveryId,
    DeliveryKind,
    Ended,
    Ender,
    Event,
    EventKey,
    FlexRef,
    Message,
    Receipt,
    Said,
    VisitorId,
)
from middleware.relay.outbox import Onward, Saying, Sent, Words
from middleware.relay.ports import Reading, Store, Transaction, Unit
from middleware.relay.saying import say_together
from middleware.store.sqlite import SqliteStore
from tests.torture.broken import Around

T = TypeVar("T")

VISITORS = [VisitorId(f"visitor-{number}") for number in range(3)]
UNTIL = 1000.0
SETTINGS = settings(
    max_examples=80, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@dataclass
class Side:
    """One of two stores that are asked the same; `claimed` is what it has told of its claims, `news` of the newest
    receipts.
    """

    store: Store
    long: bool
    claimed: set[DeliveryId] = field(default_factory=set)
    news: list[tuple[object, ...]] = field(default_factory=list)

    async def write(self, unit: Unit[T]) -> T:
        if self.long:
            return await self.store.write(lambda tx: unit(cast(Transaction, Around(tx))))
        return await self.store.write(unit)


sayings = st.lists(
    st.tuples(
        st.sampled_from(VISITORS),
        st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=3),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


class Program(RuleBasedStateMachine):
    """The same program on a store with short cuts and on one without."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.opened = AsyncExitStack()
        folder = Path(self.opened.enter_context(tempfile.TemporaryDirectory()))
        self.sides: list[Side] = []
        for name in ("short", "long"):
            store = self.run(self.opened.enter_async_context(SqliteStore(folder / f"{name}.db")))
            self.sides.append(Side(store, long=name == "long"))
        self.chats: dict[VisitorId, ChatId] = {}
        self.numbers = count(1)

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def both(self, unit: Unit[T]) -> tuple[T, T]:
        short, long = (self.run(side.write(unit)) for side in self.sides)
        return short, long

    def teardown(self) -> None:
        self.run(self.opened.aclose())
        self.runner.close()

    @initialize()
    def begin(self) -> None:
        self.all_open_a_chat()

    @rule()
    def all_open_a_chat(self) -> None:
        """Each who has none."""
        for visitor in VISITORS:
            number = next(self.numbers)
            chat = Chat(ChatId(f"chat-{number}"), visitor, opened_at=1.0, ref=FlexRef(f"ref-{number}"))

            async def unit(tx: Transaction, chat: Chat = chat) -> None:
                last = await tx.last_chat_of(chat.visitor)
                if last is None or last.ended_by is not None:
                    await tx.add_chat(chat)

            self.both(unit)

    @rule(visitor=st.sampled_from(VISITORS))
    def somebody_ends(self, visitor: VisitorId) -> None:
        async def unit(tx: Transaction) -> None:
            chat = await tx.last_chat_of(visitor)
            assert chat is not None
            if await tx.end_chat(chat.id, by=Ender.VISITOR, at=5.0):
                await tx.owe(chat.id, DeliveryKind.END, due=5.0)

        self.both(unit)

    @rule(visitor=st.sampled_from(VISITORS), ahead=st.integers(min_value=0, max_value=3))
    def an_agent_is_early(self, visitor: VisitorId, ahead: int) -> None:
        """An event that is held, or one that takes the turn."""
        number = next(self.numbers)

        async def unit(tx: Transaction) -> None:
            chat = await tx.last_chat_of(visitor)
            assert chat is not None
            assert chat.ref is not None
            event = Said(chat.ref, EventKey(f"e{number}"), chat.next_index + ahead, Author.AGENT, "alex", "Hi")
            if ahead:
                await tx.remember(event.key, ref=event.ref, at=5.0)
                await tx.hold(event)
            else:
                await tx.set_next_index(chat.id, chat.next_index + 1)

        self.both(unit)

    @rule(visitor=st.sampled_from(VISITORS), name=st.sampled_from([None, "", "Alex"]))
    def an_agent_comes(self, visitor: VisitorId, name: str | None) -> None:
        async def unit(tx: Transaction) -> None:
            chat = await tx.last_chat_of(visitor)
            assert chat is not None
            await tx.set_agent(chat.id, Agent("alex", name))

        self.both(unit)

    @rule(
        told=st.lists(
            st.tuples(
                st.sampled_from(VISITORS),
                st.sampled_from([0, 0, 0, 1, -1]),
                st.sampled_from([Author.AGENT, Author.BOT, Author.SYSTEM, None]),
                st.sampled_from(["alex", "kim"]),
            ),
            min_size=1,
            max_size=4,
        )
    )
    def flex_tells(self, told: list[tuple[VisitorId, int, Author | None, str]]) -> None:
        """Utterances in turn, early, late and twice, and an end (None); by the agent who is there, or another."""
        events: list[Event] = []
        for visitor, off, author, who in told:
            chat = self.run(self.sides[0].store.read(partial(_last_chat, visitor)))
            key = EventKey(f"t{next(self.numbers)}")
            if author is None:
                events.append(Ended(chat.ref, key))
            else:
                index = max(chat.next_index + off, 0)
                events.append(Said(chat.ref, key, index, author, who, f"words {key}", at=7.0))
        for side in self.sides:
            accepted = self.run(side.write(partial(_accept, [*events, events[0]])))
            side.news = [
                (one.chat.id, one.fate.value, repr(news), one.owing)
                for one in accepted
                for news in one.news
                if one.chat
            ]
        assert news_of(self.sides[0]) == news_of(self.sides[1])

    @rule(said=sayings)
    def say(self, said: list[tuple[VisitorId, list[int], bool]]) -> None:
        """Answers are the same; the short cut claims all that it can, and knows behind what."""
        asked = [
            Saying(visitor, [Words(AskId(f"ask-{ask}"), f"text {ask}") for ask in asks], 5.0, UNTIL if claims else None)
            for visitor, asks, claims in said
        ]
        answers = []
        for side in self.sides:
            before = [self.owed(side, saying.visitor) for saying in asked]
            parts = self.run(side.write(lambda tx: say_together(tx, asked)))
            answers.append([[told(answer) for answer in part.answers] for part in parts])
            for saying, part, owed in zip(asked, parts, before, strict=True):
                assert saying.until is not None or not part.claimed
                assert part.behind is None or part.behind in side.claimed
                assert part.behind is None or len(part.claimed) == len(saying.words)
                if part.behind is not None and [one.visitor for one in asked].count(saying.visitor) == 1:
                    assert owed[-1].id == part.behind
                side.claimed.update(delivery.id for delivery in part.claimed)
        assert answers[0] == answers[1]

    @rule(
        chosen=st.lists(
            st.tuples(st.sampled_from(VISITORS), st.integers(1, 3), st.sampled_from([0, 0, 0, 1]), st.booleans()),
            min_size=1,
            max_size=3,
            unique_by=lambda one: one[0],
        )
    )
    def settle(self, chosen: list[tuple[VisitorId, int, int, bool]]) -> None:
        """So many of a chat, from its oldest on, with receipts in turn or out of turn: what is claimed, at once."""
        receipts = {visitor: self.receipts(visitor, many, off) for visitor, many, off, _ in chosen}
        untils = {visitor: UNTIL if claims else None for visitor, _, _, claims in chosen}
        for side in self.sides:
            left, side.news = {visitor: list(mine) for visitor, mine in receipts.items()}, []
            while any(mine and self.owed(side, visitor) for visitor, mine in left.items()):
                sent = [
                    Sent(delivery, left[visitor].pop(0), untils[visitor])
                    for visitor in left
                    if left[visitor] and self.owed(side, visitor)
                    for delivery in self.claimed(side, visitor)[: len(left[visitor])]
                ]
                self.settle_on(side, sent)
        assert news_of(self.sides[0]) == news_of(self.sides[1])

    def receipts(self, visitor: VisitorId, many: int, off: int) -> list[Receipt]:
        """For what both sides owe alike: what is said, up to the first that is something else."""
        owed = self.owed(self.sides[0], visitor)[:many]
        says = list(takewhile(lambda one: one.kind is DeliveryKind.SAY, owed))
        first = owed[0].chat.next_index + off if owed else 0
        return [Receipt(EventKey(f"im-{one.chat.id}-{first + place}"), first + place) for place, one in enumerate(says)]

    def settle_on(self, side: Side, sent: list[Sent]) -> None:
        settled = self.run(side.write(partial(_settle, sent)))
        side.claimed -= {one.delivery.id for one in sent}
        for one, (accepted, onward) in zip(sent, settled, strict=True):
            side.news += [(one.delivery.chat.id, accepted.fate.value, repr(news)) for news in accepted.news]
            if onward.next is not None:
                assert one.until is not None
                side.claimed.add(onward.next.id)
        self.check_heads(side, sent, [onward for _, onward in settled])

    def claimed(self, side: Side, visitor: VisitorId) -> list[Delivery]:
        """What is claimed from the oldest on; if nothing is, a round claims."""
        everything = self.owed(side, visitor)
        owed = list(takewhile(lambda one: one.id in side.claimed, everything))
        if owed:
            return owed
        claimed: list[Delivery] = self.run(side.store.write(lambda tx: tx.claim(now=500.0, until=UNTIL, limit=99)))
        side.claimed.update(one.id for one in claimed)
        head = [one for one in claimed if one.id == everything[0].id]  # An older chat of the visitor's may owe, too.
        assert head, "the head of the chat could not be claimed"
        return head

    def check_heads(self, side: Side, sent: list[Sent], onward: list[Onward]) -> None:
        """Whatever stands at a chat's head now is claimed, or somebody was told to look."""
        for chat in {one.delivery.chat.id for one in sent}:
            told = [known for one, known in zip(sent, onward, strict=True) if one.delivery.chat.id == chat]
            owed = self.run(side.write(partial(_owed_to, chat)))
            if owed and owed[0].id not in side.claimed:
                assert any(known.more for known in told)

    def owed(self, side: Side, visitor: VisitorId) -> list[Delivery]:
        async def unit(tx: Transaction) -> list[Delivery]:
            chat = await tx.last_chat_of(visitor)
            assert chat is not None
            return await tx.owed_to(chat.id)

        owed: list[Delivery] = self.run(side.write(unit))
        return owed

    @invariant()
    def both_hold_the_same(self) -> None:
        """Chats, messages and what is owed; but not what is claimed."""
        if len(self.sides) == 2:
            short, long = ([self.run(state(side, visitor)) for visitor in VISITORS] for side in self.sides)
            assert long == short


async def _settle(sent: Sequence[Sent], tx: Transaction) -> Sequence[tuple[Accepted, Onward]]:
    return await settle_together(tx, sent, now=6.0)


async def _accept(events: Sequence[Event], tx: Transaction) -> Sequence[Accepted]:
    return await accept_together(tx, events, now=7.0)


async def _last_chat(visitor: VisitorId, view: Reading) -> Chat | None:
    return await view.last_chat_of(visitor)


async def _owed_to(chat: ChatId, tx: Transaction) -> list[Delivery]:
    return await tx.owed_to(chat)


def told(answer: Message | AskRefused) -> tuple[object, ...]:
    """But for the id, which is chance."""
    if isinstance(answer, Message):
        return answer.chat, answer.seq, answer.text, answer.status, answer.ask, answer.place
    return type(answer).__name__, str(answer)


def news_of(side: Side) -> list[tuple[object, ...]]:
    """By chat; but for ids, which are chance."""
    return sorted((chat, fate, re.sub(r"[0-9a-f]{32}", "", str(news)), *more) for chat, fate, news, *more in side.news)


async def state(side: Side, visitor: VisitorId) -> object:
    """All that can be read of the visitor's newest chat."""

    async def unit(tx: Transaction) -> object:
        chat = await tx.last_chat_of(visitor)
        assert chat is not None
        messages = await tx.messages_after(chat.id, seq=0, limit=999)
        owed = [(one.kind, one.message and one.message.seq) for one in await tx.owed_to(chat.id)]
        return chat, [told(message) for message in messages], owed

    return await side.store.write(unit)


def test_the_short_cuts_come_to_the_same_as_the_long_way() -> None:
    """Whatever is asked together, repeated, out of turn, held, ended, or settled several at once."""
    run_state_machine_as_test(Program, settings=SETTINGS)
