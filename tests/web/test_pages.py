"""What browsers fetch: the page, the widget, the client script."""

import gzip
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from middleware.web.pages import add_pages

ROOM = "/widget/room-ABCD2345.js"
FILES = {
    "index.html": "<p>page",
    "page/page.js": "page",
    "dist/widget.js": "widget",
    "dist/widget/room.js": "room",
    "dist/widget/room-ABCD2345.js": "room",
    "dist/socket.io.js": "io",
    "dist/socket.io.esm.js": "io",
}


def app_with(folder: Path, *, without: str = "nothing") -> web.Application:
    """An application that serves the files, as the build leaves them, from this folder."""
    for name, text in FILES.items():
        if name.startswith(without):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    (folder / "secret.js").write_text("secret")
    app = web.Application()
    add_pages(app, static=folder)
    return app


@pytest.mark.parametrize("path", ["/widget.js", ROOM, "/widget/room.js"])
async def test_the_widget_is_handed_to_pages_of_any_origin(path: str, tmp_path: Path) -> None:
    """Modules of another origin are fetched with CORS; without these headers the page has no launcher."""
    async with TestClient(TestServer(app_with(tmp_path))) as browser:
        answer = await browser.get(path, headers={"Origin": "https://shop.example.com"})
        assert 200 == answer.status
        assert "*" == answer.headers["Access-Control-Allow-Origin"]
        assert "cross-origin" == answer.headers["Cross-Origin-Resource-Policy"]
        assert answer.headers["Content-Type"].startswith("text/javascript")


async def test_files_named_by_their_content_are_kept_and_all_others_looked_at_again(tmp_path: Path) -> None:
    """A second page costs no request for the rest; an update is there at once."""
    async with TestClient(TestServer(app_with(tmp_path))) as browser:
        for path in ("/", "/widget.js", "/widget/room.js", "/socket.io/socket.io.js"):
            assert "no-cache" == (await browser.get(path)).headers["Cache-Control"]
        assert "public, max-age=31536000, immutable" == (await browser.get(ROOM)).headers["Cache-Control"]
        known = (await browser.get("/widget.js")).headers["ETag"]
        assert 304 == (await browser.get("/widget.js", headers={"If-None-Match": known})).status


async def test_whoever_takes_gzip_gets_what_the_build_has_packed(tmp_path: Path) -> None:
    """Thirty kilobytes are thirty only when packed."""
    async with TestClient(TestServer(app_with(tmp_path)), auto_decompress=False) as browser:
        packed = await browser.get(ROOM, headers={"Accept-Encoding": "gzip"})
        assert ("gzip", b"room") == (packed.headers["Content-Encoding"], gzip.decompress(await packed.read()))
        plain = await browser.get(ROOM, headers={"Accept-Encoding": "identity"})
        assert b"room" == await plain.read()
        assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize(
    "path", ["/widget/%2e%2e/secret.js", "/widget/../../secret.js", "/widget/room.js.gz", "/widget/"]
)
async def test_nothing_else_is_handed_out(path: str, tmp_path: Path) -> None:
    """The folder's neighbours are nobody's business."""
    async with TestClient(TestServer(app_with(tmp_path))) as browser:
        assert 404 == (await browser.get(path)).status


async def test_what_is_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    """Whoever forgot `make build` reads it, instead of an empty corner."""
    async with TestClient(TestServer(app_with(tmp_path, without="dist"))) as browser:
        answer = await browser.get("/widget.js")
        assert 503 == answer.status
        assert "make build" in await answer.text()
