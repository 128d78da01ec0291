"""Shapes the answers of the REST API: things, lists in pages, and dates."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from aiohttp import web

from middleware.simulator.asks import queried

_Thing = TypeVar("_Thing")
Shape = dict[str, Any]


def created(shape: Shape) -> web.Response:
    """A thing that has just been made."""
    return web.json_response(shape, status=201)


def found(shape: Shape) -> web.Response:
    """A thing as it is now."""
    return web.json_response(shape)


def gone() -> web.Response:
    """The thing is no more."""
    return web.Response(status=204)


def listed(
    request: web.Request,
    key: str,
    things: Sequence[_Thing],
    *,
    shape: Callable[[_Thing], Shape],
    most: int = 1000,
) -> web.Response:
    """One page of a list, with the addresses of its neighbours. A page size above `most` becomes `most`."""
    ask = queried(request)
    size = min(ask.number("PageSize", least=1) or min(50, most), most)
    page = ask.number("Page") or 0
    here = things[page * size : (page + 1) * size]
    more = len(things) > (page + 1) * size
    meta = {
        "key": key,
        "page": page,
        "page_size": size,
        "first_page_url": _page(request, 0, size),
        "previous_page_url": _page(request, page - 1, size) if page else None,
        "url": _page(request, page, size),
        "next_page_url": _page(request, page + 1, size) if more else None,
    }
    return web.json_response({"meta": meta, key: [shape(thing) for thing in here]})


def rest_date(moment: datetime | None) -> str | None:
    """A time as the REST API writes it, in whole seconds: 2016-03-24T20:37:57Z."""
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def origin(request: web.Request) -> str:
    """Where the client found this server: the beginning of every address it is given."""
    return f"{request.scheme}://{request.host}"


def _page(request: web.Request, page: int, size: int) -> str:
    kept = [(name, value) for name, value in request.query.items() if name not in ("Page", "PageSize", "PageToken")]
    numbers = [("PageSize", str(size)), ("Page", str(page))]
    if page:
        numbers.append(("PageToken", f"PT{page * size}"))
    return f"{origin(request)}{request.path}?{urlencode(kept + numbers)}"
