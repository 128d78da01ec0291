"""What `Store` promises of badges: what was taken away stays away."""

import asyncio
from dataclasses import replace
from pathlib import Path

from middleware.relay.badge import Badge, BadgeId
from middleware.relay.ports import Reading, Store, Transaction
from tests.promises.stores import ADA, BOB, CHAT, Opener

BADGE = Badge(BadgeId("one"), ADA, since=10.0, verified={"id": "customer-42", "name": "Ada"})
SECOND = Badge(BadgeId("two"), ADA, since=20.0)
OF_BOB = Badge(BadgeId("three"), BOB, since=30.0)


async def three(tx: Transaction) -> None:
    """A unit: Ada has two badges, Bob has one."""
    for badge in (BADGE, SECOND, OF_BOB):
        await tx.add_badge(badge)


async def left(store: Store) -> set[BadgeId]:
    async def view(reading: Reading) -> set[BadgeId]:
        return await reading.badges_among([BADGE.id, SECOND.id, OF_BOB.id, BadgeId("never")])

    return await store.read(view)


async def test_a_badge_is_read_as_it_was_written(store: Store) -> None:
    """With what was proved of its visitor."""
    await store.write(three)
    assert BADGE == await store.read(lambda view: view.badge(BADGE.id))
    assert SECOND == await store.read(lambda view: view.badge(SECOND.id))
    assert None is await store.read(lambda view: view.badge(BadgeId("never")))


async def test_a_generation_only_grows(store: Store) -> None:
    """Of two tabs that come at once the later must not set back what the first has shown."""
    await store.write(three)
    await store.write(lambda tx: tx.show_badge(BADGE.id, generation=3, at=50.0))
    for generation in (2, 3):
        await store.write(lambda tx, newer=generation: tx.show_badge(BADGE.id, generation=newer, at=60.0))  # type: ignore[misc]
    assert replace(BADGE, generation=3, since=50.0) == await store.read(lambda view: view.badge(BADGE.id))


async def test_a_badge_that_was_taken_is_gone_and_cannot_be_shown_again(store: Store) -> None:
    """Also when both are asked for at once."""
    await store.write(three)
    await asyncio.gather(
        store.write(lambda tx: tx.take_badge(BADGE.id)),
        store.write(lambda tx: tx.show_badge(BADGE.id, generation=2, at=50.0)),
    )
    assert {SECOND.id, OF_BOB.id} == await left(store)


async def test_all_badges_of_a_visitor_are_taken_and_nobody_elses(store: Store) -> None:
    """The visitor is sent away on every device; the neighbour notices nothing."""
    await store.write(three)
    assert 2 == await store.write(lambda tx: tx.take_badges_of(ADA))
    assert {OF_BOB.id} == await left(store)
    assert 0 == await store.write(lambda tx: tx.take_badges_of(ADA))


async def test_old_badges_are_taken_a_few_at_a_time(store: Store) -> None:
    """The oldest first; a sweep must not hold up everybody's messages."""
    await store.write(three)
    assert 1 == await store.write(lambda tx: tx.take_badges_before(25.0, limit=1))
    assert {SECOND.id, OF_BOB.id} == await left(store)
    assert 1 == await store.write(lambda tx: tx.take_badges_before(25.0, limit=9))


async def test_badges_and_what_was_taken_survive_a_restart(opener: Opener, tmp_path: Path) -> None:
    """A token that was taken back must not be good again after a deployment."""
    async with opener(tmp_path) as store:
        await store.write(three)
        await store.write(lambda tx: tx.take_badge(BADGE.id))
    async with opener(tmp_path) as store:
        assert {SECOND.id, OF_BOB.id} == await left(store)


async def test_what_was_proved_of_a_visitor_stays_with_the_chat(store: Store) -> None:
    """Flex may be told of it much later."""
    chat = replace(CHAT, verified={"id": "customer-42"})
    await store.write(lambda tx: tx.add_chat(chat))
    assert chat == await store.read(lambda view: view.chat(chat.id))
