"""The bell: every socket hears its chat in order, without holes, each message once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import (
    Author,
    Chat,
    ChatEnded,
    ChatId,
    ChatOpened,
    Draft,
    Edited,
    Ender,
    MessageChanged,
    MessageSaid,
    MessageStatus,
    News,
    Place,
    StatusChanged,
    VisitorId,
)
from middleware.relay.ports import T, Transaction, Unit, View
from middleware.relay.subject import about, subject
from middleware.relay.to_visitor import PAGE, CatchUp
from middleware.store.sqlite import SqliteStore
from middleware.web.bell import Ear, SocketBell
from tests.waiting import until

ADA = VisitorId("ada")
OLD, NEW = Chat(ChatId("old"), ADA, opened_at=1), Chat(ChatId("new"), ADA, opened_at=2)


def _open_gate() -> asyncio.Event:
    gate = asyncio.Event()
    gate.set()
    return gate


@dataclass(slots=True)
class Page:
    """Writes down what it is told; a slow one takes turns of the loop over what it missed, or waits at its gate."""

    tells_changes: bool = True
    slow: int = 0
    heard: list[int] = field(default_factory=list)
    told: list[News] = field(default_factory=list)
    subjects: list[Mapping[str, str]] = field(default_factory=list)
    catch_ups: int = 0
    changed: list[str] = field(default_factory=list)
    resets: int = 0
    gate: asyncio.Event = field(default_factory=_open_gate)

    def tell(self, ear: Ear, chat: Chat, news: News) -> None:
        del ear, chat
        self.told.append(news)
        self.subjects.append(subject())
        if isinstance(news, MessageSaid):
            self.heard.append(news.message.seq)

    async def tell_all(self, ear: Ear, found: CatchUp) -> None:
        del ear
        self.catch_ups += 1
        self.changed += [message.text for message in found.changed]
        self.resets += found.reset
        for message in found.messages:
            self.heard.append(message.seq)
            await self.gate.wait()
            for _ in range(self.slow):
                await asyncio.sleep(0)

    async def send_away(self, ear: Ear) -> None:
        raise AssertionError(f"nobody sends {ear.sid} away")

    async def hang_up(self, ear: Ear) -> None:
        raise AssertionError(f"{ear.sid} was hung up by its bell")


class House:
    """A bell on a store."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.bell = SocketBell(store)

    async def open(self, chat: Chat) -> None:
        await self.store.write(lambda tx: tx.add_chat(chat))

    async def says(self, count: int, chat: Chat = OLD) -> list[News]:
        async def unit(tx: Transaction) -> list[News]:
            return [MessageSaid(await tx.add_message(Draft(chat.id, Author.AGENT, f"{n}", at=0))) for n in range(count)]

        return await self.store.write(unit)

    async def rewords(self, seq: int, text: str) -> News:
        async def unit(tx: Transaction) -> News:
            (message,) = await tx.messages_after(OLD.id, seq=seq - 1, limit=1)
            after = replace(message, text=text, edited=Edited.REWORDED, place=Place(seq))
            await tx.rewrite(after)
            return MessageChanged(after)

        return await self.store.write(unit)

    def listen(self, page: Page, chat: Chat | None = OLD) -> Ear:
        ear = Ear("sid", ADA, voice=page)
        if chat is not None:
            ear.begin(chat)
        self.bell.listen(ear)
        return ear


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with SqliteStore(tmp_path / "relay.db") as store:
        house = House(store)
        await house.open(OLD)
        yield house
        await house.bell.close()


async def heard(page: Page, count: int) -> None:
    await until(lambda: len(page.heard) >= count, what=f"{count} messages")


async def test_news_are_told_as_they_ring(house: House) -> None:
    """Without asking the store."""
    page = Page()
    house.listen(page)
    house.bell.ring(OLD, await house.says(3))
    await heard(page, 3)
    assert ([1, 2, 3], 0) == (page.heard, page.catch_ups)


async def test_a_lost_ring_is_caught_up_with_the_next(house: House) -> None:
    """A ring is lossy; the store is not."""
    page = Page()
    house.listen(page)
    news = await house.says(3)
    house.bell.ring(OLD, news[2:])
    await heard(page, 3)
    assert [1, 2, 3] == page.heard


async def test_many_rings_for_one_hole_are_one_catch_up(house: House) -> None:
    """Otherwise each would tell everything again."""
    page = Page()
    ear = house.listen(page)
    news = await house.says(4)
    house.bell.catch_up(ear)
    house.bell.ring(OLD, news[1:2])
    house.bell.ring(OLD, news[3:])
    house.bell.catch_up(ear)
    await heard(page, 4)
    house.bell.ring(OLD, await house.says(1))
    await heard(page, 5)
    assert [1, 2, 3, 4, 5] == page.heard


async def test_what_rings_during_a_slow_catch_up_comes_behind_it(house: House) -> None:
    """The newest words must not be told in the middle of the old ones."""
    page = Page(slow=5)
    ear = house.listen(page)
    await house.says(30)
    house.bell.catch_up(ear)
    await heard(page, 1)
    for _ in range(10):
        house.bell.ring(OLD, await house.says(1))
    await heard(page, 40)
    assert list(range(1, 41)) == page.heard


async def test_what_is_told_together_is_not_logged_as_one_ringers(house: House) -> None:
    """The log would name the chat of whoever was the first to ring."""
    page = Page()
    house.listen(page)
    news = await house.says(2)
    with about(chat="another"):
        house.bell.ring(OLD, news[:1])
    house.bell.ring(OLD, news[1:])
    await heard(page, 2)
    assert [{}, {}] == page.subjects


async def test_more_than_a_page_is_told_whole(house: House) -> None:
    """A long absence."""
    page = Page()
    ear = house.listen(page)
    await house.says(PAGE + 7)
    house.bell.catch_up(ear)
    await heard(page, PAGE + 7)
    assert (list(range(1, PAGE + 8)), 2) == (page.heard, page.catch_ups)


async def test_late_news_of_an_earlier_chat_are_told_for_what_they_are(house: House) -> None:
    """A message that failed in the old chat is told, though the visitor has a new one."""
    page = Page()
    house.listen(page)
    await house.store.write(lambda tx: tx.end_chat(OLD.id, by=Ender.VISITOR, at=2))
    await house.open(NEW)
    news = StatusChanged(1, MessageStatus.FAILED)
    house.bell.ring(NEW, [ChatOpened(NEW)])
    house.bell.ring(OLD, [news])
    house.bell.ring(NEW, await house.says(1, NEW))
    await heard(page, 1)
    assert [ChatOpened(NEW), news] == page.told[:2]
    assert 0 == page.catch_ups


async def test_a_change_that_rings_during_a_catch_up_is_told_behind_it(house: House) -> None:
    """The text that was just told is old already."""
    page = Page(gate=asyncio.Event())
    ear = house.listen(page)
    await house.says(20)
    house.bell.catch_up(ear)
    await heard(page, 1)
    house.bell.ring(OLD, [await house.rewords(2, "new")])
    page.gate.set()
    await until(lambda: page.changed, what="the change")
    assert (["new"], list(range(1, 21))) == (page.changed, page.heard)


async def test_a_socket_that_heard_every_change_is_not_begun_anew(house: House) -> None:
    """However many there were; one that missed some is, once."""
    page = Page()
    ear = house.listen(page)
    house.bell.ring(OLD, await house.says(2 * PAGE))
    for seq in range(1, PAGE + 3):
        await house.rewords(seq, f"new {seq}")
    await heard(page, 2 * PAGE)
    first = await house.bell.read(ear, chat=OLD.id, after=2 * PAGE)
    second = await house.bell.read(ear, chat=OLD.id, after=2 * PAGE)
    async with ear.reading():
        house.bell.ring(OLD, [await house.rewords(1, "missed")])
        await until(lambda: ear.missed, what="the ring")
    third = await house.bell.read(ear, chat=OLD.id, after=2 * PAGE)
    assert [True, False, True] == [found is not None and found.reset for found in (first, second, third)]


async def test_a_page_that_is_not_told_of_changes_never_begins_anew_for_them(house: House) -> None:
    """It cannot forget what it shows: everything would stand there twice."""
    page = Page(tells_changes=False)
    ear = house.listen(page)
    house.bell.ring(OLD, await house.says(PAGE + 2))
    await heard(page, PAGE + 2)
    for seq in range(1, PAGE + 3):
        await house.rewords(seq, f"new {seq}")
    house.bell.catch_up(ear)
    house.bell.ring(OLD, await house.says(1))
    await heard(page, PAGE + 3)
    assert (list(range(1, PAGE + 4)), 0) == (page.heard, page.resets)


async def test_a_socket_that_is_gone_is_told_no_more(house: House) -> None:
    """And nothing of it is kept."""
    page = Page()
    house.bell.forget(house.listen(page))
    house.bell.ring(OLD, [ChatEnded(Ender.FLEX)])
    other = Page()
    house.listen(other)
    house.bell.ring(OLD, [ChatEnded(Ender.FLEX)])
    await until(lambda: other.told, what="the end")
    assert [] == page.told


class Busy:
    """A store that counts who reads at the same time, and lets nobody go before it is told to."""

    def __init__(self) -> None:
        self.reading = self.most = 0
        self.gate = asyncio.Event()

    async def write(self, unit: Unit[T]) -> T:
        raise AssertionError("a bell writes nothing")

    async def read(self, view: View[T]) -> T:
        self.reading += 1
        self.most = max(self.most, self.reading)
        await self.gate.wait()
        self.reading -= 1
        raise StoreUnavailable("only counted")


async def test_not_everybody_reads_the_store_at_the_same_time() -> None:
    """After a failover thousands of sockets have to look; what visitors say meanwhile must not wait behind them."""
    store = Busy()
    bell = SocketBell(store)
    for number in range(500):
        bell.listen(Ear(f"s{number}", VisitorId(f"v{number}"), Page()))
    bell.look_all()
    await until(lambda: store.reading >= 64, what="the first to read")
    for _ in range(20):
        await asyncio.sleep(0)
    assert 64 == store.most
    store.gate.set()
    await bell.close()
