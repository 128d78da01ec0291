"""The composition root: opens, pings and closes every outside thing, and starts every task, in one visible list."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from middleware.back_end import back_end, webchat_door
from middleware.clock import SystemClock
from middleware.flex.rest import Transport
from middleware.relay.decide import Pace
from middleware.relay.deliver import Deliver
from middleware.relay.from_flex import FromFlex
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.ports import Bell, Clock, Flex, Store
from middleware.relay.sweep import Sweep
from middleware.relay.to_flex import ToFlex
from middleware.relay.to_visitor import ToVisitor
from middleware.settings import Settings
from middleware.store.sqlite import SqliteStore
from middleware.store.sqlite_units import CrashPoint
from middleware.web import webhooks
from middleware.web.bell import SocketBell
from middleware.web.chat_namespace import ChatNamespace
from middleware.web.guards import add_headers, errors_as_json
from middleware.web.pages import add_pages
from middleware.web.plain_namespace import PlainNamespace
from middleware.web.sockets import Server
from middleware.web.status import add_status
from middleware.web.tokens import Tokens
from middleware.web.webchat import add_webchat

STOP_SECONDS = 6.0
"""How long claimed deliveries and looks may take on stop; what is left is claimed anew at the next start."""

STORE_SECONDS = 3.0
"""How long a locked store is waited for: well inside the five seconds that Twilio waits for a webhook's answer."""
GRACE_SECONDS = 2.0
"""How long open requests may take to finish on stop."""


@dataclass(frozen=True, slots=True)
class Seams:
    """Where a test may stand between the heart and its ports: each gets the real one and gives what is used instead."""

    store: Callable[[Store], Store] = lambda store: store
    flex: Callable[[Flex], Flex] = lambda flex: flex
    bell: Callable[[Bell], Bell] = lambda bell: bell
    crash: CrashPoint | None = None


def static_files() -> Path:
    """Where the browser's files are: inside the installed package, or beside it in a checkout."""
    inside = Path(__file__).parent / "static"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "static"


@asynccontextmanager
async def open_app(settings: Settings, *, seams: Seams = Seams()) -> AsyncIterator[web.Application]:
    """The whole application, opened; closed in reverse order. Raises `StoreUnavailable` if the store does not open."""
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        transport = await opened.enter_async_context(Transport())
        database = await opened.enter_async_context(
            SqliteStore(settings.database_path, patience=STORE_SECONDS, crash=seams.crash)
        )
        store = seams.store(database)
        flex = seams.flex(back_end(settings, transport))
        pace = Pace(look_back=settings.look_back_seconds)
        bell = SocketBell(store)
        to_visitor = ToVisitor(seams.bell(bell))
        deliver = Deliver(store, flex=flex, to_visitor=to_visitor, clock=clock, pace=pace)
        to_flex = ToFlex(store, deliver=deliver, clock=clock, pace=pace)
        sweep = Sweep(store, flex=flex, to_visitor=to_visitor, clock=clock, pace=pace, wake=to_flex.wake)
        from_visitor = FromVisitor(store, to_visitor=to_visitor, wake=to_flex.wake, clock=clock)
        from_flex = FromFlex(store, to_visitor=to_visitor, wake=to_flex.wake, clock=clock)

        app = web.Application(middlewares=[errors_as_json], client_max_size=webhooks.MOST_BYTES)
        app.on_response_prepare.append(add_headers)
        webhooks.add_webhooks(app, read=flex.read_webhook, from_flex=from_flex)
        add_pages(app, static=static_files())
        door = webchat_door(settings, transport)
        if door is not None:
            add_webchat(app, door=door, origins=settings.origins, clock=clock)
        add_status(app, pings={"store": database.ping})
        server = _sockets(settings, from_visitor=from_visitor, bell=bell, clock=clock)
        server.attach(app)
        app.on_shutdown.append(lambda _: server.send_home())

        await to_flex.recover()
        await sweep.recover()
        opened.push_async_callback(bell.close)
        await opened.enter_async_context(_telling(bell))
        await opened.enter_async_context(_working(to_flex, sweep))
        yield app


@asynccontextmanager
async def serving(settings: Settings, listener: socket.socket, *, seams: Seams = Seams()) -> AsyncIterator[None]:
    """Serve the application on the bound socket while the block runs, then stop cleanly."""
    async with open_app(settings, seams=seams) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=GRACE_SECONDS)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield
        finally:
            await runner.cleanup()


def _sockets(settings: Settings, *, from_visitor: FromVisitor, bell: SocketBell, clock: Clock) -> Server:
    keys = [key.get_secret_value() for key in settings.token_keys]
    tokens = Tokens(keys, lifetime=settings.token_days * 86400)
    server = Server(origins=settings.origins)
    for kind, name in ((ChatNamespace, "/chat"), (PlainNamespace, "/")):
        server.register_namespace(kind(name, from_visitor=from_visitor, bell=bell, tokens=tokens, clock=clock))
    return server


class _Worker(Protocol):
    async def run(self) -> None: ...
    def stop(self) -> None: ...


@asynccontextmanager
async def _telling(bell: SocketBell) -> AsyncIterator[None]:
    task = asyncio.create_task(bell.run())
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
