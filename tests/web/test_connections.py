"""Connections: half a request holds one for a moment, and nothing of what is odd is repeated."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from middleware.web.bodies import FORM, read_body
from middleware.web.connections import Patience, Runner
from middleware.web.guards import add_headers, errors_as_json
from tests.waiting import DEADLINE, until

SHORT = Patience(head=0.2, answer=0.5, idle=30, waiting=3)
LARGE = 50_000_000


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=f"hello {request.method}")


async def _large(request: web.Request) -> web.Response:
    del request
    return web.Response(body=b"x" * LARGE)


async def _fail(request: web.Request) -> web.Response:
    raise ValueError(f"secret {request.query_string}")


async def _form(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await read_body(request, kind=FORM, most=1000, within=0.2))))


async def _much(request: web.Request) -> web.Response:
    """Not looked at before more has come than is kept unread."""
    await until(lambda: request.protocol._reading_paused, what="the connection to be read no further")
    return web.Response(text=str(len(await read_body(request, kind=FORM, most=LARGE))))


@asynccontextmanager
async def _serving(patience: Patience) -> AsyncIterator[tuple[Runner, int]]:
    app = web.Application(middlewares=[errors_as_json])
    app.on_response_prepare.append(add_headers(frame_origins=[]))
    app.add_routes([web.get("/", _hello), web.get("/large", _large), web.get("/fail", _fail), web.post("/form", _form)])
    app.router.add_post("/much", _much)
    runner = Runner(app, shutdown_timeout=1, patience=patience)
    await runner.setup()
    try:
        listener = socket.create_server(("127.0.0.1", 0))
        await web.SockSite(runner, listener).start()
        yield runner, listener.getsockname()[1]
    finally:
        await runner.cleanup()


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A server with little patience."""
    async with _serving(SHORT) as (_, number):
        yield number


class Caller:
    """A connection that writes what it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ends(self) -> bytes:
        """What comes until the connection's end."""
        try:
            return await asyncio.wait_for(self.reader.read(), DEADLINE)
        except ConnectionResetError:
            return b""

    async def answer(self) -> str:
        """One short answer, whole."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), DEADLINE)).decode()
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:"))
        return head + (await asyncio.wait_for(self.reader.readexactly(length), DEADLINE)).decode()


@asynccontextmanager
async def calling(port: int, said: bytes = b"") -> AsyncIterator[Caller]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(said)
        yield Caller(reader, writer)
    finally:
        writer.transport.abort()


GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /form HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.mark.parametrize("said", [b"", b"G", b"GET / HTTP/1.1\r\nHost: here\r\n", GET[:-1]])
async def test_half_a_head_is_not_waited_for(port: int, said: bytes) -> None:
    """T14: thousands of these would hold every connection there is (slow loris)."""
    async with calling(port, said) as caller:
        assert b"" == await caller.ends()


async def test_bytes_that_trickle_in_do_not_lengthen_the_wait(port: int) -> None:
    """A byte now and then is what keeps a naive server waiting."""
    async with calling(port, b"GET / HTTP/1.1\r\n") as caller:

        async def trickle() -> None:
            while True:
                caller.writer.write(b"X: y\r\n")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        assert b"" == await caller.ends()
        trickling.cancel()


async def test_half_a_second_request_is_not_waited_for_and_a_resting_connection_is(port: int) -> None:
    """Proxies keep connections for their next request; that is no half request."""
    async with calling(port, GET) as resting, calling(port, GET) as half:
        assert "hello GET" in await resting.answer()
        assert "hello GET" in await half.answer()
        half.writer.write(b"GET / HT")
        assert b"" == await half.ends()
        resting.writer.write(GET)
        assert "hello GET" in await resting.answer()


async def test_of_too_many_waiting_connections_the_oldest_is_cut() -> None:
    """Whoever sends a whole request is served meanwhile."""
    async with _serving(Patience(head=3600, waiting=2)) as (_, port), calling(port, b"G") as oldest, calling(port):
        async with calling(port, GET) as honest:
            assert "hello GET" in await honest.answer()
        assert b"" == await oldest.ends()


async def test_who_comes_while_the_node_goes_is_cut_at_once() -> None:
    """Out of the system's queue, behind everybody whom the stop closes: nobody would ever close this one."""
    async with _serving(Patience(head=3600)) as (runner, port):
        server: Any = runner.server
        server.pre_shutdown()
        async with calling(port, GET) as late:
            assert b"" == await late.ends()


async def test_half_a_body_is_answered_408(port: int) -> None:
    """The other way to be slow."""
    async with calling(port, POST + b"Content-Length: 9\r\n\r\nhalf") as caller:
        assert "408 " in await caller.answer()
        assert b"" == await caller.ends()


async def test_an_answer_that_is_not_taken_is_not_kept() -> None:
    """Somebody asks for much and reads nothing: the connection ends, and with it what was kept for them."""
    async with _serving(SHORT) as (runner, port), calling(port, b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n") as caller:
        await caller.reader.readexactly(10)
        server: Any = runner.server
        await until(lambda: not server.connections, what="the end of the connection")
        assert len(await caller.ends()) < LARGE


@pytest.mark.parametrize(
    "said",
    [
        b"nonsense secret\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nBad Header: secret\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: secret\r\n\r\n",
        b"GET /" + b"s" * 9000 + b"ecret HTTP/1.1\r\nHost: here\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00secret" + b"\0" * 200,
    ],
    ids=range(6),
)
async def test_what_is_no_request_is_refused_in_json_and_neither_repeated_nor_logged(
    port: int, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """M9: a scanner must not fill the log, nor learn what runs here."""
    async with calling(port, said) as caller:
        told = (await caller.ends()).decode()
    head, _, body = told.partition("\r\n\r\n")
    assert " 400 " in head.splitlines()[0]
    assert "error" in json.loads(body)
    assert "server:" not in head.lower()
    assert "secret" not in told
    assert [] == [record for record in caplog.records if record.levelno >= logging.INFO]


@pytest.mark.parametrize("path", [b"/", b"/none", b"/fail?x"])
async def test_no_answer_says_what_runs_here(port: int, path: bytes) -> None:
    """Neither a page nor an error has a banner, nor an error's own words."""
    async with calling(port, GET.replace(b"/ ", path + b" ", 1)) as caller:
        told = await caller.answer()
    for word in ("server:", "aiohttp", "python", "secret"):
        assert word not in told.lower()


async def test_an_expectation_we_do_not_know_is_refused_in_json(port: int) -> None:
    """It is answered before any of our code is asked."""
    said = POST + b"Expect: the-impossible\r\nContent-Length: 0\r\n\r\n"
    async with calling(port, said) as caller:
        told = await caller.answer()
    assert " 417 " in told.splitlines()[0]
    assert "error" in json.loads(told.partition("\r\n\r\n")[2])


async def test_what_was_paused_is_read_on() -> None:
    """A body of which more came than is kept; and behind it, on the same line, the next ones."""
    body = b"x" * 900_000
    head = f"POST /much HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with _serving(Patience(head=DEADLINE, answer=DEADLINE)) as (_, port), asyncio.timeout(DEADLINE):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write((head + body) * 2 + b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        told = await reader.read()
        writer.close()
    assert [2, 1] == [told.count(b"\r\n\r\n900000"), told.count(b"\r\n\r\nhello GET")]
