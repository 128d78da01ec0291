"""The Socket.IO server: reads every packet itself, and hands the library only what is in order.

All that leans on python-socketio's insides is in this file, as engine.py is for python-engineio; the same test pins it.
"""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

import socketio
from aiohttp import web

from middleware.web import wire
from middleware.web.door import Door
from middleware.web.engine import Engine
from middleware.web.frames import (
    RESERVED,
    Ack,
    BadFrame,
    Connect,
    Disconnect,
    Event,
    answer_frame,
    read_packet,
)
from middleware.web.lane import Ask
from middleware.web.line import Line
from middleware.web.rates import Now

log = logging.getLogger(__name__)

TRANSPORTS = ("websocket", "polling")
"""The ways that pages may come."""


class Manager(socketio.AsyncManager):  # type: ignore[misc]  # the package has no types
    """Knows who is connected, and keeps no rooms.

    The library gives every socket a room of its own, and looks through all of them for each that leaves.
    """

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        """Note that the socket is connected: the library's room of all is called None."""
        if room is None:
            super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)


class Server(socketio.AsyncServer):  # type: ignore[misc]  # the package has no types
    """A Socket.IO server that handles one line's packets in their order, and keeps its own event names to itself.

    What cannot be begun yet, nor wait in the line's lane, keeps its line from being read: order is kept, nothing piles
    up, and the pong waits for `ask_seconds` at most.
    """

    eio: Engine

    def __init__(self, *, door: Door, transports: Sequence[str] = TRANSPORTS) -> None:
        quiet = _quiet(now=door.now)
        super().__init__(
            client_manager=Manager(),
            async_handlers=False,
            logger=quiet,
            engineio_logger=quiet,
            transports=[*transports],
            door=door,
        )
        self.eio.begin_ask = self._begin_ask

    def attach(self, app: web.Application) -> None:
        """Serve the sockets with the application."""
        super().attach(app)

    async def emit(self, event: str, data: object = None, **to: Any) -> None:
        """Refused: it speaks to rooms, of which there are none, and may wait for an answer that a page never gives."""
        raise NotImplementedError("There are no rooms: a namespace's `say` tells one socket.")

    def line_of(self, sid: str, namespace: str) -> Line | None:
        """The line of a socket, unless that has ended."""
        return self.eio.lines.get(self.manager.eio_sid_from_sid(sid, namespace) or "")

    async def disconnect(self, sid: str, namespace: str | None = None, ignore_queue: bool = False) -> None:
        """Tell a socket that it is no longer wanted in the namespace."""
        eio_sid = self.manager.eio_sid_from_sid(sid, namespace or "/")
        await super().disconnect(sid, namespace=namespace, ignore_queue=ignore_queue)
        self._mind(eio_sid)

    async def move(self, *, within: float) -> None:
        """Take no socket any more, and close those that there are, one after the other within so many seconds."""
        await self.eio.move(within=within)

    async def send_home(self) -> None:
        """Close every socket, and stop."""
        await self.eio.send_home()
        await self.shutdown()

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        """Of the handshake's environment nothing is needed later, and it would be kept as long as the socket."""
        self.eio.begin(eio_sid, environ)
        await super()._handle_eio_connect(eio_sid, {})

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self.eio.over(eio_sid)
        await super()._handle_eio_disconnect(eio_sid, reason)

    async def _handle_eio_message(self, eio_sid: str, data: object) -> None:
        line = self.eio.lines.get(eio_sid)
        if line is None:
            return
        try:
            text = _text(data)
            packet = read_packet(text)
        except BadFrame as bad:
            await self.eio.refuse(line, f"a bad packet: {bad}")
            return
        if isinstance(packet, Event):
            await self._ask(line, packet, size=len(text))
        elif not isinstance(packet, Ack) and await self._rests(line):  # Acks are for what we never ask.
            await self._join_or_leave(line, packet)
            self._mind(line.sid)

    def _begin_ask(self, line: Line, text: str) -> bool:
        """Begin an ask, if it can be begun now: then no task need be woken for it."""
        try:
            packet = read_packet(text)
        except BadFrame:
            return False
        if not isinstance(packet, Event) or packet.name in RESERVED:
            return False
        if line.joined is None or line.joined[0] != packet.namespace:
            return False
        sid = line.joined[1]
        namespace = self.namespace_handlers[packet.namespace]
        begins: bool = namespace.begins(line, sid, self._ask_of(line, packet, sid=sid, size=len(text)))
        return begins

    async def _join_or_leave(self, line: Line, packet: Connect | Disconnect) -> None:
        if isinstance(packet, Connect):
            await self._handle_connect(line.sid, packet.namespace, packet.auth)
        if isinstance(packet, Disconnect) or line.ended:  # It may have ended while it was looked at who comes.
            await self._handle_disconnect(line.sid, packet.namespace, self.reason.CLIENT_DISCONNECT)

    async def _ask(self, line: Line, event: Event, *, size: int) -> None:
        """A client that sends `connect` as an event would otherwise call our handler with an identity of its choice."""
        if event.name in RESERVED:
            if event.id is not None:
                _answer(line, event.namespace, event.id, wire.refused("unknown_ask", "This name is Socket.IO's own."))
        elif (sid := self._inside(line, event.namespace)) is not None:
            ask = self._ask_of(line, event, sid=sid, size=size)
            await self.namespace_handlers[event.namespace].asked(line, sid, ask)

    def _ask_of(self, line: Line, event: Event, *, sid: str, size: int) -> Ask:
        tell = _nobody if event.id is None else partial(_answer, line, event.namespace, event.id)
        tell = self.namespace_handlers[event.namespace].teller(sid, tell)
        due = line.due(within=self.eio.limits.ask_seconds)
        return Ask(event.name, event.payloads, size, due, tell)

    def _inside(self, line: Line, namespace: str) -> str | None:
        """The line's socket in the namespace, if it is in."""
        sid: str | None = self.manager.sid_from_eio_sid(line.sid, namespace)
        return sid if sid is not None and self.manager.is_connected(sid, namespace) else None

    async def _rests(self, line: Line) -> bool:
        """Wait until its asks are answered, done or not; False if the line has ended meanwhile."""
        if line.lane is not None:
            await line.lane.room(None, until=line.due(within=self.eio.limits.ask_seconds))
        return not line.ended

    def _mind(self, eio_sid: str | None) -> None:
        """A line that is in no namespace has so long to join one."""
        line = self.eio.lines.get(eio_sid or "")
        if line is None:
            return
        sids = [(name, self.manager.sid_from_eio_sid(line.sid, name)) for name in self.namespace_handlers]
        joined = [(name, sid) for name, sid in sids if sid is not None]
        line.joined = joined[0] if len(joined) == 1 else None
        if joined:
            line.found()
        else:
            self.eio.expect_namespace(line)


def _answer(line: Line, namespace: str, number: int, answer: wire.Shape) -> None:
    line.tell(answer_frame(namespace, number, [answer]))


def _nobody(_answer: wire.Shape) -> None:
    """No answer was asked for."""


def _text(data: object) -> str:
    if not isinstance(data, str):
        raise BadFrame("binary")
    return data


def _quiet(*, now: Now) -> logging.Logger:
    """The libraries' logger: their faults, one a second; all else they say holds socket ids and what visitors say."""
    logger = logging.Logger("middleware.socketio", level=logging.ERROR)
    logger.parent = log
    said = -1e9

    def sparing(record: logging.LogRecord) -> bool:
        nonlocal said
        del record
        silent = now() - said < 1.0
        said = said if silent else now()
        return not silent

    logger.addFilter(sparing)
    return logger
