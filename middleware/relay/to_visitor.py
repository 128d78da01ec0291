"""To the visitor: tell after commit, and catch up from the store."""

from collections.abc import Sequence
from dataclasses import dataclass

from middleware.relay.model import Chat, ChatId, Message, News, VisitorId
from middleware.relay.ports import Bell, Reading, Store

PAGE = 200
"""Messages in one catch-up, at most."""


@dataclass(frozen=True, slots=True)
class CatchUp:
    """The visitor's chat, and its messages after the position asked for.

    `more` says that messages are left over; `reset` that the position is not of this chat and the messages are from its
    beginning; `unsettled` are the visitor's own earlier messages that are not `sent`.
    """

    chat: Chat
    messages: tuple[Message, ...] = ()
    unsettled: tuple[Message, ...] = ()
    more: bool = False
    reset: bool = False


class ToVisitor:
    """Tells the visitor's sockets."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    def tell(self, chat: Chat | None, news: Sequence[News]) -> None:
        """Ring the chat's sockets. Call it after the commit."""
        if chat is not None and news:
            self._bell.ring(chat, news)


async def since(store: Store, visitor: VisitorId, *, chat: ChatId | None, seq: int) -> CatchUp | None:
    """What the visitor's newest chat holds after that position; None if there is no chat."""

    async def view(reading: Reading) -> CatchUp | None:
        last = await reading.last_chat_of(visitor)
        return None if last is None else await _after(reading, last, chat=chat, seq=seq)

    return await store.read(view)


async def _after(store: Reading, last: Chat, *, chat: ChatId | None, seq: int) -> CatchUp:
    known = chat == last.id and 0 <= seq <= last.last_seq
    start = seq if known else 0
    messages = await store.messages_after(last.id, seq=start, limit=PAGE + 1)
    unsettled = [message for message in await store.unsent(last.id) if message.seq <= start]
    return CatchUp(
        chat=last,
        messages=tuple(messages[:PAGE]),
        unsettled=tuple(unsettled),
        more=len(messages) > PAGE,
        reset=chat is not None and not known,
    )
