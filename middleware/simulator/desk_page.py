"""Serves the desk's page: files that were built beforehand, under a policy that lets nothing else run."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def page_routes(files: Path | None) -> list[web.AbstractRouteDef]:
    """The page out of `files`; without them, or before they are built, a sentence that says so."""
    ways: list[web.AbstractRouteDef] = [web.get("/", to_desk), web.get("/desk", to_desk)]
    if files is None:
        absent = _absent(404, "This simulator was started without the desk's files; its API is under /desk/api/.")
    elif not (files / "index.html").is_file():
        absent = _absent(503, "The desk is not built yet: run `make build`, then start again.")
    else:
        return [*ways, web.get("/desk/", _page(files)), web.static("/desk/", files)]
    return [*ways, web.get("/desk/{tail:.*}", absent)]


async def guard_page(request: web.Request, response: web.StreamResponse) -> None:
    """Everything under /desk says what a browser may do with it."""
    if request.path.startswith("/desk"):
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)


async def to_desk(_: web.Request) -> web.Response:
    """Show the way to the page."""
    return web.Response(status=302, headers={"Location": "/desk/"})


def _page(files: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def send(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(files / "index.html")

    return send


def _absent(status: int, why: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.json_response({"error": why}, status=status)

    return refuse
