"""What every HTTP request passes: a size limit, errors as JSON, and security headers."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from aiohttp import web

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
        " base-uri 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-cache",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """An error says in JSON what is wrong; what was not foreseen is logged and told as 500."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return web.json_response({"error": error.text or error.reason}, status=error.status)
    except Exception:
        log.exception("A request failed in an unforeseen way.", extra={"method": request.method, "path": request.path})
        return web.json_response({"error": "This is a fault of the server."}, status=500)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on everything; no banner."""
    del request
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "flex-middleware"
