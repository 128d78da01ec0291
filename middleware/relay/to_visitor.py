"""To the visitor: tell after commit, and catch up from the store."""

from collections.abc import Sequence
from itertools import accumulate

from middleware.relay.meters import UNCOUNTED, Meters
from middleware.relay.model import Chat, ChatId, Message, News, VisitorId
from middleware.relay.ports import Bell, Reading, Store
from middleware.relay.values import value

PAGE = 200
"""Messages in one catch-up, at most."""
PAGE_BYTES = 250_000
"""And bytes of text, beyond the first message: what a socket is told at once is less than it may leave unread."""


@value(frozen=True, slots=True)
class CatchUp:
    """The visitor's chat, and its messages after the position asked for.

    `more` says that messages are left over; `reset` that the position is not of this chat and the messages are from its
    beginning; `unsettled` are the visitor's own earlier messages that are not `sent`; `changed` are the earlier ones
    that were ever reworded or withdrawn.
    """

    chat: Chat
    messages: tuple[Message, ...] = ()
    unsettled: tuple[Message, ...] = ()
    changed: tuple[Message, ...] = ()
    more: bool = False
    reset: bool = False


class ToVisitor:
    """Tells the visitor's sockets."""

    def __init__(self, bell: Bell, *, meters: Meters = UNCOUNTED) -> None:
        self._bell = bell
        self._meters = meters

    def tell(self, chat: Chat | None, news: Sequence[News]) -> None:
        """Ring the chat's sockets. Call it after the commit."""
        if chat is not None and news:
            self._bell.ring(chat, news)
        for one in news:
            self._meters.news(one)


async def since(
    store: Store, visitor: VisitorId, *, chat: ChatId | None, seq: int, current: bool = False
) -> CatchUp | None:
    """What the visitor's newest chat holds after that position; None if there is no chat.

    More changes before the position than one page holds are a reset; for a page that is `current`, that heard them as
    they were made, they are left out.
    """

    async def view(reading: Reading) -> CatchUp | None:
        last = await reading.last_chat_of(visitor)
        return None if last is None else await _after(reading, last, chat=chat, seq=seq, current=current)

    return await store.read(view)


async def _after(store: Reading, last: Chat, *, chat: ChatId | None, seq: int, current: bool) -> CatchUp:
    known = chat == last.id and 0 <= seq <= last.last_seq
    changed = await store.changed(last.id, upto=seq if known else 0, limit=PAGE + 1)
    if len(changed) > PAGE or _bytes(changed) > PAGE_BYTES // 2:
        known, changed = known and current, []
    start = seq if known else 0
    messages = await store.messages_after(last.id, seq=start, limit=PAGE + 1)
    unsettled = [message for message in await store.unsent(last.id) if message.seq <= start]
    page = _page(messages, most=PAGE_BYTES - _bytes(changed))
    return CatchUp(
        chat=last,
        messages=page,
        unsettled=tuple(unsettled),
        changed=tuple(changed),
        more=len(messages) > len(page),
        reset=chat is not None and not known,
    )


def _page(messages: Sequence[Message], *, most: int) -> tuple[Message, ...]:
    """As many as fit, and at least one."""
    fit = sum(1 for size in accumulate(map(_size, messages)) if size <= most)
    return tuple(messages[: min(PAGE, max(1, fit))])


def _bytes(messages: Sequence[Message]) -> int:
    return sum(map(_size, messages))


def _size(message: Message) -> int:
    return len(message.text.encode(errors="surrogatepass"))
