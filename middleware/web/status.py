"""How the node is: `/live` and `/ready`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from aiohttp import web

Ping: TypeAlias = Callable[[], Awaitable[None]]


def add_status(app: web.Application, *, pings: Mapping[str, Ping]) -> None:
    """`/live`: the process answers. `/ready`: every outside thing answers too, or 503 says which does not."""

    async def live(request: web.Request) -> web.Response:
        del request
        return web.json_response({"live": True})

    async def ready(request: web.Request) -> web.Response:
        del request
        checks = {name: await _said(ping) for name, ping in pings.items()}
        well = all(said == "ok" for said in checks.values())
        return web.json_response({"ready": well, **checks}, status=200 if well else 503)

    app.router.add_get("/live", live)
    app.router.add_get("/ready", ready)


async def _said(ping: Ping) -> str:
    try:
        await ping()
    except Exception as error:  # noqa: BLE001 — whatever is wrong is the answer
        return f"{type(error).__name__}: {error}"
    return "ok"
