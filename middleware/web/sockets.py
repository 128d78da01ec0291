"""What the namespaces have in common. docs/protocol.md describes the protocol."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Any

import socketio
from socketio.exceptions import ConnectionRefusedError as Unwelcome

from middleware.relay.errors import AskRefused, BadAsk, BadToken, StoreUnavailable
from middleware.relay.from_visitor import About, FromVisitor
from middleware.relay.model import Chat, News, VisitorId, new_id
from middleware.relay.subject import about
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear, SocketBell
from middleware.web.limits import Limits
from middleware.web.reception import Reception
from middleware.web.watch import Watch

log = logging.getLogger(__name__)

_FAULT = "This is a fault of the server: ask again."


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
        self._limits = limits
        self._ears: dict[str, Ear] = {}
        self._asking: set[asyncio.Task[wire.Shape]] = set()

    async def trigger_event(self, event: str, *args: object) -> None:
        """The library's way in, for connections; asks come by `asked`."""
        sid = str(args[0])
        if event == "connect":
            await self._connect(sid, args[2] if len(args) > 2 else None)
        elif event == "disconnect":
            self._disconnect(sid)

    def asked(self, name: str, sid: str, payload: Sequence[object]) -> Awaitable[wire.Shape]:
        """The answer to an ask of this socket."""
        return self.answer(name, self._ears[sid], payload)

    async def answer(self, name: str, ear: Ear, payload: Sequence[object]) -> wire.Shape:
        """The answer to an ask, whatever becomes of it, and in time.

        One that is overdue goes on alone. Until it has ended, the socket's next ones are put off, so that none
        overtakes it and they do not pile up.
        """
        if ear.overdue is not None and not ear.overdue.done():
            return wire.refused("unavailable", "An earlier ask is still under way: ask again a little later.")
        with about(chat=ear.chat):
            asking = asyncio.create_task(self._answer(name, ear, payload))
        self._asking.add(asking)
        asking.add_done_callback(self._asking.discard)
        if await _done(asking, within=self._limits.ask_seconds):
            return asking.result()
        ear.overdue = asking
        with about(chat=ear.chat):
            log.warning("An ask is overdue.", extra={"ask": name})
        return wire.refused("unavailable", "It is not known yet whether this was stored: ask again a little later.")

    async def _answer(self, name: str, ear: Ear, payload: Sequence[object]) -> wire.Shape:
        try:
            if len(payload) > 1:
                raise BadAsk(f"{name}: one payload is expected, {len(payload)} came")
            answer = await self.ask(name, ear, payload[0] if payload else None)
        except AskRefused as error:
            return wire.refused(error.code, str(error))
        except StoreUnavailable:
            return wire.refused("unavailable", "Nothing was stored: ask again a little later.")
        except Exception:
            fault = new_id()
            log.exception("An ask failed in an unforeseen way.", extra={"ask": name, "request": fault})
            return wire.refused("internal", _FAULT, request=fault)
        return {"ok": True, **answer}

    @abstractmethod
    async def ask(self, name: str, ear: Ear, payload: object) -> wire.Shape:
        """Grant an ask, or raise `AskRefused`."""

    @abstractmethod
    def tell(self, sid: str, chat: Chat, news: News) -> None:
        """Tell the socket one thing, at once."""

    @abstractmethod
    async def tell_all(self, sid: str, found: CatchUp) -> None:
        """Tell the socket what it missed."""

    def say(self, sid: str, event: str, *data: object) -> None:
        """Tell the socket an event, at once."""
        self.server.tell(sid, self.namespace, event, *data)

    async def room(self, sid: str) -> None:
        """Wait until the socket has taken most of what it was told: before telling it much."""
        await self.server.room(sid, self.namespace)

    async def send_away(self, sid: str) -> None:
        """The visitor has too many sockets: this one is no longer wanted."""
        await self.disconnect(sid)

    async def token_if_any(self, sid: str) -> str | None:
        """The token for news: where there is none to give, the news are worth telling without."""
        ear = self._ears.get(sid)
        if ear is None:
            return None
        try:
            return await self.reception.token(ear)
        except (BadToken, StoreUnavailable):
            return None

    async def hang_up(self, sid: str) -> None:
        """End the socket's whole connection: a client comes back after that, but not after a mere goodbye."""
        line = self.server.manager.eio_sid_from_sid(sid, self.namespace)
        if line is not None:
            await self.server.eio.disconnect(line)

    async def forget(self, ear: Ear) -> None:
        """The visitor's tokens in this browser are good no more; this socket is a new visitor's, the others are cut."""
        await self.reception.forget(ear)
        self.bell.forget(ear)
        self._listen(Ear(ear.sid, VisitorId(new_id()), voice=self))
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
        ear = Ear(sid, guest.visitor, voice=self, chat=position.chat, told=position.after)
        ear.badge, ear.good_until = guest.badge, guest.good_until
        for old in self.bell.ears_of(ear.visitor)[: -(self._limits.sockets_per_visitor - 1) or None]:
            await old.voice.send_away(old.sid)
        self._listen(ear)
        if guest.badge is not None:
            self.bell.catch_up(ear)

    def _listen(self, ear: Ear) -> None:
        self._ears[ear.sid] = ear
        self.bell.listen(ear)

    def _disconnect(self, sid: str) -> None:
        ear = self._ears.pop(sid, None)
        if ear is not None:
            self.bell.forget(ear)


async def _done(task: "asyncio.Task[Any]", *, within: float) -> bool:
    """Wait for the task, so many seconds at most; whether it is done. As `asyncio.wait`, which costs three times it."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def end(_task: object = None) -> None:
        if not over.done():
            over.set_result(None)

    alarm = loop.call_later(within, end)
    task.add_done_callback(end)
    try:
        await over
    finally:
        alarm.cancel()
        task.remove_done_callback(end)
    return task.done()


def beside(about: About, ear: Ear) -> About:
    """What the page tells, beside what was proved of the socket's visitor; a proved name stands for a typed one."""
    verified = {} if ear.badge is None else ear.badge.verified
    return replace(about, name=verified.get("name", about.name), verified=verified)


def _unwelcome(code: str, message: str) -> Unwelcome:
    return Unwelcome(message, {"code": code, "message": message})
