"""The namespace `/chat`: the full protocol."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from middleware.relay.errors import AskRefused, NotOpen, StoreUnavailable
from middleware.relay.model import Chat, Message, News
from middleware.relay.outbox import Words
from middleware.relay.ports import Outcome
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear
from middleware.web.lane import LATE, Answered, Ask
from middleware.web.sockets import Namespace, UnknownAsk, beside, payload_of, refusal


class ChatNamespace(Namespace):
    """Asks with answers, news with positions."""

    def may_join(self, ask: Ask) -> bool:
        """What is said in a row goes together, if it is short."""
        return ask.name == "say" and ask.size <= self.limits.ask_chars

    def work(self, ear: Ear, asks: Sequence[Ask], answered: Answered) -> None:
        """Begin what is said together, for which no task need wait; or do one other ask."""
        if asks[0].name == "say":
            self._say(ear, asks, answered)
        else:
            super().work(ear, asks, answered)

    async def ask(self, ear: Ear, ask: Ask) -> wire.Shape:
        """What any other ask is granted."""
        grant = _GRANTS.get(ask.name)
        if grant is None:
            raise UnknownAsk(f"There is no ask of this name; there are {', '.join(ASKS)}.")
        return await grant(self, ear, payload_of(ask))

    def tell(self, ear: Ear, chat: Chat, news: News) -> None:
        """Tell the socket one thing, at once."""
        self.say(ear, *wire.shape_news(chat, news))

    async def tell_all(self, ear: Ear, found: CatchUp) -> None:
        """Tell the socket what it missed, as the news `opened`; with the last of it a token, if one can be had."""
        await self.room(ear)
        token = None if found.more else await self.token_if_any(ear)
        more = {} if token is None else {"token": token}
        self.say(ear, "opened", {**wire.shape_catch_up(found), **more})

    async def _open(self, ear: Ear, payload: object) -> wire.Shape:
        about = beside(wire.read_open(payload), ear)
        token = await self.reception.token(ear)
        chat = await self.from_visitor.open(ear.visitor, about)
        ear.begin(chat)
        return {"token": token, **await self._resumed(ear, wire.Position(chat.id))}

    def _say(self, ear: Ear, asks: Sequence[Ask], answered: Answered) -> None:
        """In one transaction; one that cannot be read keeps no other from being said."""
        read = [self._words(ear, ask) for ask in asks]
        words = [one for one in read if isinstance(one, Words)]
        if not words:
            answered([one for one in read if not isinstance(one, Words)])
            return
        # Those before may not have rung yet.
        ear.asks([one.ask for one in words], keep=2 * self.limits.asks_together)
        self.from_visitor.begin_to_say(ear.visitor, words, partial(self._said, ear, asks, read, answered))

    def _said(
        self, ear: Ear, asks: Sequence[Ask], read: Sequence[Words | wire.Shape], answered: Answered, outcome: Outcome
    ) -> None:
        error = outcome.error
        if error is None:
            said = iter(outcome.value)
            answered([_said(next(said)) if isinstance(one, Words) else one for one in read])
        elif not isinstance(error, Exception):
            answered([LATE] * len(asks))
        elif len(asks) == 1 or isinstance(error, StoreUnavailable):
            answered([self.refused(ear, asks[0], error)] * len(asks))
        else:
            self._one_by_one(ear, asks, answered)

    def _words(self, ear: Ear, ask: Ask) -> Words | wire.Shape:
        """The words, or why not. An error that is kept would keep its frames, and with them what was said."""
        try:
            return wire.read_say(payload_of(ask))
        except Exception as error:  # noqa: BLE001 — it is told, and logged if nobody foresaw it
            return self.refused(ear, ask, error)

    def _one_by_one(self, ear: Ear, asks: Sequence[Ask], answered: Answered, before: Sequence[wire.Shape] = ()) -> None:
        """One that is at fault must not take the others with it; what was said is known again."""
        if not asks:
            answered(before)
            return
        self._say(ear, asks[:1], lambda answers: self._one_by_one(ear, asks[1:], answered, [*before, *answers]))

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

_GRANTS: Mapping[str, Callable[[ChatNamespace, Ear, object], Awaitable[wire.Shape]]] = {
    "open": ChatNamespace._open,
    "end": ChatNamespace._end,
    "resume": ChatNamespace._resume,
    "forget": ChatNamespace._forget,
}
ASKS = (*_GRANTS, "say")


def _said(said: Message | AskRefused) -> wire.Shape:
    return refusal(said) if isinstance(said, AskRefused) else wire.granted(wire.shape_said(said))
