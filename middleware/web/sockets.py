"""Socket.IO: the server, and what its namespaces have in common. docs/protocol.md describes the protocol."""

import asyncio
import logging
from abc import abstractmethod
from collections.abc import Sequence
from weakref import WeakSet

import socketio
from aiohttp import WSCloseCode, web
from engineio.payload import Payload
from socketio.exceptions import ConnectionRefusedError as Unwelcome

from middleware.relay.errors import AskRefused, BadAsk, StoreUnavailable
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.model import Chat, News, VisitorId, new_id
from middleware.relay.ports import Clock
from middleware.relay.to_visitor import CatchUp
from middleware.web import wire
from middleware.web.bell import Ear, SocketBell
from middleware.web.tokens import Tokens

log = logging.getLogger(__name__)

MOST_FRAME_BYTES = 2_000_000
"""A frame above this ends its socket; a text above `wire.MOST_BYTES` but below this is refused with words."""

MOST_PACKETS = 1000
"""In one polling request, which is bounded by MOST_FRAME_BYTES too."""
GOODBYE_SECONDS = 1.0
"""How long a socket may take to read that it is closed."""

_RESERVED = frozenset({"connect", "disconnect", "connect_error"})


class UnknownAsk(AskRefused):
    """There is no ask of this name."""

    code = "unknown_ask"


class Server(socketio.AsyncServer):  # type: ignore[misc]  # the package has no types
    """A Socket.IO server that handles one socket's events in their order and keeps its own event names to itself."""

    def __init__(self, *, origins: Sequence[str]) -> None:
        super().__init__(
            async_mode="aiohttp",
            async_handlers=False,
            cors_allowed_origins=list(origins),
            max_http_buffer_size=MOST_FRAME_BYTES,
            logger=logging.getLogger("middleware.socketio"),
            engineio_logger=logging.getLogger("middleware.engineio"),
        )
        # A page that was offline sends all it has in one polling request; the library drops more than 16 in silence.
        Payload.max_decode_packets = MOST_PACKETS
        self._websockets: WeakSet[web.WebSocketResponse] = WeakSet()

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: object) -> None:
        """A client that sends `connect` as an event would otherwise call our handler with an identity of its choice."""
        named = isinstance(data, list) and bool(data) and isinstance(data[0], str)
        if named and data[0] not in _RESERVED:  # type: ignore[index]  # it is a list
            await super()._handle_event(eio_sid, namespace, id, data)

    def attach(self, app: web.Application) -> None:
        """Serve the sockets with the application, and remember each websocket, for the goodbye."""
        super().attach(app)
        app.on_response_prepare.append(self._remember)

    async def send_home(self) -> None:
        """Close every socket; their pages come back by themselves. A socket that no longer reads is not waited for."""
        going = [asyncio.create_task(ws.close(code=WSCloseCode.GOING_AWAY)) for ws in list(self._websockets)]
        going += [asyncio.create_task(self.eio.disconnect(sid)) for sid in list(self.eio.sockets)]
        if going:
            _, stuck = await asyncio.wait(going, timeout=GOODBYE_SECONDS)
            for task in stuck:
                task.cancel()
        await self.shutdown()

    async def _remember(self, request: web.Request, response: web.StreamResponse) -> None:
        del request
        if isinstance(response, web.WebSocketResponse):
            self._websockets.add(response)


class Namespace(socketio.AsyncNamespace):  # type: ignore[misc]  # the package has no types
    """A namespace whose sockets each belong to one visitor and get an answer to every ask."""

    def __init__(self, name: str, *, from_visitor: FromVisitor, bell: SocketBell, tokens: Tokens, clock: Clock) -> None:
        super().__init__(name)
        self.from_visitor = from_visitor
        self.bell = bell
        self._tokens = tokens
        self._clock = clock
        self._ears: dict[str, Ear] = {}

    async def trigger_event(self, event: str, *args: object) -> wire.Shape | None:
        """The server's way in, for connections and asks alike."""
        sid = str(args[0])
        if event == "connect":
            self._connect(sid, args[2] if len(args) > 2 else None)
        elif event == "disconnect":
            self._disconnect(sid)
        else:
            return await self.answer(event, self._ears[sid], args[1:])
        return None

    async def answer(self, name: str, ear: Ear, payload: tuple[object, ...]) -> wire.Shape:
        """The answer to an ask, whatever becomes of it."""
        try:
            if len(payload) > 1:
                raise BadAsk(f"{name}: one payload is expected, {len(payload)} came")
            answer = await self.ask(name, ear, payload[0] if payload else None)
        except AskRefused as error:
            return wire.refused(error.code, str(error))
        except StoreUnavailable:
            return wire.refused("unavailable", "Nothing was stored: ask again a little later.")
        except Exception:
            log.exception("An ask failed in an unforeseen way.", extra={"ask": name})
            return wire.refused("internal", "This is a fault of the server: ask again.")
        return {"ok": True, **answer}

    @abstractmethod
    async def ask(self, name: str, ear: Ear, payload: object) -> wire.Shape:
        """Grant an ask, or raise `AskRefused`."""

    @abstractmethod
    async def tell(self, sid: str, chat: Chat, news: News) -> None:
        """Tell the socket one thing."""

    @abstractmethod
    async def tell_all(self, sid: str, found: CatchUp) -> None:
        """Tell the socket what it missed."""

    def token(self, visitor: VisitorId) -> str:
        """A fresh token for this visitor."""
        return self._tokens.issue(visitor, now=self._clock.now())

    def _connect(self, sid: str, auth: object) -> None:
        try:
            greeting = wire.read_greeting(auth)
            known = None if greeting.token is None else self._tokens.read(greeting.token, now=self._clock.now())
        except AskRefused as error:
            raise Unwelcome(str(error), {"code": error.code}) from error
        position = greeting.position
        ear = Ear(sid, known or VisitorId(new_id()), voice=self, chat=position.chat, told=position.after)
        self._ears[sid] = ear
        self.bell.listen(ear)
        if known is not None:
            self.bell.catch_up(ear)

    def _disconnect(self, sid: str) -> None:
        ear = self._ears.pop(sid, None)
        if ear is not None:
            self.bell.forget(ear)
