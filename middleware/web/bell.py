"""The bell: tells each socket of a visitor what is new, in order and without holes.

A ring carries the news it is about. A socket that is told every `seq` in turn needs nothing else; one that sees a hole,
or rings while it reads, catches up from the store.
"""

import asyncio
import logging
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from middleware.relay.errors import StoreUnavailable
from middleware.relay.model import AskId, Chat, ChatId, ChatOpened, MessageSaid, News, VisitorId
from middleware.relay.ports import Store
from middleware.relay.to_visitor import CatchUp, since

log = logging.getLogger(__name__)

_RETRY_SECONDS = 1.0


class Voice(Protocol):
    """How one namespace puts news into words."""

    async def tell(self, sid: str, chat: Chat, news: News) -> None:
        """Tell the socket one thing."""

    async def tell_all(self, sid: str, found: CatchUp) -> None:
        """Tell the socket what it missed."""


@dataclass(slots=True, eq=False)
class Ear:
    """One listening socket, and how far it has heard: `told` is the last `seq` of `chat` it was given."""

    sid: str
    visitor: VisitorId
    voice: Voice
    chat: ChatId | None = None
    told: int = 0
    asked: deque[AskId] = field(default_factory=lambda: deque(maxlen=32))
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    missed: bool = False


class SocketBell:
    """Rings this node's sockets. One task tells, so that news keep their order; catching up happens beside it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ears: dict[VisitorId, set[Ear]] = defaultdict(set)
        self._rung: asyncio.Queue[tuple[Chat, Sequence[News]]] = asyncio.Queue()
        self._catching_up: set[asyncio.Task[None]] = set()

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """Queue the news for the chat's sockets on this node, if there are any."""
        if chat.visitor in self._ears:
            self._rung.put_nowait((chat, news))

    def listen(self, ear: Ear) -> None:
        """From now on, tell this socket."""
        self._ears[ear.visitor].add(ear)

    def forget(self, ear: Ear) -> None:
        """The socket is gone."""
        ears = self._ears.get(ear.visitor, set())
        ears.discard(ear)
        if not ears:
            self._ears.pop(ear.visitor, None)

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            chat, news = await self._rung.get()
            for ear in tuple(self._ears.get(chat.visitor, ())):
                for one in news:
                    await self._tell(ear, chat, one)

    async def close(self) -> None:
        """Stop every catching up."""
        for task in self._catching_up:
            task.cancel()
        await asyncio.gather(*self._catching_up, return_exceptions=True)

    async def read(self, ear: Ear, *, chat: ChatId | None, after: int) -> CatchUp | None:
        """What the socket has not heard from that position on. What rings meanwhile is told afterwards."""
        async with ear.reading:
            found = await since(self._store, ear.visitor, chat=chat, seq=after)
            if found is not None:
                _move(ear, found, after=after)
        if ear.missed:
            self.catch_up(ear)
        return found

    def catch_up(self, ear: Ear) -> None:
        """Tell the socket all it has not heard, soon."""
        ear.missed = False
        task = asyncio.create_task(self._catch_up(ear))
        self._catching_up.add(task)
        task.add_done_callback(self._catching_up.discard)

    async def _tell(self, ear: Ear, chat: Chat, news: News) -> None:
        if isinstance(news, ChatOpened) and ear.chat == chat.id:
            return  # It opened the chat itself; the answer says so.
        if ear.reading.locked():
            ear.missed = True
        elif _in_turn(ear, chat, news):
            await self._speak(ear, chat, news)
        elif _new_to(ear, chat, news):
            self.catch_up(ear)

    async def _speak(self, ear: Ear, chat: Chat, news: News) -> None:
        if isinstance(news, ChatOpened):
            ear.chat, ear.told = chat.id, 0
        if isinstance(news, MessageSaid):
            ear.told = news.message.seq
            if news.message.ask in ear.asked:
                return  # Its own words; the answer says so.
        try:
            await ear.voice.tell(ear.sid, chat, news)
        except Exception:
            log.exception("A socket could not be told.", extra={"chat": chat.id})

    async def _catch_up(self, ear: Ear) -> None:
        """As long as there is more; the store may be away for a while."""
        more = True
        while more and ear in self._ears.get(ear.visitor, ()):
            try:
                found = await self.read(ear, chat=ear.chat, after=ear.told)
            except StoreUnavailable as error:
                log.warning("A socket waits for the store.", extra={"reason": str(error)})
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            more = found is not None and found.more
            if found is not None:
                await ear.voice.tell_all(ear.sid, found)


def _in_turn(ear: Ear, chat: Chat, news: News) -> bool:
    if isinstance(news, ChatOpened):
        return True
    if ear.chat != chat.id:
        return False
    return not isinstance(news, MessageSaid) or news.message.seq == ear.told + 1


def _new_to(ear: Ear, chat: Chat, news: News) -> bool:
    return ear.chat != chat.id or (isinstance(news, MessageSaid) and news.message.seq > ear.told)


def _move(ear: Ear, found: CatchUp, *, after: int) -> None:
    start = 0 if found.reset or ear.chat != found.chat.id else after
    ear.chat = found.chat.id
    ear.told = found.messages[-1].seq if found.messages else start
