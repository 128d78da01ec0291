"""Frames that no client of ours writes: refused or neutral, never a zombie, never a flood of log lines."""

import asyncio
import json
import logging
import math
import struct

import pytest

from tests.journeys.town import Town
from tests.waiting import DEADLINE, until
from tests.wall.forbidden import BAD, BROKEN, frame_of, upgrade
from tests.wall.street import HANDSHAKE, Raw, inside, nobody_is_left, websocket
from tests.wall.test_handshake import wall


@pytest.mark.parametrize("frame", BAD, ids=lambda frame: repr(frame[:24]))
async def test_a_bad_frame_ends_its_socket_at_once(town: Town, frame: str) -> None:
    """The library would leave it in its rooms for 45 seconds, and its tasks with it."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send(frame)
    await raw.ends()
    await nobody_is_left(town.server)


@pytest.mark.parametrize("kind", ["45/chat,1-", "46/chat,1-0", "459999999999-/chat,"])
async def test_binary_is_refused_before_anything_is_kept(town: Town, kind: str) -> None:
    """A header that claims attachments makes the library collect all that follows."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send(kind + '["say",{"_placeholder":true,"num":0}]', *(b"x" * 100_000 for _ in range(5)))
    await raw.ends()
    await nobody_is_left(town.server)
    assert {} == town.server._binary_packet


async def test_a_binary_frame_is_refused(town: Town) -> None:
    """Nothing of the protocol is binary."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send(b"\x01\x02")
    await raw.ends()
    await nobody_is_left(town.server)


@wall(limits={"frame_bytes": 5_000})
async def test_a_frame_that_is_too_large_ends_its_socket(town: Town) -> None:
    """And one that is just small enough is answered."""
    raw = await (await websocket(town.http, town.url)).join()
    assert "bad_ask" == (await raw.ask("say", "x" * 4_000))["error"]["code"]
    await raw.send("42/chat,1" + json.dumps(["say", "x" * 5_000]))
    await raw.ends()
    await nobody_is_left(town.server)


@wall(limits={"frame_bytes": 5_000})
async def test_a_frame_that_says_it_is_too_large_is_not_waited_for(town: Town) -> None:
    """Its sender could send all but its last byte, which would be kept."""
    host, port = town.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(upgrade(host) + frame_of(b"40/chat,"))
    await reader.readuntil(b"40/chat")
    writer.write(struct.pack(">BBH", 0x81, 0xFE, 60_000) + b"mask" + b"x" * 10)
    async with asyncio.timeout(DEADLINE):
        await reader.read()
    writer.close()
    await nobody_is_left(town.server)


@pytest.mark.parametrize("name", ["connect", "disconnect", "connect_error", "disconnecting", "newListener"])
async def test_a_reserved_name_reaches_no_handler(town: Town, name: str) -> None:
    """The library would call our own connect handler with the identity the client made up."""
    ada, opened = await town.visitor()
    await ada.grant("say", {"ask_id": "1", "text": "a secret"})
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send("42/chat," + json.dumps([name, {"REMOTE_ADDR": "x"}, {"token": opened["token"]}]))
    assert "unknown_ask" == (await raw.ask(name, {"token": opened["token"]}))["error"]["code"]
    assert "not_open" == (await raw.ask("resume", {"after": 0}))["error"]["code"]
    assert 2 == inside(town.server)


async def test_acks_that_nobody_asked_for_leave_nothing(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """And nothing of ours asks: an answer that never comes would be waited for until the socket ends."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send(*(f'43/chat,{number}["x"]' for number in range(100)))
    await raw.ask("resume", {})
    assert ({}, []) == (town.server.manager.callbacks, caplog.records)
    with pytest.raises(NotImplementedError, match="`say`"):
        await town.server.emit("said", {}, namespace="/chat", callback=print)


async def test_a_socket_that_leaves_is_not_looked_for_in_the_rooms_of_all_others(town: Town) -> None:
    """The library looks through every room there is: ten thousand sockets that go at once would hold up all else."""
    lines = [await (await websocket(town.http, town.url)).join() for _ in range(3)]
    assert [None] == [*town.server.manager.rooms["/chat"]]
    for line in lines:
        await line.websocket.close()
    await until(lambda: not town.server.manager.rooms, what="the sockets to be gone")


async def test_bad_frames_are_one_log_line_a_second(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """23 tracebacks out of 37 tiny frames would bury every other line."""
    caplog.set_level(logging.DEBUG)
    for frame in BAD:
        raw = await (await websocket(town.http, town.url)).join()
        await raw.send(frame)
        await raw.ends()
    lines = [record for record in caplog.records if record.name.startswith(("middleware", "engineio", "socketio"))]
    seconds = math.ceil(lines[-1].created - lines[0].created)  # the house counts by another clock
    assert 1 <= len(lines) <= 1 + seconds
    assert {"A socket was refused."} == {record.getMessage() for record in lines}
    assert [] == [record for record in lines if record.exc_info]


@wall(limits={"log_seconds": 0.0})
async def test_no_log_line_holds_a_socket_id_a_token_or_a_word(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """A socket id speaks for its socket as a password does."""
    caplog.set_level(logging.DEBUG)
    page, opened = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "a secret word"})
    sids = set(town.server.eio.lines)
    for frame in ("4x", "459-a secret word", '42/chat,["a secret word"'):
        raw = await (await websocket(town.http, town.url)).join({"token": opened["token"]})
        sids |= set(town.server.eio.lines)
        await raw.send(frame)
        await raw.ends()
    for sid in sids:
        async with town.http.get(f"{town.url}{HANDSHAKE}polling&sid={sid}"):
            pass
    written = [f"{record.getMessage()} {vars(record)}" for record in caplog.records if "middleware" in record.name]
    assert written
    secrets = [*sids, opened["token"], "a secret word", "REMOTE"]
    assert [] == [secret for secret in secrets for line in written if secret in line]


@pytest.mark.parametrize("wire", BROKEN.values(), ids=BROKEN)
async def test_broken_websocket_frames_end_the_socket(town: Town, wire: bytes) -> None:
    """Below Socket.IO too."""
    host, port = town.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(upgrade(host) + frame_of(b"40/chat,"))
    await reader.readuntil(b"40/chat")
    writer.write(wire)
    await reader.read()
    writer.close()
    await nobody_is_left(town.server)


@pytest.mark.parametrize("text", ["\ud800", "half \udfff", "a\0b"])
async def test_half_characters_are_refused_with_words(town: Town, text: str) -> None:
    """JSON can write what no text may hold; the socket lives on."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.ask("open", {})
    assert "bad_ask" == (await raw.ask("say", {"ask_id": "1", "text": text}))["error"]["code"]
    assert (await raw.ask("say", {"ask_id": "1", "text": "whole"}))["ok"]


async def test_a_namespace_that_is_none_is_refused_and_changes_nothing(town: Town) -> None:
    """Asks there are nobody's."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send("40/admin,{}", '42/admin,1["say",{}]', "41/admin,")
    assert str(await raw.next()).startswith("44/admin,")
    assert "not_open" == (await raw.ask("resume", {}))["error"]["code"]
    assert 1 == inside(town.server)


async def test_an_honest_visitor_notices_nothing(town: Town) -> None:
    """While strangers write nonsense."""
    page, _ = await town.visitor()

    async def stranger(frame: str) -> None:
        raw: Raw = await (await websocket(town.http, town.url)).join()
        await raw.send(frame)
        await raw.ends()

    strangers = asyncio.gather(*(stranger(frame) for frame in BAD))
    answers = [await page.grant("say", {"ask_id": f"{number}", "text": f"{number}"}) for number in range(20)]
    await strangers
    assert list(range(1, 21)) == [answer["seq"] for answer in answers]
    await until(lambda: inside(town.server) == 1, what="the strangers' end")
