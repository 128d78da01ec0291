"""The HTTP wall: sizes, kinds and errors, on the whole server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from middleware.web.webhooks import MOST_BYTES
from tests.journeys.test_bad_input import FIELDS, post
from tests.journeys.town import Town, open_town

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def raw(town: Town, head: str) -> tuple[int, Any]:
    """Send this head and no body at all; status and JSON of the answer."""
    host, _, port = town.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{head}\r\nHost: {host}\r\n\r\n".encode())
    told = (await asyncio.wait_for(reader.read(), 20)).decode()
    writer.close()
    return int(told.split()[1]), json.loads(told.partition("\r\n\r\n")[2])


@pytest.mark.parametrize("path", ["/new-message", "/channel-update"])
async def test_a_body_that_is_too_large_is_413_before_a_byte_of_it_came(town: Town, path: str) -> None:
    """M12: what is not read cannot fill the memory, and its sender is answered, not left hanging."""
    kind = "Content-Type: application/x-www-form-urlencoded"
    status, told = await raw(town, f"POST {path} HTTP/1.1\r\n{kind}\r\nContent-Length: {MOST_BYTES + 1}")
    assert (413, True) == (status, bool(told["request_id"]))
    status, _ = await raw(town, f"POST {path} HTTP/1.1\r\n{kind}\r\nTransfer-Encoding: chunked")
    assert 411 == status


async def test_a_compressed_body_is_415(town: Town) -> None:
    """A few bytes can become many; Twilio sends none."""
    status, said = await post(town, "/new-message", FIELDS, **{"Content-Encoding": "gzip"})
    assert (415, True) == (status, "compressed" in said)


async def test_every_error_carries_the_id_of_its_request(town: Town) -> None:
    """By it the line in the log is found; what the request calls itself counts for nothing."""
    seen = set()
    for method, path, headers in (
        ("GET", "/none", {"X-Request-Id": "mine"}),
        ("DELETE", "/ready", {}),
        ("POST", "/new-message", FORM),
        ("POST", "/new-message", {}),
        ("GET", "/socket.io/?EIO=3&transport=polling", {}),
        ("GET", "/socket.io/?EIO=4&transport=polling&sid=none", {}),
    ):
        async with town.http.request(method, town.url + path, headers=headers) as answer:
            told = await answer.json()
            assert (True, answer.headers["X-Request-Id"]) == (answer.status >= 400, told["request_id"]), path
            seen.add(told["request_id"])
    assert (6, False) == (len(seen), "mine" in seen)


async def test_405_says_what_may_be_asked(town: Town) -> None:
    """As HTTP asks for (RFC 9110, section 15.5.6)."""
    async with town.http.get(town.url + "/new-message") as answer:
        assert (405, "POST") == (answer.status, answer.headers["Allow"])


@pytest.mark.parametrize("path", ["/", "/live", "/none", "/socket.io/?EIO=4&transport=polling", "/page/page.js"])
async def test_everything_has_the_security_headers_and_no_banner(town: Town, path: str) -> None:
    """A browser then runs no script of anybody else's, guesses no type, and shows us in nobody's frame."""
    async with town.http.get(town.url + path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "nosniff" == answer.headers["X-Content-Type-Options"]
        assert "same-origin" == answer.headers["Referrer-Policy"]
        assert "Server" not in answer.headers
    for part in ("default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy


async def test_pages_that_are_named_may_frame_ours(tmp_path: Path) -> None:
    """FRAME_ORIGINS."""
    origins = "https://shop.example.com,https://www.example.com"
    async with open_town(tmp_path, frame_origins=origins) as town, town.http.get(town.url + "/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors https://shop.example.com https://www.example.com")


@pytest.mark.parametrize("path", ["/", "/live", "/ready", "/new-message"])
async def test_no_other_origin_is_let_in_where_none_needs_it(town: Town, path: str) -> None:
    """M14: only sockets, and what is made to be embedded, are for pages of other origins."""
    for method in ("GET", "OPTIONS"):
        async with town.http.request(method, town.url + path, headers={"Origin": "https://evil.example"}) as answer:
            assert [] == [name for name in answer.headers if name.startswith("Access-Control-")]


async def test_why_a_node_is_not_ready_is_not_told_to_whoever_asks(town: Town, tmp_path: Path) -> None:
    """Paths and addresses are for the log."""
    for file in tmp_path.glob("relay.db*"):  # noqa: ASYNC240
        file.rename(tmp_path / f"{file.name}.gone")
    async with town.http.get(town.url + "/ready") as answer:
        told = await answer.json()
        assert (503, False, "failed") == (answer.status, told.pop("ready"), told.pop("store"))
        assert {"request_id", "flex", "outbox"} == set(told)
