"""The lines to Twilio: kept, counted, and certain of what was written. `test_rest` has the answers' meanings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from middleware.flex.lines import Answer, Broken, Lines, NotReached, Patience, head_of
from tests.waiting import DEADLINE, until

PATIENCE = Patience(connect=5.0, read=5.0, total=10.0)
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
    """A bare TCP server, to say what no web server would."""
    writers: list[asyncio.StreamWriter] = []

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # The other side has hung up, as some tests ask it to.

    async with await asyncio.start_server(guarded, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1/Things"
        for writer in writers:
            writer.transport.abort()


@asynccontextmanager
async def lines(*, most: int = 4, patience: Patience = PATIENCE) -> AsyncIterator[Lines]:
    made = Lines(most=most, patience=patience)
    yield made
    await made.close()


async def ask(to: Lines, url: str) -> Answer:
    async with asyncio.timeout(DEADLINE):
        return await to.ask("POST", url, head=head_of({"X-Test": "1"}), body=b"Body=Hello")


def saying(*pieces: bytes) -> Serve:
    """Answers each request with these pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"Body=Hello")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()

    return serve


WHOLE = b"HTTP/1.1 201 Created\r\nContent-Length: 2\r\nRetry-After: 3\r\n\r\n{}"


async def test_an_answer_is_whole() -> None:
    """Status, headers and body, whatever the case of the header's name."""
    async with server(saying(WHOLE)) as url, lines() as to:
        answer = await ask(to, url)
    assert (201, b"{}", "3") == (answer.status, answer.body, answer.headers.get("retry-after"))


async def test_an_answer_may_come_in_pieces_and_chunks() -> None:
    """TCP cuts where it likes; Twilio's answers are often chunked."""
    pieces = [b"HTTP/1.1 200 OK\r\nTransfer-Enc", b"oding: chunked\r\n\r\n3\r", b"\nabc\r\n2\r\nde\r\n0\r\n", b"\r\n"]
    async with server(saying(*pieces)) as url, lines() as to:
        assert b"abcde" == (await ask(to, url)).body


async def test_an_announcement_is_not_the_answer() -> None:
    """100 Continue comes before the answer."""
    async with server(saying(b"HTTP/1.1 100 Continue\r\n\r\n", WHOLE)) as url, lines() as to:
        assert 201 == (await ask(to, url)).status


async def test_a_line_is_used_again() -> None:
    """A new one would cost three round trips with TLS."""
    made = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        made += 1
        await saying(WHOLE)(reader, writer)

    async with server(serve) as url, lines() as to:
        for _ in range(3):
            await ask(to, url)
    assert 1 == made


@pytest.mark.parametrize("more", [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 500 Oo"])
async def test_what_nobody_asked_for_is_no_answer(more: bytes) -> None:
    """What comes behind an answer would else be taken for that to the next request: the line is given up."""
    made = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal made
        made += 1
        await saying(WHOLE + more)(reader, writer)

    async with server(serve) as url, lines() as to:
        assert [(201, b"{}")] * 3 == [(answer.status, answer.body) for answer in [await ask(to, url) for _ in range(3)]]
    assert 3 == made


async def test_a_line_that_the_server_has_cut_is_not_used_again() -> None:
    """What was idle and is gone costs nothing: the next request takes a new line."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Body=Hello")
        writer.write(WHOLE)
        await writer.drain()
        writer.close()

    async with server(serve) as url, lines() as to:
        await ask(to, url)
        await until(lambda: to.idle == 0, what="the cut line to be noticed")
        assert 201 == (await ask(to, url)).status


async def test_a_server_that_closes_is_believed() -> None:
    """`Connection: close`: the line must not be used again."""
    close = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with server(saying(close)) as url, lines() as to:
        assert [200, 200] == [(await ask(to, url)).status for _ in range(2)]


async def test_there_are_no_more_lines_than_allowed() -> None:
    """Who waits longer than the patience for a line has sent nothing."""
    asked, release = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Body=Hello")
        asked.set()
        await release.wait()
        writer.write(WHOLE)

    async with server(serve) as url, lines(most=1, patience=Patience(connect=1.0, read=DEADLINE, total=DEADLINE)) as to:
        first = asyncio.create_task(ask(to, url))
        await asked.wait()
        with pytest.raises(NotReached):
            await ask(to, url)
        release.set()
        assert 201 == (await first).status


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 201 Cr", b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{", b"Hello?\r\n\r\n"]
)
async def test_a_line_that_breaks_leaves_the_outcome_open(said: bytes) -> None:
    """The request was read; whether it was done, nobody knows."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Body=Hello")
        writer.write(said)
        await writer.drain()
        writer.close()

    async with server(serve) as url, lines() as to:
        with pytest.raises(Broken):
            await ask(to, url)


async def test_silence_ends() -> None:
    """A server that never answers holds a line for as long as is allowed, and the next request gets another."""
    heard = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += 1
        await reader.readuntil(b"Body=Hello")
        if heard > 1:
            writer.write(WHOLE)

    async with server(serve) as url, lines(most=1, patience=Patience(connect=5.0, read=1.0, total=10.0)) as to:
        with pytest.raises(Broken):
            await ask(to, url)
        assert 201 == (await ask(to, url)).status


async def test_a_drip_does_not_go_on_for_ever() -> None:
    """Each byte is heard, so only the whole patience ends it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Body=Hello")
        while not writer.is_closing():
            writer.write(b"H")
            await asyncio.sleep(0.01)

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n")
        await serve(reader, writer)

    async with server(drip) as url, lines(patience=Patience(5.0, 5.0, 0.1)) as to:
        with pytest.raises(Broken):
            await ask(to, url)


async def test_who_gives_up_leaves_no_half_read_line() -> None:
    """The rest of a cancelled request's answer must never be the next one's."""
    asked = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"Body=Hello")
        if not asked.is_set():
            asked.set()
            await reader.read()
        writer.write(WHOLE)

    async with server(serve) as url, lines(most=1) as to:
        first = asyncio.create_task(ask(to, url))
        await asked.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert 201 == (await ask(to, url)).status


async def test_a_line_break_in_a_header_is_refused() -> None:
    """Otherwise what follows it would be another request."""
    with pytest.raises(ValueError, match="line break"):
        head_of({"X": "a\r\nY: b"})


async def test_a_line_break_in_an_address_is_refused() -> None:
    """The same."""
    async with lines() as to:
        with pytest.raises(ValueError, match="line break"):
            await to.ask("POST", "http://127.0.0.1:1/a HTTP/1.1\r\nX: b", head="", body=b"")
