"""Floods and slow readers: they are slowed or cut, memory is bounded, and others notice nothing."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from middleware.app import Seams
from middleware.relay.outbox import Saying
from middleware.relay.ports import Part, Store, T, Unit, View
from middleware.web.lane import Lane
from tests.journeys.town import Town, open_town
from tests.waiting import DEADLINE, until
from tests.wall.street import Poller, Raw, nobody_is_left, websocket, with_limits
from tests.wall.test_handshake import wall


class HangingStore:
    """Writes stand still until `go` is set, as on a disk that does not answer; `waiting` says how many do."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.go = asyncio.Event()
        self.go.set()
        self.waiting = 0

    async def write(self, unit: Unit[T]) -> T:
        """After the standstill."""
        self.waiting += 1
        await self.go.wait()
        self.waiting -= 1
        return await self._inner.write(unit)

    async def read(self, view: View[T]) -> T:
        """Reading goes on."""
        return await self._inner.read(view)


class NotingStore(HangingStore):
    """Notes how many texts each write of a visitor's holds."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.said: list[int] = []

    async def write(self, unit: Unit[T]) -> T:
        """Noted when it is asked for."""
        if isinstance(unit, Part) and isinstance(unit.item, Saying):
            self.said.append(len(unit.item.words))
        return await super().write(unit)


POISON = "poison"


class PoisonedStore(HangingStore):
    """Fails at one text, as nobody foresaw."""

    async def write(self, unit: Unit[T]) -> T:
        """Unless it holds the text."""
        if isinstance(unit, Part) and POISON in str(unit.item):
            await self.go.wait()
            raise ZeroDivisionError
        return await super().write(unit)


class HangingReads(HangingStore):
    """Reads stand still too; `read_by` says whose they are."""

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.read_by: list[str] = []

    async def read(self, view: View[T]) -> T:
        """After the standstill."""
        if not self.go.is_set():
            self.read_by.append(getattr(view, "__qualname__", ""))
        await self.go.wait()
        return await super().read(view)


class UnevenStore(HangingStore):
    """Some writes take longer than others, as on every real disk."""

    async def write(self, unit: Unit[T]) -> T:
        """After none to ten milliseconds."""
        self.waiting += 1
        await asyncio.sleep(self.waiting * 7 % 11 / 1000)
        return await self._inner.write(unit)


class FaultyStore(HangingStore):
    """Has a bug."""

    async def write(self, unit: Unit[T]) -> T:
        """Fails in a way that nobody foresaw."""
        if not self.go.is_set():
            raise ZeroDivisionError
        return await self._inner.write(unit)


S = TypeVar("S", bound=HangingStore)


def lane_of(town: Town) -> Lane:
    """The lane of the only line."""
    (line,) = town.server.eio.lines.values()
    assert line.lane is not None
    return line.lane


def store_of(kind: type[S], **limits: float) -> tuple[list[S], Seams]:
    """Seams with such a store, and where it will be found."""
    found: list[S] = []

    def around(store: Store) -> Store:
        found.append(kind(store))
        return found[0]

    return found, Seams(store=around, limits=with_limits(**limits).limits)


@wall(limits={"frames_at_once": 20, "frames_per_second": 50.0})
async def test_a_socket_that_floods_is_read_no_faster_than_it_may(town: Town) -> None:
    """It waits, as its network does; nothing is lost, no task is made for what has not been read."""
    loop = asyncio.get_running_loop()
    raw = await (await websocket(town.http, town.url)).join()
    before, began = len(asyncio.all_tasks()), loop.time()
    await raw.send(*(f'42/chat,{number}["resume",{{}}]' for number in range(70)))
    for number in range(70):
        assert str(await raw.next()).startswith(f"43/chat,{number}[")
        assert len(asyncio.all_tasks()) <= before + 5
    assert 0.9 <= loop.time() - began


@wall(limits={"ping_seconds": 1.0, "pong_seconds": 1.0})
@pytest.mark.parametrize("frame", ["3", '42/chat,1["resume",{}]'], ids=["pongs", "asks"])
async def test_a_flood_ends_with_its_socket(town: Town, frame: str) -> None:
    """What a stranger has left behind is not read on: slowly, for minutes, with pongs that answer every ping."""
    raw = await (await websocket(town.http, town.url)).join()
    (line,) = town.server.eio.lines.values()
    await raw.send(*[frame] * 5_000)
    await until(lambda: line.frames.left < 0, what="the flood to be slowed")
    connection = raw.websocket._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.abort()
    await nobody_is_left(town.server)


@wall(sockets_per_address=5, limits={"frames_at_once": 10_000, "frames_per_second": 1e6})
async def test_an_address_that_floods_is_read_no_faster_than_it_may(town: Town) -> None:
    """By many sockets: 50 at once and 5 a second belong to 5 sockets; another address is not slowed."""
    raws = [await (await websocket(town.http, town.url)).join() for _ in range(3)]
    for raw in raws:
        await raw.send(*(["3"] * 40))
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))) as elsewhere:
        honest = await (await websocket(elsewhere, town.url)).join()
        await honest.ask("resume", {})
    began = loop.time()
    await asyncio.gather(*(raw.ask("resume", {}) for raw in raws))
    assert 1.0 <= loop.time() - began


@wall(limits={"frames_at_once": 20, "frames_per_second": 50.0})
async def test_a_polling_socket_that_floods_is_read_no_faster_than_it_may(town: Town) -> None:
    """Its post is answered when its turn has come."""
    poller = await Poller(town.http, town.url).join()
    began = asyncio.get_running_loop().time()
    assert (200, "OK") == await poller.post("\x1e".join(["3"] * 70))
    assert 0.9 <= asyncio.get_running_loop().time() - began


async def test_a_page_that_was_offline_is_not_slowed(town: Town) -> None:
    """What a visitor typed meanwhile comes at once: that is no flood."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.ask("open", {})
    for number in range(100):
        assert (await raw.ask("say", {"ask_id": f"{number}", "text": "x" * 200}))["ok"]
    (line,) = town.server.eio.lines.values()
    assert line.frames.left > 0


async def deaf(town: Town) -> tuple[Raw, str, str]:
    """A visitor with a chat whose websocket is read no more; their token, and their channel."""
    raw = await (await websocket(town.http, town.url)).join()
    token = (await raw.ask("open", {"name": "Deaf"}))["token"]
    await raw.ask("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Deaf")
    connection = raw.websocket._response.connection
    assert connection is not None
    assert connection.transport is not None
    connection.transport.pause_reading()
    return raw, token, channel


@wall(limits={"unread_bytes": 400_000})
async def test_a_socket_that_does_not_read_is_cut_and_comes_back_complete(town: Town) -> None:
    """What it was told and did not take would grow without end; the store has it all."""
    raw, token, channel = await deaf(town)
    (line,) = town.server.eio.lines.values()
    count, text = 0, "x" * 30_000
    while not line.ended:
        await town.agent_says(channel, f"{count} {text}")
        count += 1
        assert count < 2_000
    await until(lambda: line.sid not in town.server.eio.sockets, what="the deaf socket's end")
    assert line.unread._bytes <= 400_000
    back = await town.page({"token": token})
    await until(lambda: len(back.all_texts()) == count + 1, what="everything")
    assert ["Hello", *(f"{number} {text}" for number in range(count))] == back.all_texts()
    assert not raw.websocket.closed


@pytest.mark.skipif(not hasattr(socket, "TCP_NOTSENT_LOWAT"), reason="this system cannot be told")
@wall(limits={"unsent_bytes": 50_000})
async def test_the_system_keeps_little_for_a_socket_that_does_not_read(town: Town) -> None:
    """Its own buffer grows to megabytes otherwise, of which the node knows nothing."""
    await (await websocket(town.http, town.url)).join()
    (line,) = town.server.eio.lines.values()
    assert line.transport is not None
    connection = line.transport.get_extra_info("socket")
    assert 50_000 == connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)


@wall(limits={"unread_frames": 20})
async def test_a_page_that_does_not_poll_is_cut(town: Town) -> None:
    """The same for those without websockets, counted in frames."""
    poller = await Poller(town.http, town.url).join()
    await poller.post('42/chat,["open",{"name":"Deaf"}]\x1e42/chat,["say",{"ask_id":"1","text":"Hello"}]')
    channel = await town.accepted(name="Deaf")
    for number in range(25):
        await town.agent_says(channel, f"{number}")
    await nobody_is_left(town.server)
    assert 400 == (await poller.get())[0]


async def test_a_catch_up_larger_than_the_buffer_arrives_whole(tmp_path: Path) -> None:
    """Whoever was away for long, or has large texts, must not be cut for what we owe them."""
    async with open_town(tmp_path, with_limits(unread_bytes=40_000, unread_frames=10)) as town:
        page, opened = await town.visitor()
        texts = [f"{number} ".ljust(15_000, "é") for number in range(12)]
        for number, text in enumerate(texts):
            await page.grant("say", {"ask_id": f"{number}", "text": text})
        whole = await town.page({"token": opened["token"]})
        await until(lambda: len(whole.all_texts()) == 12, what="everything")
        plain = await town.page({"token": opened["token"]}, namespace="/")
        await until(lambda: len(plain.told("chat message")) == 12, what="everything")
        assert texts == whole.all_texts() == plain.told("chat message")


async def test_an_ask_is_answered_in_time_when_the_store_is_not(tmp_path: Path) -> None:
    """No page waits for ever; later asks do not overtake, nor pile up, and what was begun is done once."""
    stores, seams = store_of(HangingStore, ask_seconds=0.2)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        await granted(raw, "open", {})
        store = stores[0]
        store.go.clear()
        for number in range(30):
            answer = await raw.ask("say", {"ask_id": f"{number}", "text": f"{number}"})
            assert "unavailable" == answer["error"]["code"]
        assert store.waiting < 10  # the first ask, and what the house does by itself
        store.go.set()
        for number in range(2):
            assert number + 1 == (await granted(raw, "say", {"ask_id": f"{number}", "text": f"{number}"}))["seq"]


async def test_posts_side_by_side_are_each_answered_in_time(tmp_path: Path) -> None:
    """An odd page may post while a post is under way: none of them waits for the end of another."""
    stores, seams = store_of(HangingStore, ask_seconds=0.2)
    async with open_town(tmp_path, seams) as town:
        poller = await Poller(town.http, town.url).join()
        assert (200, "OK") == await poller.post('42/chat,0["open",{}]')
        store = stores[0]
        store.go.clear()
        says = [f'42/chat,{number}["say",{{"ask_id":"{number}","text":"a"}}]' for number in range(1, 6)]
        answers = await asyncio.wait_for(asyncio.gather(*map(poller.post, says)), timeout=DEADLINE)
        assert [(200, "OK")] * 5 == answers
        assert store.waiting > 0
        store.go.set()


async def granted(raw: Raw, name: str, payload: object) -> Any:
    """Ask until it is granted: a busy machine may be as late as a store that hangs."""

    async def answer() -> Any:
        told = await raw.ask(name, payload)
        return told if told["ok"] else None

    return await until(answer, what=f"`{name}` to be granted")


async def test_a_fault_is_answered_with_what_to_look_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The library would leave the page waiting; the number is in the log."""
    stores, seams = store_of(FaultyStore)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        stores[0].go.clear()
        error = (await raw.ask("open", {}))["error"]
        assert "internal" == error["code"]
        assert error["request"] in [getattr(record, "request", None) for record in caplog.records]
        stores[0].go.set()
        assert (await raw.ask("open", {}))["ok"]


@wall(limits={"ping_seconds": 0.5, "pong_seconds": 0.5})
async def test_a_half_open_socket_is_noticed_and_what_it_was_told_is_not_lost(town: Town) -> None:
    """Telling is not delivering: the page that comes back with its position gets what went into the void."""
    first, opened = await town.visitor("Ada")
    await first.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Ada")
    await first.close()
    await (await websocket(town.http, town.url)).join({"token": opened["token"]})
    for text in ("one", "two"):
        await town.agent_says(channel, text)  # The websocket is alive, and answers no ping.
    await nobody_is_left(town.server)
    witness = await town.page({"token": opened["token"]})
    await until(lambda: len(witness.all_texts()) == 3, what="both texts in the store")
    page = await town.page({"token": opened["token"], "chat": opened["chat"]["id"], "after": 2})
    told = await page.hears("opened")
    assert ["two"] == [message["text"] for message in told["messages"]]


async def test_asks_of_one_socket_are_handled_in_their_order(tmp_path: Path) -> None:
    """M3: the library makes a task of each, and those whose write is quicker overtake the others."""
    _, seams = store_of(UnevenStore)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        await raw.ask("open", {})
        says = [json.dumps(["say", {"ask_id": f"{number}", "text": f"{number}"}]) for number in range(60)]
        await raw.send(*(f"42/chat,{number}{say}" for number, say in enumerate(says)))
        for number in range(60):
            answer = await raw.hears("43/chat,")
            assert answer.startswith(f'43/chat,{number}[{{"ok":true,')
        resumed = await raw.ask("resume", {"after": 0}, number=99)
        assert [f"{number}" for number in range(60)] == [message["text"] for message in resumed["messages"]]


async def test_what_is_said_in_a_row_shares_its_writes(tmp_path: Path) -> None:
    """A page that was offline says all it has at once; one that cannot be read keeps no other from being said."""
    stores, seams = store_of(NotingStore, asks_together=10)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        await raw.ask("open", {})
        store = stores[0]
        store.go.clear()
        texts = ["" if number == 5 else f"{number}" for number in range(21)]
        says = [json.dumps(["say", {"ask_id": f"{number}", "text": text}]) for number, text in enumerate(texts)]
        await raw.send(*(f"42/chat,{number}{say}" for number, say in enumerate(says)))
        await until(lambda: len(lane_of(town)._waiting) == 10, what="a full lane")
        store.go.set()
        answers = [json.loads((await raw.hears("43/chat,")).partition("[")[2][:-1]) for _ in texts]
        assert [number != 5 for number in range(21)] == [answer["ok"] for answer in answers]
        assert [1, 9] == store.said[:2]
        assert 20 == sum(store.said)
        resumed = await raw.ask("resume", {"after": 0}, number=99)
        assert [text for text in texts if text] == [message["text"] for message in resumed["messages"]]


async def test_what_cannot_be_begun_at_once_is_read_in_its_turn_and_counted_once(tmp_path: Path) -> None:
    """Most asks need no task to be woken; those that do must neither be overtaken nor cost a page its rate twice."""
    stores, seams = store_of(HangingStore, asks_together=3, frames_at_once=50, frames_per_second=0.001)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        await raw.ask("open", {})
        stores[0].go.clear()
        says = [json.dumps(["say", {"ask_id": f"{number}", "text": f"{number}"}]) for number in range(12)]
        await raw.send(*(f"42/chat,{number}{say}" for number, say in enumerate(says)))
        await until(lambda: len(lane_of(town)._waiting) == 3, what="a full lane")
        stores[0].go.set()
        answers = [await raw.hears("43/chat,") for _ in says]
        assert [*range(12)] == [int(answer[8:].partition("[")[0]) for answer in answers]
        (line,) = town.server.eio.lines.values()
        assert pytest.approx(50 - 1 - 1 - 12, abs=0.5) == line.frames.left


async def test_a_text_at_fault_keeps_no_other_from_being_said(tmp_path: Path) -> None:
    """They went together, and are said one by one then."""
    stores, seams = store_of(PoisonedStore)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        await raw.ask("open", {})
        stores[0].go.clear()
        texts = ["0", "1", POISON, "3"]
        says = [json.dumps(["say", {"ask_id": f"{number}", "text": text}]) for number, text in enumerate(texts)]
        await raw.send(*(f"42/chat,{number}{say}" for number, say in enumerate(says)))
        await until(lambda: len(lane_of(town)._waiting) == 3, what="three that wait")
        stores[0].go.set()
        answers = [json.loads((await raw.hears("43/chat,")).partition("[")[2][:-1]) for _ in texts]
        assert [True, True, False, True] == [answer["ok"] for answer in answers]
        assert [1, 2, 3] == [answer["seq"] for answer in answers if answer["ok"]]


async def test_an_ask_is_answered_before_the_news_of_what_it_did(town: Town) -> None:
    """A page tells by the answer that an end is its own."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.ask("open", {})
    await raw.send('42/chat,8["end",null]')
    frames = [frame for frame in [await raw.next(), await raw.next()] if frame is not None]
    assert ["43/chat,8[", '42/chat,["'] == [frame[:10] for frame in frames]


async def test_an_ask_whose_task_is_cancelled_is_answered(tmp_path: Path) -> None:
    """And the next goes on."""
    stores, seams = store_of(HangingStore)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        stores[0].go.clear()
        await raw.send('42/chat,1["open",{}]')
        chats = town.server.namespace_handlers["/chat"]
        await until(lambda: chats._working, what="the ask")
        for task in list(chats._working):
            task.cancel()
        late = json.loads((await raw.hears("43/chat,1")).partition("[")[2][:-1])
        assert "unavailable" == late["error"]["code"]
        stores[0].go.set()
        assert (await raw.ask("open", {}, number=2))["ok"]


async def test_whoever_goes_while_they_are_looked_at_leaves_nothing(tmp_path: Path) -> None:
    """Neither in forgetting, nor in coming back with a token."""
    stores, seams = store_of(HangingReads)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        token = (await raw.ask("open", {}))["token"]
        stores[0].go.clear()
        await raw.send('42/chat,1["forget",null]')
        back = await websocket(town.http, town.url)
        await back.send("40/chat," + json.dumps({"token": token}))
        await until(lambda: any("accept" in whose for whose in stores[0].read_by), what="the token to be looked at")
        await until(lambda: stores[0].waiting > 0, what="the token to be forgotten")
        lines = list(town.server.eio.lines.values())
        for line in lines:
            await town.server.eio.end(line)
        stores[0].go.set()
        await until(lambda: not any(line.lane and not line.lane.takes(None) for line in lines), what="the last ask")
        chats = town.server.namespace_handlers["/chat"]
        await until(lambda: not chats._ears and not chats.bell.ears(), what="all ears to be gone")
        assert not town.server.manager.rooms.get("/chat")


async def test_posts_one_behind_the_other_keep_their_order(tmp_path: Path) -> None:
    """A post is answered when its asks are in the lane, not when they are done."""
    stores, seams = store_of(UnevenStore)
    async with open_town(tmp_path, seams) as town:
        poller = await Poller(town.http, town.url).join()
        assert (200, "OK") == await poller.post('42/chat,["open",{}]')
        for number in range(30):
            say = json.dumps(["say", {"ask_id": f"{number}", "text": f"{number}"}])
            assert (200, "OK") == await poller.post(f"42/chat,{say}")
        assert (200, "OK") == await poller.post('42/chat,7["resume",{"after":0}]')
        while not (told := (await poller.get())[1]).count("43/chat,7"):
            pass
        (answer,) = [packet for packet in told.split("\x1e") if packet.startswith("43/chat,7")]
        messages = json.loads(answer.removeprefix("43/chat,7"))[0]["messages"]
        assert [f"{number}" for number in range(30)] == [message["text"] for message in messages]
    assert stores


async def test_whoever_leaves_is_heard_to_the_end_first(tmp_path: Path) -> None:
    """And may come back over the same line."""
    stores, seams = store_of(HangingStore)
    async with open_town(tmp_path, seams) as town:
        raw = await (await websocket(town.http, town.url)).join()
        opened = await raw.ask("open", {})
        stores[0].go.clear()
        await raw.send(
            '42/chat,1["say",{"ask_id":"1","text":"a"}]',
            "41/chat,",
            "40/chat," + json.dumps({"token": opened["token"]}),
            '42/chat,2["say",{"ask_id":"2","text":"b"}]',
        )
        await until(lambda: stores[0].waiting > 0, what="the first to be under way")
        stores[0].go.set()
        assert '"seq":1' in await raw.hears("43/chat,1[")
        await raw.hears("40/chat,")
        assert '"seq":2' in await raw.hears("43/chat,2[")


async def test_a_slow_ask_of_one_does_not_hold_up_another(tmp_path: Path) -> None:
    """Each socket's asks wait for one another; no socket's for another's."""
    stores, seams = store_of(HangingStore, ask_seconds=5.0)
    async with open_town(tmp_path, seams) as town:
        slow, quick = [await (await websocket(town.http, town.url)).join() for _ in range(2)]
        stores[0].go.clear()
        await slow.send('42/chat,1["open",{}]')
        assert "not_open" == (await quick.ask("resume", {}))["error"]["code"]
        stores[0].go.set()
        await slow.hears("43/chat,1[")
