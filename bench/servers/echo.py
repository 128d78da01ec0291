"""Bare python-socketio on aiohttp that echoes: `echo.py default | tuned`. Listens on $PORT."""

import asyncio
import gc
import json
import os
import sys

import orjson
import socketio
import uvloop
from aiohttp import web


class Json:
    """orjson, as python-socketio asks for it."""

    dumps = staticmethod(lambda value, **_: orjson.dumps(value).decode())
    loads = staticmethod(lambda text, **_: orjson.loads(text))
    JSONDecodeError = json.JSONDecodeError


def application(*, tuned: bool) -> web.Application:
    """The server that a reader of python-socketio's documentation would write."""
    more = {"json": Json} if tuned else {}
    server = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*", **more)

    @server.on("m")  # type: ignore[untyped-decorator]
    async def echo(sid: str, payload: object) -> None:
        await server.emit("m", payload, to=sid)

    app = web.Application()
    server.attach(app)
    return app


async def main(*, tuned: bool) -> None:
    """Serve until killed."""
    runner = web.AppRunner(application(tuned=tuned), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"]), backlog=4096).start()
    if tuned:
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 1000)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "tuned":
        uvloop.run(main(tuned=True))
    else:
        asyncio.run(main(tuned=False))
