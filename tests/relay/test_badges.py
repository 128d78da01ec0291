"""Badges: two generations are good at a time, an old one ends both its holders' right."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.badges import GRACE_SECONDS, Badges, Shown
from middleware.relay.errors import BadToken, StoreUnavailable
from middleware.relay.model import VisitorId
from middleware.relay.ports import Store, T, Unit, View
from middleware.store.sqlite import SqliteStore
from tests.fakes.clock import FakeClock

ADA, BOB = VisitorId("ada"), VisitorId("bob")
DAY = 86400.0
LIFETIME = 7 * DAY


class ReadOnly:
    """A store whose disk is full."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner

    async def write(self, unit: Unit[T]) -> T:
        raise StoreUnavailable("The disk is full.")

    async def read(self, view: View[T]) -> T:
        return await self._inner.read(view)


class Desk:
    """Badges on a store, and a clock; what a browser holds is what `newest` gave it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = FakeClock()
        self.badges = Badges(store, clock=self.clock, lifetime=LIFETIME)

    async def first(self) -> tuple[Badge, Shown]:
        badge = await self.badges.give(ADA)
        return badge, await self.badges.renewed(badge.id)

    async def comes_with(self, shown: Shown) -> Shown:
        """A browser comes, and is handed the next."""
        return await self.badges.renewed((await self.badges.accept(shown)).id)

    async def is_good(self, shown: Shown) -> bool:
        try:
            await self.badges.accept(shown)
        except BadToken:
            return False
        return True


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with SqliteStore(tmp_path / "relay.db") as store:
        yield Desk(store)


async def test_each_use_is_answered_with_the_next_generation(desk: Desk) -> None:
    """Rotated on use."""
    _, held = await desk.first()
    for generation in (1, 2, 3):
        assert generation == held.generation
        desk.clock.pass_seconds(GRACE_SECONDS)
        held = await desk.comes_with(held)


async def test_an_answer_that_was_lost_costs_nothing(desk: Desk) -> None:
    """The browser never saw the new token, so it comes with the one it has, however late."""
    _, held = await desk.first()
    for _ in range(5):
        desk.clock.pass_seconds(DAY)
        assert held.generation + 1 == (await desk.comes_with(held)).generation


async def test_tabs_that_come_back_at_once_with_the_same_token_are_all_let_in(desk: Desk) -> None:
    """They share one browser's storage: the first is handed the next, and its neighbours still hold the last."""
    _, held = await desk.first()
    desk.clock.pass_seconds(DAY)
    newer = [await desk.comes_with(held) for _ in range(5)]
    assert [newer[0]] * 5 == newer
    desk.clock.pass_seconds(GRACE_SECONDS)
    await desk.comes_with(newer[0])
    desk.clock.pass_seconds(GRACE_SECONDS - 1)
    assert await desk.is_good(held)
    assert await desk.is_good(newer[0])


async def test_a_line_that_flaps_does_not_use_up_generations(desk: Desk) -> None:
    """A phone in a tunnel shows its token every few seconds and may be killed before it wrote the newest down."""
    _, held = await desk.first()
    desk.clock.pass_seconds(GRACE_SECONDS)
    newest = held
    for _ in range(39):
        newest = await desk.comes_with(newest)
        desk.clock.pass_seconds(3)
    assert held.generation + 1 == newest.generation
    assert await desk.is_good(held)


async def test_an_old_token_that_is_shown_later_is_refused_and_ends_the_badge(desk: Desk) -> None:
    """Stolen from a backup, say. Nobody can tell the thief from the visitor, so neither is let in any more."""
    _, stolen = await desk.first()
    desk.clock.pass_seconds(DAY)
    held = await desk.comes_with(stolen)
    desk.clock.pass_seconds(DAY)
    held = await desk.comes_with(held)
    desk.clock.pass_seconds(GRACE_SECONDS)
    assert not await desk.is_good(stolen)
    assert not await desk.is_good(held)


async def test_a_thief_who_was_faster_is_sent_away_when_the_visitor_comes(desk: Desk) -> None:
    """The visitor's own token is the old one then."""
    _, held = await desk.first()
    desk.clock.pass_seconds(DAY)
    thiefs = await desk.comes_with(held)
    desk.clock.pass_seconds(DAY)
    thiefs = await desk.comes_with(thiefs)
    desk.clock.pass_seconds(DAY)
    assert not await desk.is_good(held)
    assert not await desk.is_good(thiefs)


async def test_two_generations_back_is_refused_even_at_once(desk: Desk) -> None:
    """No grace reaches that far."""
    _, oldest = await desk.first()
    newest = oldest
    for _ in range(3):
        desk.clock.pass_seconds(GRACE_SECONDS)
        newest = await desk.comes_with(newest)
    assert not await desk.is_good(oldest)


async def test_a_badge_is_its_own_visitors(desk: Desk) -> None:
    """What is signed must fit together."""
    _, held = await desk.first()
    assert not await desk.is_good(replace(held, badge=BadgeId("another")))
    assert not await desk.is_good(replace(held, visitor=BOB))
    assert await desk.is_good(held)


async def test_what_was_taken_is_refused_and_not_renewed(desk: Desk) -> None:
    """Also on the socket that is still open."""
    badge, held = await desk.first()
    other, _ = await desk.first()
    assert set() == await desk.badges.taken([badge.id, other.id])
    await desk.badges.take(badge.id)
    assert not await desk.is_good(held)
    assert {badge.id} == await desk.badges.taken([badge.id, other.id])
    with pytest.raises(BadToken):
        await desk.badges.renewed(badge.id)


async def test_with_a_full_disk_visitors_still_come_in(desk: Desk) -> None:
    """That a generation was shown is written when it is shown again."""
    _, held = await desk.first()
    desk.clock.pass_seconds(DAY)
    full = Badges(ReadOnly(desk.store), clock=desk.clock, lifetime=LIFETIME)
    for _ in range(3):
        badge = await full.accept(held)
        assert held == await full.renewed(badge.id)


async def test_badges_are_swept_when_all_their_tokens_have_expired(desk: Desk) -> None:
    """And not sooner: whoever comes at the last moment is handed a token for another lifetime."""
    badge, _ = await desk.first()
    desk.clock.pass_seconds(3 * LIFETIME + GRACE_SECONDS)
    assert 0 == await desk.badges.sweep()
    desk.clock.pass_seconds(1)
    assert 1 == await desk.badges.sweep()
    assert {badge.id} == await desk.badges.taken([badge.id])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 1.0, 60.0, GRACE_SECONDS, DAY])), max_size=30))
async def test_whoever_always_comes_with_the_newest_they_hold_is_never_refused(steps: list[tuple[int, float]]) -> None:
    """Four tabs that share one storage, in any order, with any pauses; of one of them all answers are lost."""
    with tempfile.TemporaryDirectory() as folder:
        async with SqliteStore(Path(folder) / "relay.db") as store:
            await _live(Desk(store), steps)


async def _live(desk: Desk, steps: list[tuple[int, float]]) -> None:
    _, kept = await desk.first()
    for tab, pause in steps:
        desk.clock.pass_seconds(pause)
        given = await desk.comes_with(kept)
        kept = kept if tab == 0 else given
