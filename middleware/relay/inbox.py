"""The inbox: what the store does with what Flex has told. What becomes of an event: `applying`."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from middleware.relay.model import Chat, Draft, Event, EventKey, FlexRef, Message, Said


class Heard(NamedTuple):
    """A message from Flex that took its place, in the chat as it was before."""

    chat: Chat
    message: Message


Drafting: TypeAlias = Callable[[Chat, Said], Draft | None]
"""The message that an utterance makes in this chat; None if more is to be done for it than to write it."""


class Inbox(Protocol):
    """What is written of events."""

    async def hear_plain(self, said: Sequence[Said], *, drafting: Drafting) -> Sequence[Heard | None]:
        """Add the messages of utterances that come just in their chat's turn, many at once. A short cut.

        The chat waits for the index behind it. None, and nothing is written, for one that is not plain: its chat is
        strange, waits for another index or holds events, it is not the first of its chat, `drafting` gives nothing, or
        this store has no short cut.
        """

    async def remember(self, key: EventKey, *, ref: FlexRef, at: float) -> bool:
        """Write that the event was accepted; False if it had been before."""

    async def hold(self, event: Event) -> None:
        """Keep a remembered event until its turn."""

    async def take_held(self, ref: FlexRef) -> list[Event]:
        """Take every held event of this address: utterances by index, then the others as they came."""

    async def take_held_at(self, ref: FlexRef, index: int) -> Event | None:
        """Take the held utterance of this index."""

    async def take_held_below(self, ref: FlexRef, index: int) -> list[Event]:
        """Take the held utterances below this index, in order."""

    async def take_changes(self, ref: FlexRef, index: int) -> list[Event]:
        """Take the held changes to the message of this index, as they came."""

    async def held_since(self, ref: FlexRef) -> float | None:
        """When the oldest event that is still held for its turn came; None if none is. Changes wait without a turn."""

    async def opens_owed(self) -> bool:
        """Whether some chat still waits to be opened at Flex."""
