"""Puts the simulator together, and serves it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.api_addresses import address_routes
from middleware.simulator.api_chat_channels import channel_routes
from middleware.simulator.api_chat_messages import message_routes
from middleware.simulator.api_chat_service import service_routes
from middleware.simulator.api_configuration import configuration_routes
from middleware.simulator.api_conversation_service import conversation_service_routes
from middleware.simulator.api_conversations import conversation_routes
from middleware.simulator.api_flex import flex_routes
from middleware.simulator.api_interactions import interaction_routes
from middleware.simulator.api_taskrouter import taskrouter_routes
from middleware.simulator.api_utterances import utterance_routes
from middleware.simulator.api_webchats import webchat_routes
from middleware.simulator.chronicle import Chronicle
from middleware.simulator.courier import Courier, Pace
from middleware.simulator.desk import desk_routes, speak_plainly
from middleware.simulator.desk_mischief import mischief_routes
from middleware.simulator.desk_page import guard_page, page_routes
from middleware.simulator.keys import ACCOUNT, COURIER, LOG, MISCHIEF
from middleware.simulator.live import WATCHERS, Watchers
from middleware.simulator.mischief import Mischief, Plan
from middleware.simulator.seed import Seed
from middleware.simulator.studio import Studio
from middleware.simulator.wall import speak_twilio, write_down
from middleware.simulator.wirelog import WireLog


def build_simulator(
    seed: Seed,
    *,
    desk_files: Path | None = None,
    pace: Pace | None = None,
    mischief: Plan | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> web.Application:
    """A pretend Twilio for one account: all hosts' paths, the courier, the desk. Cleanup ends all it started.

    `clock` counts the seconds that limits on requests are measured in.
    """
    account, log = Account(seed, clock=clock), WireLog()
    app = web.Application(middlewares=[write_down, speak_twilio, speak_plainly])
    app[ACCOUNT], app[LOG] = account, log
    app[MISCHIEF] = trouble = Mischief(mischief or Plan())
    app[COURIER] = courier = Courier(account, log, pace=pace or Pace(), mischief=trouble)
    app[WATCHERS] = watchers = Watchers(account, log, trouble)
    account.on_event += [Chronicle(account).hear, courier.hear, Studio(account).hear]
    app.add_routes([*flex_routes(), *service_routes(), *channel_routes(), *message_routes(), *taskrouter_routes()])
    app.add_routes([*webchat_routes(), *conversation_routes(), *utterance_routes(), *conversation_service_routes()])
    app.add_routes([*configuration_routes(), *address_routes(), *interaction_routes()])
    app.add_routes([*mischief_routes(), *desk_routes(), *page_routes(desk_files)])

    async def run_courier(_: web.Application) -> AsyncIterator[None]:
        await courier.open()
        yield
        await courier.close()

    async def send_home(_: web.Application) -> None:
        await watchers.close()

    app.cleanup_ctx.append(run_courier)
    app.on_shutdown.append(send_home)
    app.on_response_prepare.append(guard_page)
    return app


@asynccontextmanager
async def serve_simulator(
    seed: Seed,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    desk_files: Path | None = None,
    pace: Pace | None = None,
    mischief: Plan | None = None,
) -> AsyncIterator[str]:
    """Serve a simulator while the block runs; gives its address. Port 0 takes a free one."""
    app = build_simulator(seed, desk_files=desk_files, pace=pace, mischief=mischief)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        bound = runner.addresses[0][1]
        yield f"http://{host}:{bound}"
    finally:
        await runner.cleanup()
