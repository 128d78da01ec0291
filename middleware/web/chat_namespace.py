"""The namespace `/chat`: the full protocol."""

from collections.abc import Awaitable, Callable, Mapping

from middleware.relay.errors import NotOpen
from middleware.relay.model import Chat, News
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear
from middleware.web.sockets import Namespace, UnknownAsk, beside


class ChatNamespace(Namespace):
    """Asks with answers, news with positions."""

    async def ask(self, name: str, ear: Ear, payload: object) -> wire.Shape:
        """Grant an ask, or raise `AskRefused`."""
        grant = self._asks.get(name)
        if grant is None:
            raise UnknownAsk(f"There is no ask of this name; there are {', '.join(self._asks)}.")
        return await grant(ear, payload)

    def tell(self, sid: str, chat: Chat, news: News) -> None:
        """Tell the socket one thing, at once."""
        name, payload = wire.shape_news(chat, news)
        self.say(sid, name, payload)

    async def tell_all(self, sid: str, found: CatchUp) -> None:
        """Tell the socket what it missed, as the news `opened`; with the last of it a token, if one can be had."""
        await self.room(sid)
        token = None if found.more else await self.token_if_any(sid)
        more = {} if token is None else {"token": token}
        self.say(sid, "opened", {**wire.shape_catch_up(found), **more})

    @property
    def _asks(self) -> Mapping[str, Callable[[Ear, object], Awaitable[wire.Shape]]]:
        return {"open": self._open, "say": self._say, "end": self._end, "resume": self._resume, "forget": self._forget}

    async def _open(self, ear: Ear, payload: object) -> wire.Shape:
        about = beside(wire.read_open(payload), ear)
        token = await self.reception.token(ear)
        chat = await self.from_visitor.open(ear.visitor, about)
        ear.begin(chat)
        return {"token": token, **await self._resumed(ear, wire.Position(chat.id))}

    async def _say(self, ear: Ear, payload: object) -> wire.Shape:
        words = wire.read_say(payload)
        ear.asks(words.ask)
        return wire.shape_said(await self.from_visitor.say(ear.visitor, words))

    async def _end(self, ear: Ear, payload: object) -> wire.Shape:
        del payload
        await self.from_visitor.end(ear.visitor)
        return {}

    async def _forget(self, ear: Ear, payload: object) -> wire.Shape:
        del payload
        await self.forget(ear)
        return {}

    async def _resume(self, ear: Ear, payload: object) -> wire.Shape:
        position = wire.read_resume(payload)
        if ear.badge is None:
            raise NotOpen(_NOT_OPEN)
        token = await self.reception.token(ear)
        return {"token": token, **await self._resumed(ear, position)}

    async def _resumed(self, ear: Ear, position: wire.Position) -> wire.Shape:
        found = await self.bell.read(ear, chat=position.chat, after=position.after)
        if found is None:
            raise NotOpen(_NOT_OPEN)
        return wire.shape_catch_up(found)


_NOT_OPEN = "There is no chat yet: ask `open` first."
