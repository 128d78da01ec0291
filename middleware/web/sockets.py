"""What the namespaces have in common. docs/protocol.md describes the protocol."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import socketio
from socketio.exceptions import ConnectionRefusedError as Unwelcome

from middleware.relay.errors import AskRefused, BadAsk, BadToken, StoreUnavailable
from middleware.relay.from_visitor import About, FromVisitor
from middleware.relay.model import Chat, News, VisitorId, new_id
from middleware.relay.subject import context_about
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear, SocketBell
from middleware.web.frames import event_frame
from middleware.web.lane import LATE, PUT_OFF, Answered, Ask, Lane
from middleware.web.limits import Limits
from middleware.web.line import Line
from middleware.web.reception import Reception
from middleware.web.watch import Watch

log = logging.getLogger(__name__)

_FAULT = "This is a fault of the server: ask again."


Teller: TypeAlias = Callable[[wire.Shape], None]


class UnknownAsk(AskRefused):
    """There is no ask of this name."""

    code = "unknown_ask"


class Namespace(socketio.AsyncNamespace):  # type: ignore[misc]  # the package has no types
    """A namespace whose sockets each belong to one visitor and get an answer to every ask."""

    tells_changes = True

    def __init__(
        self,
        name: str,
        *,
        from_visitor: FromVisitor,
        bell: SocketBell,
        reception: Reception,
        watch: Watch,
        limits: Limits,
    ) -> None:
        super().__init__(name)
        self.from_visitor = from_visitor
        self.bell = bell
        self.reception = reception
        self._watch = watch
        self.limits = limits
        self._ears: dict[str, Ear] = {}
        self._working: set[asyncio.Task[None]] = set()

    async def trigger_event(self, event: str, *args: object) -> None:
        """The library's way in, for connections; asks come by `asked`."""
        sid = str(args[0])
        if event == "connect":
            await self._connect(sid, args[2] if len(args) > 2 else None)
        elif event == "disconnect":
            self._disconnect(sid)

    def teller(self, sid: str, tell: Teller) -> Teller:
        """How the socket is told the answer to an ask."""
        del sid
        return tell

    async def asked(self, line: Line, sid: str, ask: Ask) -> None:
        """Begin an ask of this socket, in its turn among the asks of its line."""
        if self.begins(line, sid, ask):
            return
        lane = line.in_order(self.limits.asks_together)
        if not await lane.room(ask.common, until=ask.due) or not self._begin(lane, sid, ask):
            ask.tell(PUT_OFF)

    def begins(self, line: Line, sid: str, ask: Ask) -> bool:
        """Begin an ask of this socket, or let it wait to go together with the next; False if it must wait for that."""
        ask.common = sid if self.may_join(ask) else None
        lane = line.in_order(self.limits.asks_together)
        return lane.takes(ask.common) and self._begin(lane, sid, ask)

    def ear_of(self, sid: str) -> Ear | None:
        """The socket, if it is there."""
        return self._ears.get(sid)

    def _begin(self, lane: Lane, sid: str, ask: Ask) -> bool:
        """False if the socket has gone meanwhile."""
        ear = self._ears.get(sid)
        if ear is not None:
            lane.begin(ask, partial(self.work, ear), chat=ear.chat)
        return ear is not None

    def work(self, ear: Ear, asks: Sequence[Ask], answered: Answered) -> None:
        """Do what an ask asks for, in a task of its own, and tell its answer."""
        (ask,) = asks
        doing = self._answer(ear, ask, answered)
        task = asyncio.get_running_loop().create_task(doing, context=context_about(chat=ear.chat))
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _answer(self, ear: Ear, ask: Ask, answered: Answered) -> None:
        """Also when it is cancelled; and before the news of what it did are told."""
        answer = LATE
        try:
            answer = wire.granted(await self.ask(ear, ask))
        except Exception as error:  # noqa: BLE001 — it is logged, and told
            answer = self.refused(ear, ask, error)
        finally:
            answered([answer])

    def refused(self, ear: Ear, ask: Ask, error: Exception) -> wire.Shape:
        """The answer to an ask that has failed."""
        if isinstance(error, AskRefused):
            return refusal(error)
        if isinstance(error, StoreUnavailable):
            return wire.refused("unavailable", "Nothing was stored: ask again a little later.")
        fault = new_id()
        facts = {"ask": ask.name, "request": fault, "chat": ear.chat}
        log.error("An ask failed in an unforeseen way.", exc_info=error, extra=facts)
        return wire.refused("internal", _FAULT, request=fault)

    def may_join(self, ask: Ask) -> bool:
        """Whether the ask may go together with others of its socket."""
        del ask
        return False

    @abstractmethod
    async def ask(self, ear: Ear, ask: Ask) -> wire.Shape:
        """What the ask is granted. Raises `AskRefused` if it is not."""

    @abstractmethod
    def tell(self, ear: Ear, chat: Chat, news: News) -> None:
        """Tell the socket one thing, at once."""

    @abstractmethod
    async def tell_all(self, ear: Ear, found: CatchUp) -> None:
        """Tell the socket what it missed."""

    def say(self, ear: Ear, event: str, *data: object) -> None:
        """Tell the socket an event, at once: what `emit` would take two tasks for. One that is gone is told nothing."""
        if ear.line is not None:
            ear.line.tell(event_frame(self.namespace, [event, *data]))

    async def room(self, ear: Ear) -> None:
        """Wait until the socket has taken most of what it was told, or is gone: before telling it much."""
        if ear.line is not None:
            await ear.line.unread.room()

    async def send_away(self, ear: Ear) -> None:
        """The visitor has too many sockets: this one is no longer wanted."""
        await self.disconnect(ear.sid)

    async def token_if_any(self, ear: Ear) -> str | None:
        """The token for news: where there is none to give, the news are worth telling without."""
        if self.ear_of(ear.sid) is not ear:
            return None
        try:
            return await self.reception.token(ear)
        except (BadToken, StoreUnavailable):
            return None

    async def hang_up(self, ear: Ear) -> None:
        """End the socket's whole connection: a client comes back after that, but not after a mere goodbye."""
        if ear.line is not None:
            await self.server.eio.disconnect(ear.line.sid)

    async def forget(self, ear: Ear) -> None:
        """The visitor's tokens in this browser are good no more; this socket is a new visitor's, the others are cut."""
        await self.reception.forget(ear)
        line = ear.line
        self._let_go(ear)
        if self.ear_of(ear.sid) is ear:  # It may have gone meanwhile.
            self._listen(Ear(ear.sid, VisitorId(new_id()), self, line))
        self._watch.wake()

    async def _connect(self, sid: str, auth: object) -> None:
        try:
            greeting = wire.read_greeting(auth)
            guest = await self.reception.welcome(greeting)
        except AskRefused as error:
            self._watch.wake()
            raise _unwelcome(error.code, str(error)) from error
        except StoreUnavailable as error:
            raise _unwelcome("unavailable", "The server cannot look: connect again a little later.") from error
        position = greeting.position
        line = self.server.line_of(sid, self.namespace)
        ear = Ear(sid, guest.visitor, self, line, chat=position.chat, told=position.after)
        ear.badge, ear.good_until = guest.badge, guest.good_until
        for old in self.bell.ears_of(ear.visitor)[: -(self.limits.sockets_per_visitor - 1) or None]:
            await old.voice.send_away(old)
        self._listen(ear)
        if guest.badge is not None:
            self.bell.catch_up(ear)

    def _listen(self, ear: Ear) -> None:
        self._ears[ear.sid] = ear
        self.bell.listen(ear)

    def _disconnect(self, sid: str) -> None:
        ear = self._ears.pop(sid, None)
        if ear is not None:
            self._let_go(ear)

    def _let_go(self, ear: Ear) -> None:
        """What is still being read for it is told to nobody: its line may be another visitor's by then."""
        self.bell.forget(ear)
        ear.line = None


def payload_of(ask: Ask) -> object:
    """What came with the ask; None if nothing did. Raises `BadAsk`."""
    if len(ask.payload) > 1:
        raise BadAsk(f"{ask.name}: one payload is expected, {len(ask.payload)} came")
    return ask.payload[0] if ask.payload else None


def refusal(error: AskRefused) -> wire.Shape:
    """The answer to an ask that is not granted."""
    return wire.refused(error.code, str(error))


def beside(about: About, ear: Ear) -> About:
    """What the page tells, beside what was proved of the socket's visitor; a proved name stands for a typed one."""
    verified = {} if ear.badge is None else ear.badge.verified
    return replace(about, name=verified.get("name", about.name), verified=verified)


def _unwelcome(code: str, message: str) -> Unwelcome:
    return Unwelcome(message, {"code": code, "message": message})
