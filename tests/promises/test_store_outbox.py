"""What `Store` promises of the outbox: order for each chat, one claim at a time, nothing forgotten."""

from dataclasses import replace
from functools import partial

import pytest

from middleware.relay.model import ChatId, Delivery, DeliveryId, DeliveryKind, MessageId, MessageStatus, Place
from middleware.relay.ports import Store, Transaction, Turn, Unit
from middleware.store.errors import RuleBroken
from tests.promises.stores import CHAT, OTHER, adding, said, three_owed, two_chats


async def claim(store: Store, *, now: float, until: float = 200.0, limit: int = 9) -> list[Delivery]:
    return await store.write(lambda tx: tx.claim(now=now, until=until, limit=limit))


async def owed(store: Store) -> list[DeliveryKind]:
    return [delivery.kind for delivery in await store.write(lambda tx: tx.owed_to(CHAT.id))]


async def settle(store: Store, delivery: DeliveryId, *, now: float) -> None:
    await store.write(lambda tx: tx.settle(delivery, now=now))


async def bury(store: Store, claimed: Delivery) -> None:
    await store.write(lambda tx: tx.bury(claimed, reason="refused", now=110.0))


async def test_only_the_head_of_a_chat_can_be_claimed(store: Store) -> None:
    """What was said second arrives second, however many workers there are."""
    await store.write(three_owed)
    assert [DeliveryKind.OPEN] == [delivery.kind for delivery in await claim(store, now=100.0)]
    assert [] == await claim(store, now=101.0)


async def test_a_claim_brings_all_that_is_needed_to_deliver(store: Store) -> None:
    """Chat and message as they are now: the message's chat may have got its address since it was owed."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0))[0]
    assert Delivery(head.id, DeliveryKind.OPEN, replace(CHAT, last_seq=1), None, attempts=1, unsure=False) == head
    await settle(store, head.id, now=110.0)
    message = (await store.read(lambda view: view.unsent(CHAT.id)))[0]
    second = (await claim(store, now=110.0))[0]
    assert Delivery(second.id, DeliveryKind.SAY, replace(CHAT, last_seq=1), message, 1, unsure=False) == second


async def test_nothing_is_claimed_before_it_is_due(store: Store) -> None:
    """A delivery that waits after a failure is left alone until its time."""
    await store.write(three_owed)
    assert [] == await claim(store, now=99.9)
    assert 1 == len(await claim(store, now=100.0))


async def test_a_delivery_owed_for_later_stays_so_when_it_becomes_the_head(store: Store) -> None:
    """Both must hold: its time has come, and nothing of its chat is before it."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.OPEN, due=100.0))
    await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.MEET, due=500.0))
    head = (await claim(store, now=100.0))[0]
    await settle(store, head.id, now=110.0)
    assert 500.0 == await store.read(lambda view: view.next_due())
    assert [DeliveryKind.MEET] == [delivery.kind for delivery in await claim(store, now=500.0)]


async def test_the_longest_due_are_claimed_first_and_no_more_than_asked(store: Store) -> None:
    """Under load nobody starves."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.OPEN, due=100.0))
    await store.write(lambda tx: tx.owe(OTHER.id, DeliveryKind.OPEN, due=90.0))
    assert [OTHER.id] == [delivery.chat.id for delivery in await claim(store, now=100.0, limit=1)]
    assert [CHAT.id] == [delivery.chat.id for delivery in await claim(store, now=100.0, limit=1)]


async def test_a_lease_that_runs_out_is_claimed_again_and_unsure(store: Store) -> None:
    """Its claimer died, perhaps after sending: the next one looks before it sends."""
    await store.write(three_owed)
    first = (await claim(store, now=100.0, until=130.0))[0]
    assert 130.0 == await store.read(lambda view: view.next_due())
    assert [] == await claim(store, now=129.0)
    second = (await claim(store, now=130.0, until=160.0))[0]
    assert (first.id, 1, False) == (first.id, first.attempts, first.unsure)
    assert (first.id, 2, True) == (second.id, second.attempts, second.unsure)
    assert True is (await claim(store, now=160.0))[0].unsure


@pytest.mark.parametrize("unsure", [False, True])
async def test_a_postponed_delivery_comes_back_at_its_time_as_sure_as_it_was_left(store: Store, unsure: bool) -> None:
    """After a plain refusal nothing need be looked for; after a lost answer it must."""
    await store.write(three_owed)
    for _ in range(2):
        head = (await claim(store, now=100.0, until=100.0))[0]
    await store.write(lambda tx: tx.postpone(head, due=150.0, unsure=unsure))
    assert [] == await claim(store, now=149.0)
    again = (await claim(store, now=150.0))[0]
    assert (head.id, 3, unsure) == (again.id, again.attempts, again.unsure)


async def test_a_postponed_head_keeps_its_chat_waiting(store: Store) -> None:
    """Order is kept through failures."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0))[0]
    await store.write(lambda tx: tx.postpone(head, due=150.0, unsure=False))
    assert 150.0 == await store.read(lambda view: view.next_due())
    assert [DeliveryKind.OPEN, DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


async def test_settling_makes_the_next_the_head_at_once(store: Store) -> None:
    """A chat's deliveries follow one another without waiting for a clock."""
    await store.write(three_owed)
    for kind in (DeliveryKind.OPEN, DeliveryKind.SAY, DeliveryKind.END):
        head = (await claim(store, now=300.0, until=400.0))[0]
        assert kind is head.kind
        await settle(store, head.id, now=300.0)
    assert None is await store.read(lambda view: view.next_due())
    assert [] == await owed(store)


async def test_one_behind_the_head_can_be_settled_without_moving_the_head(store: Store) -> None:
    """An echo settles its message whatever stands before it."""
    await store.write(three_owed)
    message = (await store.read(lambda view: view.unsent(CHAT.id)))[0]
    behind = await store.write(lambda tx: tx.owed_for(message.id))
    assert behind is not None
    await settle(store, behind, now=50.0)
    assert 100.0 == await store.read(lambda view: view.next_due())
    assert [DeliveryKind.OPEN, DeliveryKind.END] == await owed(store)


async def test_burying_makes_the_next_the_head(store: Store) -> None:
    """A message that Flex refuses must not hold back the chat."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0))[0]
    await bury(store, head)
    assert 110.0 == await store.read(lambda view: view.next_due())
    assert [DeliveryKind.SAY] == [delivery.kind for delivery in await claim(store, now=110.0)]


async def test_what_is_finished_or_unknown_changes_nothing(store: Store) -> None:
    """Receipt and echo both settle; a worker that comes late must not touch the next of the chat."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0))[0]
    await settle(store, head.id, now=110.0)
    for late in (head, replace(head, id=DeliveryId(987_654))):

        async def unit(tx: Transaction, late: Delivery = late) -> list[bool]:
            await tx.settle(late.id, now=500.0)
            buried = await tx.bury(late, reason="late", now=500.0)
            return [buried, await tx.finish(late, now=500.0), await tx.postpone(late, due=500.0, unsure=True)]

        assert [False, False, False] == await store.write(unit)
    assert 110.0 == await store.read(lambda view: view.next_due())
    assert [DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


async def test_a_claim_counts_until_the_next_one(store: Store) -> None:
    """A node whose lease ran out must not settle, give back or bury what another one has in hand by now."""
    await store.write(three_owed)
    first = (await claim(store, now=100.0, until=130.0))[0]
    second = (await claim(store, now=130.0, until=160.0))[0]

    async def late(tx: Transaction) -> list[bool]:
        return [
            await tx.finish(first, now=140.0),
            await tx.postpone(first, due=140.0, unsure=False),
            await tx.bury(first, reason="late", now=140.0),
        ]

    assert [False, False, False] == await store.write(late)
    assert (160.0, 3) == (await store.read(lambda view: view.next_due()), len(await owed(store)))
    assert True is await store.write(lambda tx: tx.finish(second, now=150.0))
    assert [DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


async def test_a_lease_that_ran_out_still_counts_while_nobody_else_has_claimed(store: Store) -> None:
    """What was done late was done."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0, until=130.0))[0]
    assert True is await store.write(lambda tx: tx.finish(head, now=500.0))
    assert [DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


async def test_whoever_has_claimed_it_an_echo_settles(store: Store) -> None:
    """Flex has the message: nobody need send it any more."""
    await store.write(three_owed)
    head = (await claim(store, now=100.0))[0]
    await settle(store, head.id, now=110.0)
    assert False is await store.write(lambda tx: tx.postpone(head, due=500.0, unsure=True))
    assert [DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


async def test_claims_that_are_known_of_are_not_released(store: Store) -> None:
    """After a claim that nobody could tell the outcome of, only those that nobody has in hand are given back."""
    await store.write(three_owed)
    await store.write(lambda tx: tx.owe(OTHER.id, DeliveryKind.OPEN, due=101.0))
    known, forgotten = await claim(store, now=101.0, until=999.0)
    assert 1 == await store.write(lambda tx: tx.release_claims(now=120.0, but={known.id}))
    assert [forgotten.id] == [delivery.id for delivery in await claim(store, now=120.0)]


async def test_a_finished_delivery_is_never_mistaken_for_a_later_one(store: Store) -> None:
    """Ids are not used again: a late settle would take away a delivery that nobody has made."""
    await store.write(two_chats)
    seen = set()
    for _ in range(5):
        await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.MEET, due=0.0))
        head = (await claim(store, now=1.0))[0]
        seen.add(head.id)
        await settle(store, head.id, now=1.0)
    assert 5 == len(seen)


async def test_postponing_gives_back_a_claim_only(store: Store) -> None:
    """Without a claim there is nothing to give back."""
    await store.write(three_owed)
    waiting = (await store.write(lambda tx: tx.owed_to(CHAT.id)))[0]
    await store.write(lambda tx: tx.postpone(waiting, due=999.0, unsure=True))
    head = (await claim(store, now=100.0))[0]
    assert (waiting.id, False) == (head.id, head.unsure)


async def test_the_unfinished_delivery_of_a_message_is_found(store: Store) -> None:
    """The echo knows only the message."""
    await store.write(three_owed)
    message = (await store.read(lambda view: view.unsent(CHAT.id)))[0]
    delivery = await store.write(lambda tx: tx.owed_for(message.id))
    assert (await store.write(lambda tx: tx.owed_to(CHAT.id)))[1].id == delivery
    assert delivery is not None
    await settle(store, delivery, now=100.0)
    assert None is await store.write(lambda tx: tx.owed_for(message.id))
    assert None is await store.write(lambda tx: tx.owed_for(MessageId("nobody's")))


async def test_what_a_chat_owes_is_listed_in_order_as_it_stands(store: Store) -> None:
    """When a chat's opening fails for good, all it owes is buried with it."""
    await store.write(three_owed)
    await claim(store, now=100.0)
    owes = await store.write(lambda tx: tx.owed_to(CHAT.id))
    expected = [(DeliveryKind.OPEN, 1, True), (DeliveryKind.SAY, 0, False), (DeliveryKind.END, 0, False)]
    assert expected == [(delivery.kind, delivery.attempts, delivery.unsure) for delivery in owes]
    assert [None, "hello", None] == [delivery.message and delivery.message.text for delivery in owes]
    assert [] == await store.write(lambda tx: tx.owed_to(ChatId("nobody's")))


async def test_a_delivery_needs_its_chat_and_its_message(store: Store) -> None:
    """A delivery without them could never be made."""
    await store.write(two_chats)
    with pytest.raises(RuleBroken):
        await store.write(lambda tx: tx.owe(ChatId("nobody's"), DeliveryKind.OPEN, due=0.0))
    with pytest.raises(RuleBroken):
        await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.SAY, due=0.0, message=MessageId("nobody's")))
    assert None is await store.read(lambda view: view.next_due())


async def test_the_claims_of_a_node_that_is_gone_are_due_at_once_and_unsure(store: Store) -> None:
    """A restart must not wait for leases, nor send twice; what waits for its own time goes on waiting."""
    await store.write(three_owed)
    await store.write(lambda tx: tx.owe(OTHER.id, DeliveryKind.OPEN, due=100.0))
    claimed = {delivery.chat.id: delivery for delivery in await claim(store, now=100.0, until=999.0)}
    await store.write(lambda tx: tx.postpone(claimed[OTHER.id], due=500.0, unsure=True))
    assert 1 == await store.write(lambda tx: tx.release_claims(now=120.0))
    released = await claim(store, now=120.0)
    assert [(CHAT.id, 2, True)] == [(delivery.chat.id, delivery.attempts, delivery.unsure) for delivery in released]
    assert 200.0 == await store.read(lambda view: view.next_due())


async def test_an_opening_is_owed_until_it_is_settled_or_buried(store: Store) -> None:
    """Events of unknown address are kept only while one may still turn out to be ours."""

    async def opens_owed() -> bool:
        return await store.write(lambda tx: tx.opens_owed())

    assert False is await opens_owed()
    await store.write(three_owed)
    assert True is await opens_owed()
    head = (await claim(store, now=100.0))[0]
    assert True is await opens_owed()
    await settle(store, head.id, now=100.0)
    assert False is await opens_owed()


async def test_a_failed_message_can_be_owed_again(store: Store) -> None:
    """After burial its place in the outbox is free."""
    await store.write(two_chats)
    message = await store.write(adding(said("hello", status=MessageStatus.FAILED)))
    for _ in range(2):
        await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.SAY, due=0.0, message=message.id))
        await bury(store, (await claim(store, now=1.0))[0])
    assert [] == await owed(store)


async def owe_end(tx: Transaction, *, until: float | None) -> None:
    await tx.owe(CHAT.id, DeliveryKind.END, due=1.0, until=until)


async def owe_claimed(store: Store, *, until: float = 200.0) -> DeliveryId | None:
    async def unit(tx: Transaction) -> DeliveryId | None:
        message = await tx.add_message(said("hello"))
        return await tx.owe(CHAT.id, DeliveryKind.SAY, due=100.0, until=until, message=message.id)

    return await store.write(unit)


async def test_what_is_owed_and_is_the_head_can_be_claimed_in_one_breath(store: Store) -> None:
    """Nobody else gets it until the lease runs out; then it is unsure, like any other claim."""
    await store.write(two_chats)
    id_ = await owe_claimed(store, until=130.0)
    assert [] == await claim(store, now=129.0)
    (again,) = await claim(store, now=130.0)
    assert (id_, 2, True) == (again.id, again.attempts, again.unsure)
    assert again.message is not None


async def test_what_stands_behind_others_is_owed_and_not_claimed(store: Store) -> None:
    """Its turn comes when the one before it is finished."""
    await store.write(two_chats)
    first = await owe_claimed(store)
    assert first is not None
    assert await owe_claimed(store) is None
    assert [] == await claim(store, now=150.0)
    await settle(store, first, now=150.0)
    (second,) = await claim(store, now=150.0)
    assert (1, False) == (second.attempts, second.unsure)


async def test_a_claim_made_with_the_debt_can_be_finished_and_released(store: Store) -> None:
    """It is a claim like any other: by its number, and of this node."""
    await store.write(two_chats)
    id_ = await owe_claimed(store)
    assert 1 == await store.write(lambda tx: tx.release_claims(now=110.0))
    (again,) = await claim(store, now=110.0)
    assert (id_, True) == (again.id, again.unsure)
    assert not await store.write(lambda tx: tx.finish(replace(again, attempts=1), now=120.0))
    assert await store.write(lambda tx: tx.finish(again, now=120.0))


async def test_nothing_is_owed_to_a_chat_that_is_none(store: Store) -> None:
    """Claimed or not."""
    for until in (None, 9.0):
        with pytest.raises(RuleBroken):
            await store.write(partial(owe_end, until=until))


async def test_who_finishes_one_can_claim_the_next_of_the_chat(store: Store) -> None:
    """In the same breath, and of this chat only; with the last there is none."""
    await store.write(three_owed)
    await store.write(lambda tx: tx.owe(OTHER.id, DeliveryKind.OPEN, due=90.0))
    (head,) = [one for one in await claim(store, now=100.0) if one.chat.id == CHAT.id]
    second, more = await store.write(lambda tx: tx.finish_and_claim(head, now=110.0, until=200.0))
    assert second is not None
    assert (DeliveryKind.SAY, 1, False, False) == (second.kind, second.attempts, second.unsure, more)
    assert [] == await claim(store, now=110.0)
    third, more = await store.write(lambda tx: tx.finish_and_claim(second, now=120.0, until=200.0))
    assert third is not None
    assert (None, False) == await store.write(lambda tx: tx.finish_and_claim(third, now=130.0, until=200.0))


async def test_the_next_is_not_claimed_before_it_is_due(store: Store) -> None:
    """And whoever asks is told that there is one."""
    await store.write(two_chats)
    await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.OPEN, due=100.0))
    await store.write(lambda tx: tx.owe(CHAT.id, DeliveryKind.MEET, due=500.0))
    (head,) = await claim(store, now=100.0)
    assert (None, True) == await store.write(lambda tx: tx.finish_and_claim(head, now=110.0, until=200.0))
    assert [DeliveryKind.MEET] == [one.kind for one in await claim(store, now=500.0)]


async def test_what_is_anothers_by_now_gives_no_claim_to_the_next(store: Store) -> None:
    """Two hands in one chat would be two orders; but somebody should look for what nobody has."""
    await store.write(three_owed)
    (late,) = await claim(store, now=100.0, until=110.0)
    await claim(store, now=110.0)
    assert (None, True) == await store.write(lambda tx: tx.finish_and_claim(late, now=120.0, until=200.0))
    assert [DeliveryKind.OPEN, DeliveryKind.SAY, DeliveryKind.END] == await owed(store)


def advancing(index: int) -> Unit[Turn | None]:
    return lambda tx: tx.advance(CHAT.id, index=index)


async def test_flexs_index_moves_on_only_from_its_place(store: Store) -> None:
    """A hole is waited for; what was passed over is passed over."""
    await store.write(two_chats)
    for index, following in [(0, 1), (2, 1), (0, 1), (1, 2)]:
        assert Turn(following, holds=False) == await store.write(advancing(index))
        chat = await store.read(lambda view: view.chat(CHAT.id))
        assert chat is not None
        assert following == chat.next_index
    assert await store.write(lambda tx: tx.advance(ChatId("nobody's"), index=0)) is None


async def test_a_message_in_the_awaited_place_moves_the_index_on(store: Store) -> None:
    """Its words and the chat's turn are one write; a message of an earlier or a later place changes nothing."""
    await store.write(two_chats)
    for index, following in [(1, 0), (0, 1), (0, 1), (1, 2)]:
        await store.write(adding(replace(said("hello"), place=Place(index))))
        chat = await store.read(lambda view: view.chat(CHAT.id))
        assert following == (chat and chat.next_index)
    await store.write(adding(said("without a place")))
    assert Turn(2, holds=False) == await store.write(advancing(7))


async def test_a_message_is_marked_sent_once_and_keeps_the_place_it_has(store: Store) -> None:
    """The receipt and the echo say the same; the first of them wins."""
    await store.write(two_chats)
    message = await store.write(adding(said("hello")))
    assert await store.write(lambda tx: tx.set_sent(message, index=4))
    assert not await store.write(lambda tx: tx.set_sent(message, index=5))
    (found,) = await store.read(lambda view: view.messages_after(CHAT.id, seq=0, limit=9))
    assert (MessageStatus.SENT, 4) == (found.status, found.place and found.place.index)
