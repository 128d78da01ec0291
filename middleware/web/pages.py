"""The host page, its files, and the Socket.IO client script."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from middleware.web.guards import Handler

_CLIENTS: Mapping[str, str] = {
    "/socket.io/socket.io.js": "dist/socket.io.js",
    "/socket.io/socket.io.esm.js": "dist/socket.io.esm.js",
}


def add_pages(app: web.Application, *, static: Path) -> None:
    """Serve `static`: the page at `/`, its files under `/page/`, the client beside the sockets as Socket.IO does."""
    app.router.add_get("/", _file(static / "index.html"))
    app.router.add_static("/page/", static / "page")
    for path, name in _CLIENTS.items():
        app.router.add_get(path, _file(static / name))


def _file(path: Path) -> Handler:
    built = path.is_file()

    async def send(request: web.Request) -> web.StreamResponse:
        del request
        if not built:
            raise web.HTTPServiceUnavailable(text=f"{path.name} is not built yet: run `make build`, then start again.")
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    return send
