"""What one node commits the others hear, once; and what they did not hear they find."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from middleware.relay.model import Chat, ChatId, VisitorId
from middleware.relay.ports import Transaction
from middleware.store.postgres import PostgresStore
from tests.nodes.ears import Listener, Street
from tests.nodes.test_trouble import terminate_all
from tests.promises.stores import dsn_of
from tests.servers.postgres import Postgres
from tests.store.scenes import CHAT, open_chat, saying
from tests.waiting import until

BEN = VisitorId("ben")


@dataclass(frozen=True, slots=True)
class Two:
    """Two nodes, and what each hears of the other."""

    first: PostgresStore
    second: PostgresStore
    at_first: Listener
    at_second: Listener


@asynccontextmanager
async def two_nodes(server: Postgres, folder: Path, *, bell: Street | None = None) -> AsyncIterator[Two]:
    """Two nodes with Ada's chat, whose opening the second has heard of."""
    dsn = await dsn_of(server, folder)
    async with PostgresStore(dsn, node="first") as first, PostgresStore(dsn, node="second") as second:
        two = Two(first, second, Listener(), Listener())
        for store, ear in ((first, two.at_first), (second, two.at_second)):
            store.tell(ear)
            if bell is not None:
                store.ring_by(bell)
        await first.write(open_chat)
        await until(lambda: two.at_second.visitors, what="news")
        two.at_second.visitors.clear()
        yield two


async def ben_comes(tx: Transaction) -> None:
    """A unit: something of another visitor's, by which a test knows that everything before was looked through."""
    await tx.add_chat(Chat(ChatId("chat-of-ben"), BEN, opened_at=11.0))


@pytest.mark.parametrize("bell", [None, Street], ids=["the database's own", "another bell"])
async def test_news_are_told_once_and_on_other_nodes_alone(
    postgres: Postgres, tmp_path: Path, bell: type[Street] | None
) -> None:
    """Whether a ring or a look is first: the second must not send every socket to the store again."""
    async with two_nodes(postgres, tmp_path, bell=None if bell is None else bell()) as two:
        await two.first.write(saying("hello"))
        await until(lambda: two.at_second.visitors, what="news")
        for _ in range(2):
            await look(two.second)
            await look(two.first)
        assert [CHAT.visitor] == two.at_second.visitors
        assert [] == two.at_first.visitors


async def look(store: PostgresStore) -> None:
    """Let the node look, and have looked, for everything that is committed by now: the first may be half over."""
    for _ in range(2):
        before = store._keeper._beats
        store._keeper.look()
        await until(lambda before=before: store._keeper._beats > before, what="a look")


async def test_news_that_nobody_rang_for_are_found_by_looking(postgres: Postgres, tmp_path: Path) -> None:
    """Redis lost the ring, or the node died between its commit and the bell."""
    async with two_nodes(postgres, tmp_path, bell=Street(broken=True)) as two:
        await two.first.write(saying("hello"))
        await until(lambda: two.at_second.visitors, what="news")
        await two.first.write(ben_comes)
        await until(lambda: BEN in two.at_second.visitors, what="news")
        assert [CHAT.visitor, BEN] == two.at_second.visitors


async def test_a_ring_that_comes_late_is_no_news(postgres: Postgres, tmp_path: Path) -> None:
    """A Redis that stood still tells in the end what everybody has found meanwhile."""
    bell = Street(broken=True)
    async with two_nodes(postgres, tmp_path, bell=bell) as two:
        await two.first.write(saying("hello"))
        await until(lambda: two.at_second.visitors, what="news")
        await look(two.second)
        bell.broken = False
        bell.ring(bell.rung[:])
        assert [CHAT.visitor] == two.at_second.visitors


async def test_a_transaction_that_was_long_under_way_is_not_passed_by(postgres: Postgres, tmp_path: Path) -> None:
    """It began before others that were found, and is committed after them."""
    async with two_nodes(postgres, tmp_path, bell=Street(broken=True)) as two:
        slow = await asyncpg.connect(await dsn_of(postgres, tmp_path))
        try:
            await slow.execute("BEGIN")
            await slow.execute("INSERT INTO news VALUES (pg_current_xact_id(), 'third', 'ada', 4e9)")
            await two.first.write(ben_comes)
            await until(lambda: BEN in two.at_second.visitors, what="news")
            await look(two.second)
            assert [BEN] == two.at_second.visitors
            await slow.execute("COMMIT")
        finally:
            await slow.close()
        await until(lambda: CHAT.visitor in two.at_second.visitors, what="news")


@pytest.mark.parametrize("text", ["", "hello", "12", "12 life", "-1 x ada", "٣ x ada", f"{'9' * 5000} x ada"])
async def test_a_text_that_is_no_ring_is_left_aside(postgres: Postgres, tmp_path: Path, text: str) -> None:
    """Redis may carry whatever somebody writes there."""
    bell = Street()
    async with two_nodes(postgres, tmp_path, bell=bell) as two:
        bell.ring([text])
        assert [] == [visitor for visitor in two.at_second.visitors if visitor]
        await two.first.write(saying("hello"))
        await until(lambda: CHAT.visitor in two.at_second.visitors, what="news")


async def test_a_node_that_lost_its_home_line_listens_again(postgres: Postgres, tmp_path: Path) -> None:
    """Everybody may have missed something; what comes later is heard as before."""
    async with two_nodes(postgres, tmp_path) as two:
        for times in (1, 2):
            holes = two.at_second.holes
            assert await terminate_all(postgres, "second")
            await until(lambda holes=holes: two.at_second.holes > holes, what="a hole")
            two.at_second.visitors.clear()
            await two.first.write(saying(f"hello {times}"))
            await until(lambda: two.at_second.visitors, what="news")


async def test_old_news_are_thrown_away(postgres: Postgres, tmp_path: Path) -> None:
    """They are for nodes that look every two seconds."""
    async with two_nodes(postgres, tmp_path) as two:
        outsider = await asyncpg.connect(await dsn_of(postgres, tmp_path))
        try:
            await outsider.execute("UPDATE news SET at = at - 3600")
            await two.first.write(saying("hello"))
            two.second._keeper._beats = -1  # so that it forgets at the second look, which is whole
            await look(two.second)
            assert 1 == await outsider.fetchval("SELECT count(*) FROM news")
        finally:
            await outsider.close()


async def test_other_nodes_are_called_by_one_that_goes(postgres: Postgres, tmp_path: Path) -> None:
    """What it hands back is due at once, and should not wait until somebody happens to look."""
    async with two_nodes(postgres, tmp_path) as two:
        await two.first.write(saying("hello"))
        claimed = await two.first.write(lambda tx: tx.claim(now=50.0, until=1e12, limit=5))
        assert 1 == len(claimed)
        before = two.at_second.calls
        await two.first.close()
        await until(lambda: two.at_second.calls > before, what="a call")
        now = two.second.clock.now()
        again = await two.second.write(lambda tx: tx.claim(now=now, until=now + 60, limit=5))
        assert [(claimed[0].id, True)] == [(delivery.id, delivery.unsure) for delivery in again]


async def test_what_a_dead_node_had_in_hand_is_given_to_others(postgres: Postgres, tmp_path: Path) -> None:
    """Not at the end of its lease: its session is gone, and everybody can see that."""
    async with two_nodes(postgres, tmp_path) as two:
        await two.first.write(saying("hello"))
        await two.first.write(lambda tx: tx.claim(now=50.0, until=1e12, limit=5))
        two.first._keeping.cancel()  # type: ignore[union-attr]
        assert await terminate_all(postgres, "first")
        before = two.at_second.calls
        await until(lambda: two.at_second.calls > before, what="a call")
        now = two.second.clock.now()
        assert 1 == len(await two.second.write(lambda tx: tx.claim(now=now, until=now + 60, limit=5)))


class Clumsy(Listener):
    """Fails at the first thing it is told."""

    def news(self, visitor: VisitorId) -> None:
        """Somebody has news."""
        super().news(visitor)
        if len(self.visitors) == 1:
            raise RuntimeError("a fault of ours")


async def test_a_fault_at_one_piece_of_news_does_not_make_a_node_deaf(
    postgres: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would notice that it looks no more."""
    async with two_nodes(postgres, tmp_path, bell=Street(broken=True)) as two:
        clumsy = Clumsy()
        two.second.tell(clumsy)
        await two.first.write(saying("hello"))
        await until(lambda: clumsy.visitors, what="news")
        await two.first.write(ben_comes)
        await until(lambda: BEN in clumsy.visitors, what="news of Ben's")
        assert "Looking at the other nodes failed in an unforeseen way." in caplog.messages
