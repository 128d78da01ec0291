"""docs/openapi.yaml has every route of the application, and no other."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from middleware.app import open_app
from middleware.settings import read_settings
from middleware.web.pages import add_pages
from tests.house.test_settings import CONVERSATIONS
from tests.web.test_pages import FILES

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs/openapi.yaml").read_text())
METHODS = {"get", "post", "options", "put", "patch", "delete", "head", "trace"}
EVERYTHING = {
    **CONVERSATIONS,
    "FLEX_ADDRESS_SID": "IG" + "0e" * 16,
    "TWILIO_API_KEY_SID": "SK" + "0f" * 16,
    "TWILIO_API_KEY_SECRET": "s" * 32,
    "METRICS_TOKEN": "m" * 32,
}
"""Settings with which every route is there."""


def described() -> set[tuple[str, str]]:
    """Methods and paths of the page."""
    return {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in METHODS & set(item)}


def routes(app: web.Application) -> set[tuple[str, str]]:
    """Methods and paths of an application. HEAD comes with GET, of itself."""
    found = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None}
    return {(method, path) for method, path in found if method != "HEAD"}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[set[tuple[str, str]]]:
    """Every route there can be: of an application with every setting, and of a whole build's files."""
    for name in (*FILES, "dist/widget.js.map"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    pages = web.Application()
    add_pages(pages, static=tmp_path)
    settings = read_settings({**EVERYTHING, "DATABASE_URL": f"sqlite:///{tmp_path / 'relay.db'}"})
    async with open_app(settings) as app:
        yield routes(app) | routes(pages)


def _describes(path: str, served: str) -> bool:
    return re.fullmatch(re.sub(r"\\{\w+\\}", r"[^/]+", re.escape(path)), served) is not None


async def test_every_route_is_described_and_nothing_else(served: set[tuple[str, str]]) -> None:
    """A route that nobody knows of is one that nobody guards."""
    page = described()
    known = {pair for pair in served if any(pair[0] == method and _describes(path, pair[1]) for method, path in page)}
    assert set() == served - known
    assert [] == [
        (m, path) for m, path in page if not any(m == pair[0] and _describes(path, pair[1]) for pair in served)
    ]


async def test_a_route_more_or_less_is_noticed(served: set[tuple[str, str]]) -> None:
    """The comparison itself can fail."""
    assert ("POST", "/new-message") in served & described()
    assert not _describes("/widget/{file}", "/widget/a/b")
    assert not _describes("/live", "/livex")


def test_every_operation_has_a_name_of_its_own_and_a_summary() -> None:
    """For whoever makes a client of it."""
    found = [item[method] for item in DOCUMENT["paths"].values() for method in METHODS & set(item)]
    assert [] == [operation for operation in found if not operation.get("summary")]
    assert len(found) == len({operation["operationId"] for operation in found})
