"""Polling: bodies within bounds, all of a body or nothing of it, and a socket that only its own page speaks for."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import aiohttp
import pytest

from middleware.web.limits import Limits
from tests.journeys.town import Town
from tests.waiting import DEADLINE, until
from tests.wall.forbidden import BAD
from tests.wall.street import HANDSHAKE, Poller, nobody_is_left
from tests.wall.test_handshake import wall

SEPARATOR = "\x1e"


@pytest.fixture
async def poller(town: Town) -> Poller:
    """A page without websockets, in the namespace."""
    return await Poller(town.http, town.url).join()


def says(count: int, *, size: int = 5) -> str:
    """So many texts, as a page sends them that was offline."""
    texts = [json.dumps(["say", {"ask_id": f"{n}", "text": f"{n}".ljust(size, ".")}]) for n in range(count)]
    return SEPARATOR.join(f"42/chat,{n}{text}" for n, text in enumerate(texts))


async def opened(poller: Poller) -> None:
    """Let the visitor have a chat."""
    assert (200, "OK") == await poller.post('42/chat,["open",{}]')
    await answered(poller, '["opened"', least=0)


async def answered(poller: Poller, what: str, *, least: int) -> str:
    """Poll until so many of these have come."""
    told = ""
    async with asyncio.timeout(DEADLINE):
        while told.count(what) < least:
            status, more = await poller.get()
            assert 200 == status
            told += more
    return told


async def test_what_was_typed_offline_comes_in_one_body_and_none_is_lost(town: Town, poller: Poller) -> None:
    """The library takes 16 and drops all when there are more, saying OK."""
    await opened(poller)
    assert (200, "OK") == await poller.post(says(150))
    told = await answered(poller, '"ok":true,"chat"', least=150)
    assert all(f"43/chat,{number}[" in told for number in range(150))
    assert {} != town.server.eio.lines


@wall(limits={"packets_per_post": 20})
async def test_too_many_packets_are_refused_aloud_and_none_is_taken(town: Town, poller: Poller) -> None:
    """The page knows, comes back, and asks again."""
    await opened(poller)
    status, told = await poller.post(says(21))
    assert (413, True) == (status, "20 packets" in told)
    await nobody_is_left(town.server)


@pytest.mark.parametrize("size", [Limits().frame_bytes + 1, 1_000_000])
async def test_a_body_that_is_too_large_is_answered_and_leaks_nothing(town: Town, size: int) -> None:
    """The library would never answer, and keep a task for each."""
    before, pages = len(asyncio.all_tasks()), 20
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
        for _ in range(pages):
            page = await Poller(http, town.url).join()
            assert 413 == (await page.post("4" + "x" * size))[0]
    await nobody_is_left(town.server)
    # The server's own tasks begin and end meanwhile: a handful, whatever the number of pages.
    await until(lambda: len(asyncio.all_tasks()) < before + pages, what="the end of every page's tasks")


async def test_a_body_of_unknown_length_is_refused(town: Town, poller: Poller) -> None:
    """The library would read nothing of it, and say OK."""

    async def parts() -> AsyncIterator[bytes]:
        yield b'42/chat,["open",{}]'

    async with town.http.post(poller.address, data=parts()) as answer:
        assert 411 == answer.status
    await nobody_is_left(town.server)


@wall(limits={"body_seconds": 0.2})
async def test_a_body_that_does_not_come_is_not_waited_for(town: Town, poller: Poller) -> None:
    """Half a request, held open, costs as much as a whole one."""
    host, port = town.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    path = poller.address.removeprefix(town.url)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n42/chat".encode())
    assert b"408" in await reader.readline()
    writer.close()
    await nobody_is_left(town.server)


@pytest.mark.parametrize("frame", [*BAD, "5", "2probe", "d=4x"], ids=lambda frame: repr(frame[:24]))
async def test_a_bad_packet_in_a_body_ends_the_socket(town: Town, poller: Poller, frame: str) -> None:
    """As on a websocket; and the answer says so."""
    status, _ = await poller.post(f"3{SEPARATOR}{frame}")
    assert 400 == status
    await nobody_is_left(town.server)


async def test_a_body_that_is_no_text_ends_the_socket(town: Town, poller: Poller) -> None:
    """UTF-8 or nothing."""
    assert 400 == (await poller.post(b'42["\xff"]'))[0]
    await nobody_is_left(town.server)


async def test_two_polls_at_once_end_the_socket(town: Town, poller: Poller) -> None:
    """A page has one at a time, so the other one is somebody who learnt the socket's id."""
    first = asyncio.create_task(poller.get())
    await until(lambda: town.server.eio.lines[poller.sid].polling, what="the first poll")
    assert 400 == (await poller.get())[0]
    assert 400 == (await first)[0]
    await nobody_is_left(town.server)


async def test_an_upgrade_comes_from_where_the_socket_was_opened(town: Town, poller: Poller) -> None:
    """Who upgrades a socket has it whole; the page polls on."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))) as elsewhere:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await elsewhere.ws_connect(f"{town.url}{HANDSHAKE}websocket&sid={poller.sid}")
    assert 403 == refused.value.status
    await opened(poller)


async def test_an_upgrade_keeps_the_order_and_loses_nothing(town: Town, poller: Poller) -> None:
    """From polling to the websocket, as most clients begin."""
    await opened(poller)
    poll = asyncio.create_task(poller.get())
    await until(lambda: town.server.eio.lines[poller.sid].polling, what="the poll")
    probe = await town.http.ws_connect(f"{town.url}{HANDSHAKE}websocket&sid={poller.sid}")
    await probe.send_str("2probe")
    assert "3probe" == await probe.receive_str()
    assert (200, "6") == await poll
    await probe.send_str("5")
    for number in range(30):
        await probe.send_str(f'42/chat,{number}["say",{{"ask_id":"{number}","text":"{number}"}}]')
    answers: list[str] = []
    while len(answers) < 30:
        answers += [frame for frame in [await probe.receive_str()] if frame.startswith("43")]
    assert [f"43/chat,{number}[" for number in range(30)] == [answer[: answer.index("[") + 1] for answer in answers]
    assert 400 == (await poller.get())[0]


async def test_answers_to_polls_are_not_kept_by_caches(poller: Poller) -> None:
    """They hold what was said."""
    async with poller.http.post(poller.address, data="3") as answer:
        assert "no-store" == answer.headers["Cache-Control"]


async def test_a_socket_id_cannot_be_guessed(town: Town) -> None:
    """24 random bytes."""
    sids = set()
    for _ in range(20):
        poller = Poller(town.http, town.url)
        await poller.shake_hands()
        sids.add(poller.sid)
    assert {32} == {len(sid) for sid in sids}
    assert (20, 20) == (len({sid[:8] for sid in sids}), len({sid[-8:] for sid in sids}))


async def test_polls_for_a_socket_that_is_gone_are_400_and_no_log_line(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """After a restart every polling page does this once."""
    caplog.set_level(logging.INFO)
    assert [400, 400] == [(await Poller(town.http, town.url, sid="gone").get())[0] for _ in range(2)]
    assert 400 == (await Poller(town.http, town.url, sid="gone").post("3"))[0]
    assert [] == [record for record in caplog.records if "middleware" in record.name]


async def test_jsonp_is_refused(town: Town) -> None:
    """For browsers that are no more; it reads packets in another way."""
    async with town.http.get(town.url + HANDSHAKE + "polling&j=0") as answer:
        assert 400 == answer.status
