"""The host page and its files, the widget, and the Socket.IO client script."""

import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from middleware.web.guards import Handler

_CLIENTS: Mapping[str, str] = {
    "/socket.io/socket.io.js": "dist/socket.io.js",
    "/socket.io/socket.io.esm.js": "dist/socket.io.esm.js",
}

_KINDS: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".map": "application/json",
    ".svg": "image/svg+xml",
}
"""What is said of a file; what else a system would guess, a browser that must not guess (`nosniff`) would not run."""

_EVERYWHERE: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Modules of another origin are fetched with CORS; who may talk is another matter: `ALLOWED_ORIGINS`."""

_LOOK_AGAIN = "no-cache"
_FOREVER = "public, max-age=31536000, immutable"
_NAMED_BY_CONTENT = re.compile(r"-[A-Z0-9]{8}\.js(\.map)?$")


def add_pages(app: web.Application, *, static: Path) -> None:
    """Serve `static`: the page at `/`, its files under `/page/`, the widget, and the client where Socket.IO has it."""
    app.router.add_get("/", _file(static / "index.html"))
    for path in _kept(static / "page"):
        app.router.add_get(f"/page/{path.name}", _file(path))
    app.router.add_get("/widget.js", _file(static / "dist/widget.js", headers=_EVERYWHERE))
    for path in _rest(static / "dist"):
        app.router.add_get(f"/{path.relative_to(static / 'dist').as_posix()}", _file(path, headers=_EVERYWHERE))
    for address, name in _CLIENTS.items():
        app.router.add_get(address, _file(static / name))


def _rest(built: Path) -> list[Path]:
    """What the widget loads later; after a development build, the source maps too."""
    return [*built.glob("widget.js.map"), *_kept(built / "widget")]


def _kept(folder: Path) -> list[Path]:
    """The files in a folder that are anybody's business; named one by one, so that no name leads anywhere else."""
    return [path for path in sorted(folder.glob("*")) if path.suffix in _KINDS]


def _file(path: Path, *, headers: Mapping[str, str] | None = None) -> Handler:
    built = path.is_file()
    caching = _FOREVER if _NAMED_BY_CONTENT.search(path.name) else _LOOK_AGAIN
    about = {"Cache-Control": caching, "Content-Type": _KINDS[path.suffix]}

    async def send(request: web.Request) -> web.StreamResponse:
        del request
        if not built:
            raise web.HTTPServiceUnavailable(text=f"{path.name} is not built yet: run `make build`, then start again.")
        return web.FileResponse(path, headers={**about, **(headers or {})})

    return send
