"""Whatever happens at once, on one node or on two: everything is said once, in Flex's order and in its newest words."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from middleware.relay.model import Author, Edited, Message, MessageStatus, Said
from middleware.relay.ports import Store
from tests.nodes.races import Race, told_with
from tests.promises import stores
from tests.servers.postgres import Postgres
from tests.waiting import DEADLINE

SEEDS = (*range(40), 40252)
"""The last posted a message twice: an echo came while what stood behind a lost answer was given back."""


async def test_two_nodes_say_everything_once_and_in_order(postgres: Postgres, tmp_path: Path) -> None:
    """They share a PostgreSQL and nothing else."""
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(stores.postgres(postgres, tmp_path, node=node, patience=DEADLINE))
            for node in ("one", "two")
        ]
        await race(nodes)


async def test_one_node_says_everything_once_and_in_order(tmp_path: Path) -> None:
    """It has SQLite, and races with itself alone."""
    async with stores.sqlite(tmp_path) as store:
        await race([store])


async def race(nodes: Sequence[Store]) -> None:
    """Every program, one after the other."""
    for seed in SEEDS:
        with told_with(seed):
            one = Race(nodes, seed=seed)
            await one.run()
            await check(one)


async def check(one: Race) -> None:
    """What must be true when everything has been told."""
    messages = await one.messages()
    ours = [message for message in messages if message.author is Author.VISITOR]
    theirs = [message for message in messages if message.author is not Author.VISITOR and is_left(message)]
    spoken = [(uttered.index, uttered.text) for uttered in one.left() if isinstance(uttered, Said)]
    assert spoken == [(place_of(message), message.text) for message in theirs]
    assert sorted(one.asked) == sorted(asked(message) for message in ours), "an ask was lost, or said twice"
    assert {MessageStatus.SENT} >= {message.status for message in ours}
    newest = [one.reworded(place_of(message)) or asked(message) for message in ours if is_left(message)]
    assert newest == [message.text for message in ours if is_left(message)]
    left = sorted(place_of(message) for message in messages if is_left(message))
    assert [uttered.index for uttered in one.left()] == left, "removed here and not at Flex, or there and not here"
    places = [place_of(message) for message in messages]
    assert sorted(set(places)) == sorted(places), "two messages in one place"


def is_left(message: Message) -> bool:
    return message.edited is not Edited.WITHDRAWN


def place_of(message: Message) -> int:
    assert message.place is not None, "a message without a place at Flex"
    return message.place.index


def asked(message: Message) -> str:
    """The words that it was asked with: its ask is named after them."""
    return (message.ask or "").removeprefix("ask-")
