"""The composition root: opens, pings and closes every outside thing, and starts every task, in one visible list."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from middleware.back_end import back_end, webchat_door
from middleware.clock import SystemClock
from middleware.engine import open_bell, open_store
from middleware.flex.rest import Transport
from middleware.relay.badges import Badges
from middleware.relay.decide import Pace
from middleware.relay.deliver import Deliver
from middleware.relay.from_flex import FromFlex
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.model import VisitorId
from middleware.relay.nodes import SharedStore
from middleware.relay.ports import Bell, Clock, Flex, Store
from middleware.relay.sweep import Sweep
from middleware.relay.to_flex import ToFlex, nobody
from middleware.relay.to_visitor import ToVisitor
from middleware.settings import Settings
from middleware.store.batches import CrashPoint
from middleware.watching import Watched, watch_over
from middleware.web import webhooks
from middleware.web.bell import SocketBell
from middleware.web.chat_namespace import ChatNamespace
from middleware.web.connections import Runner
from middleware.web.door import Door, Origins
from middleware.web.guards import add_headers, errors_as_json
from middleware.web.identity import Identities
from middleware.web.limits import Limits
from middleware.web.metrics import add_metrics
from middleware.web.pages import add_pages
from middleware.web.plain_namespace import PlainNamespace
from middleware.web.reception import Reception
from middleware.web.server import Server
from middleware.web.status import Readiness, Word, add_status, outbox
from middleware.web.tokens import Tokens
from middleware.web.watch import Watch
from middleware.web.webchat import add_webchat

WAITING = 2000
"""Claimed deliveries that may wait for a hand, where there is no other node that could have one free."""
STOP_SECONDS = 6.0
"""How long claimed deliveries and looks may take on stop; what is left is claimed anew at the next start."""
GRACE_SECONDS = 2.0
"""How long open requests may take to finish on stop."""

READINESS = web.AppKey("readiness", Readiness)
"""Where the application holds whether it takes visitors."""
SERVER = web.AppKey("server", Server)
"""Where the application holds its Socket.IO server."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Where a test may stand between the heart and its ports: each gets the real one and gives what is used instead."""

    store: Callable[[Store], Store] = lambda store: store
    flex: Callable[[Flex], Flex] = lambda flex: flex
    bell: Callable[[Bell], Bell] = lambda bell: bell
    limits: Callable[[Limits], Limits] = lambda limits: limits
    clock: Callable[[Clock], Clock] = lambda clock: clock
    crash: CrashPoint | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What other nodes do, brought to this one's sockets and to its worker."""

    bell: SocketBell
    to_flex: ToFlex

    def news(self, visitor: VisitorId) -> None:
        """Let the visitor's sockets look."""
        self.bell.look(visitor)

    def owed(self) -> None:
        """Let the worker look."""
        self.to_flex.wake()

    def missed(self) -> None:
        """Let everybody look."""
        self.bell.look_all()
        self.to_flex.wake()


def static_files() -> Path:
    """Where the browser's files are: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "static"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "static"


@asynccontextmanager
async def open_app(settings: Settings, *, seams: Seams = Seams()) -> AsyncIterator[web.Application]:
    """The whole application, opened; closed in reverse order. Raises `StoreUnavailable` if the store does not open."""
    async with AsyncExitStack() as opened:
        database = await opened.enter_async_context(open_store(settings, crash=seams.crash))
        shared = database if isinstance(database, SharedStore) else None
        clock = seams.clock(SystemClock() if shared is None else shared.clock)
        store = seams.store(database)
        watched = await opened.enter_async_context(watch_over(settings, clock=clock))
        meters = watched.meters
        transport = await opened.enter_async_context(Transport(heard=watched.called))
        flex = seams.flex(back_end(settings, transport))
        pace = Pace(look_back=settings.look_back_seconds, waiting=0 if shared else WAITING)
        bell = SocketBell(store, meters=meters)
        to_visitor = ToVisitor(seams.bell(bell), meters=meters)
        deliver = Deliver(store, flex=flex, to_visitor=to_visitor, clock=clock, pace=pace, meters=meters)
        others = nobody if shared is None else shared.call
        to_flex = ToFlex(store, deliver=watched.deliver(deliver), clock=clock, pace=pace, call=others)
        sweep = Sweep(store, flex=flex, to_visitor=to_visitor, clock=clock, pace=pace, hands=to_flex, meters=meters)
        from_visitor = FromVisitor(store, to_visitor=to_visitor, wake=to_flex.wake, clock=clock, hands=to_flex)
        from_flex = FromFlex(store, to_visitor=to_visitor, hands=to_flex, clock=clock)

        limits = seams.limits(_limits(settings))
        wall = _wall(settings, limits)
        app = web.Application(middlewares=[errors_as_json], client_max_size=webhooks.MOST_BYTES)
        app.on_response_prepare.append(add_headers(frame_origins=settings.frame_origins))
        webhooks.add_webhooks(app, read=flex.read_webhook, from_flex=from_flex, count=watched.webhook)
        add_pages(app, static=static_files())
        door = webchat_door(settings, transport)
        if door is not None:
            add_webchat(app, door=door, wall=wall, clock=clock)
        words: dict[str, Word] = {"flex": watched.last_word, "outbox": outbox(store, clock=clock)}
        words |= await _ring_by_redis(settings, opened, shared)
        app[READINESS] = Readiness()
        add_status(app, pings={"store": database.ping}, words=words, readiness=app[READINESS])
        badges = Badges(store, clock=clock, lifetime=settings.token_days * 86400)
        watch = Watch(bell, badges=badges, clock=clock)
        reception = _reception(settings, badges=badges, clock=clock)
        server = Server(door=wall, transports=settings.transports)
        for kind, name in ((ChatNamespace, "/chat"), (PlainNamespace, "/")):
            server.register_namespace(
                kind(name, from_visitor=from_visitor, bell=bell, reception=reception, watch=watch, limits=limits)
            )
        server.attach(app)
        app[SERVER] = server
        await opened.enter_async_context(_measuring(app, watched, store=store, clock=clock))
        app.on_shutdown.append(lambda _: server.send_home())

        if shared is not None:
            shared.tell(Neighbours(bell, to_flex))
        await to_flex.recover()
        await sweep.recover()
        opened.push_async_callback(bell.close)
        await opened.enter_async_context(_running(watch))
        await opened.enter_async_context(_working(to_flex, sweep))
        yield app


@asynccontextmanager
async def serving(
    settings: Settings, listener: socket.socket, *, seams: Seams = Seams()
) -> AsyncIterator[web.Application]:
    """Serve the application on the bound socket while the block runs, then stop cleanly."""
    async with open_app(settings, seams=seams) as app:
        runner = Runner(app, shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield app
        finally:
            await _drain(app, seconds=settings.drain_seconds)
            await runner.cleanup()


async def _drain(app: web.Application, *, seconds: float) -> None:
    """First balancers learn that the node is going; then its pages are sent, one after the other, to other nodes."""
    if seconds:
        app[READINESS].going = True
        await asyncio.sleep(seconds / 2)
        await app[SERVER].move(within=seconds / 2)


async def _ring_by_redis(settings: Settings, opened: AsyncExitStack, shared: SharedStore | None) -> Mapping[str, Word]:
    """Its word, if there is one. All nodes of a public address have one channel."""
    if settings.redis_url is None or shared is None:
        return {}
    url = settings.redis_url.get_secret_value()
    bell = await opened.enter_async_context(open_bell(url, channel=f"flex-middleware {settings.public_url}"))
    shared.ring_by(bell)
    return {"redis": bell.word}


@asynccontextmanager
async def _measuring(app: web.Application, watched: Watched, *, store: Store, clock: Clock) -> AsyncIterator[None]:
    """Serve the figures, if anybody may read them, while the block runs."""
    if watched.metrics is None:
        yield
        return
    server = app[SERVER]
    add_metrics(app, watched.metrics, store=store, clock=clock, sockets=lambda: len(server.eio.lines))
    async with _running(watched.metrics):
        yield


def _limits(settings: Settings) -> Limits:
    return Limits(
        most_sockets=settings.most_sockets,
        sockets_per_address=settings.sockets_per_address,
        frames_per_second=settings.frames_per_second,
        frames_at_once=round(settings.frames_per_second * 10),
    )


def _reception(settings: Settings, *, badges: Badges, clock: Clock) -> Reception:
    token_keys = [key.get_secret_value() for key in settings.token_keys]
    identity_keys = [key.get_secret_value() for key in settings.identity_keys]
    tokens = Tokens(token_keys, lifetime=settings.token_days * 86400)
    identities = Identities(identity_keys, settings.identity_algorithm, audience=settings.public_url)
    return Reception(badges, tokens=tokens, identities=identities, clock=clock)


def _wall(settings: Settings, limits: Limits) -> Door:
    origins = Origins(settings.origins, required=settings.require_origin)
    return Door(origins=origins, limits=limits, trusted_proxies=settings.trusted_proxies, now=time.monotonic)


class _Worker(Protocol):
    async def run(self) -> None: ...
    def stop(self) -> None: ...


class _Endless(Protocol):
    async def run(self) -> None: ...


@asynccontextmanager
async def _running(endless: _Endless) -> AsyncIterator[None]:
    """Run it while the block runs."""
    task = asyncio.create_task(endless.run())
    try:
        yield
    finally:
        await _cancelled(task)


@asynccontextmanager
async def _working(*workers: _Worker) -> AsyncIterator[None]:
    """Run the workers while the block runs; then let all of them finish what they have begun, within one deadline."""
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        yield
    finally:
        for worker in workers:
            worker.stop()
        await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            await _cancelled(task)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
