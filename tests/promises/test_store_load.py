"""What `Store` promises of its load: all is counted, and the oldest delivery is the one that waits longest."""

from middleware.relay.meters import Load
from middleware.relay.model import Chat, ChatId, DeliveryKind, Ender, VisitorId
from middleware.relay.ports import Store, Transaction
from tests.promises.stores import CHAT, OTHER, said, three_owed, two_chats


async def oldest(store: Store) -> float | None:
    return await store.read(lambda view: view.oldest_owed())


async def test_open_chats_and_owed_deliveries_are_counted(store: Store) -> None:
    """Every node tells the same of them: they are the store's, not its own."""
    assert Load(0, 0) == await store.read(lambda view: view.load())
    await store.write(three_owed)
    assert Load(2, 3) == await store.read(lambda view: view.load())
    await store.write(lambda tx: tx.end_chat(OTHER.id, by=Ender.FLEX, at=30.0))
    assert Load(1, 3) == await store.read(lambda view: view.load())


async def test_the_oldest_delivery_is_as_old_as_what_it_is_about(store: Store) -> None:
    """A retry changes when it is due, not since when the visitor waits."""
    assert None is await oldest(store)
    await store.write(three_owed)
    for waits_since in (CHAT.opened_at, 20.0):
        assert waits_since == await oldest(store)
        (head,) = await store.write(lambda tx: tx.claim(now=500.0, until=600.0, limit=1))
        await store.write(lambda tx, head=head: tx.postpone(head, due=900.0, unsure=False))  # type: ignore[misc]
        assert waits_since == await oldest(store)
        await store.write(lambda tx, head=head: tx.settle(head.id, now=500.0))  # type: ignore[misc]
    await store.write(lambda tx: tx.end_chat(CHAT.id, by=Ender.VISITOR, at=44.0))
    assert 44.0 == await oldest(store)


async def test_an_agents_name_keeps_nobody_waiting(store: Store) -> None:
    """It is asked for hours after the chat was opened, and would look as if it had been owed since."""

    async def unit(tx: Transaction) -> None:
        await two_chats(tx)
        await tx.owe(CHAT.id, DeliveryKind.MEET, due=100.0)
        late = Chat(ChatId("chat-of-eve"), VisitorId("eve"), opened_at=77.0)
        await tx.add_chat(late)
        await tx.add_message(said("hello"))
        await tx.owe(late.id, DeliveryKind.OPEN, due=100.0)

    await store.write(unit)
    assert 77.0 == await oldest(store)
