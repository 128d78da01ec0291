"""The bell: tells each socket of a visitor what is new, in order and without holes.

A ring carries the news it is about. A socket that is told every `seq` in turn needs nothing else; one that sees a hole,
or rings while it reads, catches up from the store.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass, field
from typing import Protocol

from middleware.relay.badge import Badge
from middleware.relay.errors import StoreUnavailable
from middleware.relay.meters import UNCOUNTED, Meters
from middleware.relay.model import AskId, Chat, ChatId, ChatOpened, MessageChanged, MessageSaid, News, VisitorId
from middleware.relay.ports import Store
from middleware.relay.to_visitor import CatchUp, since
from middleware.web.line import Line

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0
_AT_ONCE = 64
"""Catch-ups that read the store at the same time: when everybody has to look, what visitors say must still get in."""


class Voice(Protocol):
    """How one namespace puts news into words; `tells_changes` says whether those of messages are among them."""

    tells_changes: bool

    def tell(self, ear: "Ear", chat: Chat, news: News) -> None:
        """Tell the socket one thing, at once."""

    async def tell_all(self, ear: "Ear", found: CatchUp) -> None:
        """Tell the socket what it missed, no faster than it takes it."""

    async def send_away(self, ear: "Ear") -> None:
        """Tell the socket that it is no longer wanted."""

    async def hang_up(self, ear: "Ear") -> None:
        """End the socket's connection; its page comes back by itself."""


@dataclass(slots=True, eq=False)
class Ear:
    """One listening socket, and how far it has heard: `told` is the last `seq` it was given of `chat`.

    `line` carries what it is told; None if that had ended already, or the socket has left it.

    `since` is when that chat was opened: an older chat's late news are not mistaken for those of a newer one. `current`
    says that every change to what it was told has been told too. `badge` is what it came with, or was given with its
    first chat; it may stay until `good_until`.
    """

    sid: str
    visitor: VisitorId
    voice: Voice
    line: Line | None = None
    chat: ChatId | None = None
    told: int = 0
    since: float = 0.0
    badge: Badge | None = None
    good_until: float = float("inf")
    asked: dict[AskId, None] = field(default_factory=dict)
    readers: int = 0
    current: bool = False
    missed: bool = False
    behind: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """The store is read for it: one after the other, and nothing that rings is told it meanwhile."""
        self.readers += 1
        try:
            async with self._turn:
                yield
        finally:
            self.readers -= 1

    def asks(self, asks: Iterable[AskId], *, keep: int) -> None:
        """What these make is its own words, and the answers tell of them. So many of the latest are kept."""
        for ask in asks:
            self.asked.pop(ask, None)  # Asked again, it is one of the latest.
            self.asked[ask] = None
        while len(self.asked) > keep:
            del self.asked[next(iter(self.asked))]

    def knows(self, chat: Chat, news: News) -> bool:
        """Whether these are its own words, in their turn, of which the answer tells: it has heard them now."""
        if not isinstance(news, MessageSaid) or self.chat != chat.id or self.behind or self.readers:
            return False
        message = news.message
        if message.seq != self.told + 1 or message.ask not in self.asked:
            return False
        self.told = message.seq
        self.asked.pop(message.ask, None)
        return True

    def begin(self, chat: Chat, *, told: int = 0) -> None:
        """From here on it hears this chat."""
        self.chat, self.told, self.since = chat.id, told, chat.opened_at


class SocketBell:
    """Rings this node's sockets, in the order of the rings; catching up happens beside it."""

    def __init__(self, store: Store, *, meters: Meters = UNCOUNTED) -> None:
        self._store = store
        self._meters = meters
        self._ears: dict[VisitorId, dict[Ear, None]] = defaultdict(dict)
        self._rung: list[tuple[Chat, News]] = []
        self._of_nobody = Context()  # What is told together was rung by several, about several chats.
        self._catching_up: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """Tell the news to the chat's sockets on this node, if there are any: soon, when whoever rings has gone on."""
        ears = self._ears.get(chat.visitor)
        if ears is None:
            return
        alone = next(iter(ears)) if len(ears) == 1 else None
        for one in news:
            if alone is None or not alone.knows(chat, one):
                if not self._rung:
                    asyncio.get_running_loop().call_soon(self._tell_rung, context=self._of_nobody)
                self._rung.append((chat, one))

    def listen(self, ear: Ear) -> None:
        """From now on, tell this socket."""
        self._ears[ear.visitor][ear] = None

    def forget(self, ear: Ear) -> None:
        """The socket is gone."""
        ears = self._ears.get(ear.visitor, {})
        ears.pop(ear, None)
        if not ears:
            self._ears.pop(ear.visitor, None)

    def ears_of(self, visitor: VisitorId) -> Sequence[Ear]:
        """The visitor's sockets on this node, the oldest first."""
        return tuple(self._ears.get(visitor, ()))

    def ears(self) -> list[Ear]:
        """Every listening socket of this node."""
        return [ear for ears in self._ears.values() for ear in ears]

    async def close(self) -> None:
        """Stop every catching up."""
        for task in self._catching_up:
            task.cancel()
        await asyncio.gather(*self._catching_up, return_exceptions=True)

    async def read(self, ear: Ear, *, chat: ChatId | None, after: int) -> CatchUp | None:
        """What the socket has not heard from that position on, for an answer. What rings meanwhile is told after it."""
        async with ear.reading():
            found = await self._read(ear, chat=chat, after=after)
        if ear.missed:
            self.catch_up(ear)
        return found

    def catch_up(self, ear: Ear) -> None:
        """Tell the socket all it has not heard, soon, and once however often this is asked."""
        ear.missed = True
        if not ear.behind:
            ear.behind = True
            task = asyncio.create_task(self._catch_up(ear))
            self._catching_up.add(task)
            task.add_done_callback(self._catching_up.discard)

    def look(self, visitor: VisitorId) -> None:
        """Something is new of the visitor's chat, nobody says what: let their sockets catch up."""
        for ear in tuple(self._ears.get(visitor, ())):
            self.catch_up(ear)

    def look_all(self) -> None:
        """The same for everybody."""
        for visitor in tuple(self._ears):
            self.look(visitor)

    def _tell_rung(self) -> None:
        rung, self._rung = self._rung, []
        for chat, news in rung:
            for ear in self.ears_of(chat.visitor):
                self._tell(ear, chat, news)

    def _tell(self, ear: Ear, chat: Chat, news: News) -> None:
        if isinstance(news, ChatOpened) and ear.chat == chat.id:
            return  # It opened the chat itself; the answer says so.
        if ear.readers or ear.behind:
            ear.missed = True
            ear.current = ear.current and not isinstance(news, MessageChanged)
        elif _may_hear(ear, chat, news):
            self._speak(ear, chat, news)
        elif _is_new(ear, chat, news):
            self.catch_up(ear)

    def _speak(self, ear: Ear, chat: Chat, news: News) -> None:
        if isinstance(news, ChatOpened):
            ear.begin(chat)
        if isinstance(news, MessageSaid) and ear.chat == chat.id:
            ear.told = news.message.seq
            if news.message.ask in ear.asked:
                return  # Its own words; the answer says so.
            self._meters.told(1)
        try:
            ear.voice.tell(ear, chat, news)
        except Exception:
            log.exception("A socket could not be told.", extra={"chat": chat.id})

    async def _catch_up(self, ear: Ear) -> None:
        """As long as there is more, or something rings meanwhile; the store may be away for a while."""
        try:
            while ear.missed and ear in self._ears.get(ear.visitor, ()):
                async with ear.reading():
                    ear.missed = False
                    await self._tell_all(ear)
        finally:
            ear.behind = False

    async def _tell_all(self, ear: Ear) -> None:
        """Told under the lock, so that nothing newer is told in between."""
        try:
            async with self._turns:
                found = await self._read(ear, chat=ear.chat, after=ear.told)
        except StoreUnavailable as error:
            log.warning("A socket waits for the store.", extra={"reason": str(error)})
            await asyncio.sleep(_RETRY_SECONDS)
            ear.missed = True
            return
        if found is not None:
            ear.missed = ear.missed or found.more
            await ear.voice.tell_all(ear, found)

    async def _read(self, ear: Ear, *, chat: ChatId | None, after: int) -> CatchUp | None:
        current = ear.current or not ear.voice.tells_changes
        ear.current = True  # … from here on: a change that rings while the store is read makes it false again.
        try:
            found = await since(self._store, ear.visitor, chat=chat, seq=after, current=current)
        except StoreUnavailable:
            ear.current = False
            raise
        if found is not None:
            start = after if chat == found.chat.id and not found.reset else 0
            ear.begin(found.chat, told=found.messages[-1].seq if found.messages else start)
            self._meters.told(len(found.messages))
        return found


def _may_hear(ear: Ear, chat: Chat, news: News) -> bool:
    """In its turn; late news of a chat before the socket's own stand for themselves."""
    if isinstance(news, ChatOpened):
        return True
    if ear.chat != chat.id:
        return ear.chat is not None and chat.opened_at < ear.since
    return not isinstance(news, MessageSaid) or news.message.seq == ear.told + 1


def _is_new(ear: Ear, chat: Chat, news: News) -> bool:
    return ear.chat != chat.id or (isinstance(news, MessageSaid) and news.message.seq > ear.told)
