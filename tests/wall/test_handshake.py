"""The handshake: who may come in, from where, and how many."""

import json
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import aiohttp
import pytest

from tests.journeys.town import Town
from tests.waiting import until
from tests.wall.street import HANDSHAKE, Poller, Raw, inside, nobody_is_left, websocket

EVIL = "https://evil.example.com"


def wall(**settings: object) -> pytest.MarkDecorator:
    """A town with this wall."""
    return pytest.mark.parametrize("town", [settings], indirect=True)


@pytest.fixture
async def elsewhere() -> AsyncIterator[aiohttp.ClientSession]:
    """Requests from another address."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))) as http:
        yield http


async def refusal(http: aiohttp.ClientSession, town: Town, **headers: str) -> int:
    """The status a websocket is refused with."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await websocket(http, town.url, **headers)
    return refused.value.status


@pytest.mark.parametrize("origin", [EVIL, "null", "*", "", "https://chat.example.com.evil.example.com"])
async def test_a_page_of_a_foreign_origin_is_turned_away(town: Town, origin: str) -> None:
    """Another site must not speak with our visitor's browser; the host it claims to be forwarded for counts nothing."""
    forwarded = {"X-Forwarded-Host": "evil.example.com", "X-Forwarded-Proto": "https"}
    assert 403 == await refusal(town.http, town, Origin=origin, **forwarded)
    assert 403 == await Poller(town.http, town.url, {"Origin": origin}).shake_hands()
    assert {} == town.server.eio.lines


async def test_a_page_of_an_allowed_origin_comes_in(town: Town) -> None:
    """And is told so by the headers that its browser asks for."""
    await websocket(town.http, town.url, Origin=town.url)
    async with town.http.get(town.url + HANDSHAKE + "polling", headers={"Origin": town.url}) as answer:
        assert town.url == answer.headers["Access-Control-Allow-Origin"]


async def test_who_names_no_origin_comes_in_by_default(town: Town) -> None:
    """An app or a script; it could as well name a right one."""
    await websocket(town.http, town.url)


@wall(require_origin=True)
async def test_who_names_no_origin_is_turned_away_if_a_setting_says_so(town: Town) -> None:
    """But a browser that polls its page's own origin names none, and says why."""
    assert 403 == await refusal(town.http, town)
    assert 403 == await Poller(town.http, town.url, {"Sec-Fetch-Site": "cross-site"}).shake_hands()
    assert 200 == await Poller(town.http, town.url, {"Sec-Fetch-Site": "same-origin"}).shake_hands()


@wall(allowed_origins="*", development=True)
async def test_every_origin_may_come_on_a_developers_machine(town: Town) -> None:
    """The one place where `*` is taken."""
    await websocket(town.http, town.url, Origin=EVIL)


@wall(limits={"connect_seconds": 1.0})
async def test_a_socket_that_joins_no_namespace_is_cut(town: Town) -> None:
    """It would live for ever, as long as it answers pings."""
    raw = await websocket(town.http, town.url)
    poller = Poller(town.http, town.url)
    await poller.shake_hands()
    await raw.ends()
    await nobody_is_left(town.server)
    assert 400 == (await poller.get())[0]


@wall(limits={"connect_seconds": 1.0})
async def test_a_socket_that_left_its_namespace_is_cut(town: Town) -> None:
    """The same idleness by another way."""
    raw = await (await websocket(town.http, town.url)).join()
    await raw.send("41/chat,")
    await raw.ends()
    await nobody_is_left(town.server)


@wall(limits={"connect_seconds": 1.0})
async def test_a_socket_in_a_namespace_stays(town: Town) -> None:
    """The deadline is for those who never arrive."""
    raw = await (await websocket(town.http, town.url)).join()
    await (await websocket(town.http, town.url)).ends()
    assert "not_open" == (await raw.ask("resume", {}))["error"]["code"]


@wall(limits={"connect_seconds": 1.0})
async def test_an_upgrade_that_does_not_come_is_cut_and_polling_goes_on(town: Town) -> None:
    """The engine would wait for the probe for ever."""
    poller = await Poller(town.http, town.url).join()
    probe = await town.http.ws_connect(f"{town.url}{HANDSHAKE}websocket&sid={poller.sid}")
    assert aiohttp.WSMsgType.TEXT is not (await probe.receive()).type
    assert (200, "OK") == await poller.post('42/chat,1["resume",{}]')
    assert "not_open" in (await poller.get())[1]


@wall(limits={"sockets_per_address": 3})
async def test_an_address_has_so_many_sockets_and_another_is_not_hindered(
    town: Town, elsewhere: aiohttp.ClientSession
) -> None:
    """Bare handshakes cost memory until they time out."""
    raws = [await websocket(town.http, town.url) for _ in range(2)]
    assert [200, 429] == [await Poller(town.http, town.url).shake_hands() for _ in range(2)]
    far = await websocket(elsewhere, town.url)
    for raw in raws:
        await raw.websocket.close()
    await until(lambda: len(town.server.eio.lines) == 2, what="the closed ones' end")
    assert not far.websocket.closed


@wall(sockets_per_address=10)
async def test_an_address_has_so_many_handshakes(town: Town, elsewhere: aiohttp.ClientSession) -> None:
    """Also when it closes each socket at once; 20 at once and 10/25 a second is what belongs to 10 sockets."""
    statuses = []
    for _ in range(40):
        poller = Poller(town.http, town.url)
        statuses.append(await poller.shake_hands())
        if statuses[-1] == 200:
            await poller.post("1")
    assert (200, 429) == (statuses[0], statuses[-1])
    assert 200 == await Poller(elsewhere, town.url).shake_hands()


@wall(most_sockets=2)
async def test_a_node_has_so_many_sockets(town: Town, elsewhere: aiohttp.ClientSession) -> None:
    """Whoever they are; the answer says when to come again."""
    held = await websocket(town.http, town.url), await websocket(elsewhere, town.url)
    async with town.http.get(town.url + HANDSHAKE + "polling") as answer:
        assert (503, "30") == (answer.status, answer.headers["Retry-After"])
    assert [False, False] == [raw.websocket.closed for raw in held]


@wall(sockets_per_address=1, trusted_proxies=1)
async def test_behind_a_proxy_the_limits_are_the_visitors_own(town: Town) -> None:
    """All visitors come from the proxy's address; what it says of them is believed."""
    seen = [{"X-Forwarded-For": f"10.0.0.1, 203.0.113.{number}"} for number in (1, 2)]
    held = [await websocket(town.http, town.url, **headers) for headers in seen]
    assert 429 == await refusal(town.http, town, **{"X-Forwarded-For": "203.0.113.9, 203.0.113.2"})
    assert [False, False] == [raw.websocket.closed for raw in held]


@wall(sockets_per_address=1)
async def test_without_a_trusted_proxy_nobody_chooses_an_address(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    """Everybody can write the header; the log says once what it may mean."""
    held = await websocket(town.http, town.url, **{"X-Forwarded-For": "203.0.113.1"})
    assert 429 == await refusal(town.http, town, **{"X-Forwarded-For": "203.0.113.2"})
    assert not held.websocket.closed
    assert 1 == sum("TRUSTED_PROXIES" in record.getMessage() for record in caplog.records)


@wall(limits={"sockets_per_visitor": 3})
async def test_a_visitors_oldest_socket_is_sent_away_for_a_fourth(town: Town) -> None:
    """In whichever namespace; another visitor's stay."""
    first, opened = await town.visitor()
    other, _ = await town.visitor()
    plain = await town.page({"token": opened["token"]}, namespace="/")
    rest = [await town.page({"token": opened["token"]}) for _ in range(2)]
    await until(lambda: inside(town.server) == 4, what="the oldest's end")
    for page in (other, *rest):
        assert (await page.grant("resume", {}))["ok"]
    assert await plain.ask("chat message", "Still here")
    with pytest.raises(Exception, match="not a connected namespace"):
        await first.ask("resume", {})


async def test_a_visitor_is_nobody_of_their_own_choice(town: Town) -> None:
    """Whatever a page calls itself, in the greeting, the query, a header or a cookie: without a token it is new.

    And a token counts in the greeting only: in an address it would be in every log on the way.
    """
    ada, opened = await town.visitor()
    await ada.grant("say", {"ask_id": "1", "text": "a secret"})
    (ear,) = town.server.namespace_handlers["/chat"].bell.ears()
    claims = {"visitor": ear.visitor, "sub": ear.visitor, "room": ear.sid, "chat": opened["chat"]["id"]}
    elsewhere = {**claims, "token": opened["token"], "auth": json.dumps({"token": opened["token"]})}
    address = f"{town.url}{HANDSHAKE}websocket&" + urlencode(elsewhere)
    headers = {"Cookie": f"token={opened['token']}", "Authorization": f"Bearer {opened['token']}"}
    connection = await town.http.ws_connect(address, headers=headers)
    mallory = await Raw(connection).join({**claims, "after": 0})
    assert "not_open" == (await mallory.ask("resume", {**claims, "after": 0}))["error"]["code"]
    assert 2 == len({one.visitor for one in town.server.namespace_handlers["/chat"].bell.ears()})


async def test_a_websocket_does_not_tell_what_runs_here(town: Town) -> None:
    """Its handshake is an answer like any other: no banner, and the same headers."""
    raw = await websocket(town.http, town.url)
    told = raw.websocket._response.headers
    assert ("nosniff", True) == (told["X-Content-Type-Options"], "Content-Security-Policy" in told)
    assert [] == [f"{name}: {value}" for name, value in told.items() if "aiohttp" in value.lower() or name == "Server"]


async def test_nothing_is_kept_in_cookies(town: Town) -> None:
    """A foreign page could borrow them, for browsers send them along; tokens it cannot."""
    for path in ("/", "/live", HANDSHAKE + "polling"):
        async with town.http.get(town.url + path) as answer:
            assert "Set-Cookie" not in answer.headers


@wall(limits={"connect_seconds": 600.0})
async def test_a_handshake_that_breaks_off_leaves_nothing(town: Town) -> None:
    """No key, an odd version, no upgrade: refused, and no socket kept until it times out."""
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    old = {**upgrade, "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "7"}
    for headers in (upgrade, old, {"Upgrade": "websocket"}):
        async with town.http.get(town.url + HANDSHAKE + "websocket", headers=headers) as answer:
            assert 400 == answer.status
    await nobody_is_left(town.server)


async def test_events_right_behind_the_connection_are_answered_in_order(town: Town) -> None:
    """A page need not wait; and a socket that breaks off is over at once."""
    raw = await websocket(town.http, town.url)
    await raw.send("40/chat,{}", *(f'42/chat,{number}["resume",{{}}]' for number in range(20)))
    await raw.hears("40/chat")
    for number in range(20):
        assert str(await raw.next()).startswith(f"43/chat,{number}[")
    raw.websocket._response.connection.transport.abort()  # type: ignore[union-attr]  # as a network does
    await nobody_is_left(town.server)


async def test_websockets_are_not_compressed(town: Town) -> None:
    """It costs 92 KB for each browser, and lets small frames become large ones."""
    raw = await websocket(town.http, town.url, **{"Sec-WebSocket-Extensions": "permessage-deflate"})
    assert 0 == raw.websocket.compress
    async with town.http.get(
        town.url + HANDSHAKE + "polling", headers={"Accept-Encoding": "gzip", "Origin": town.url}
    ) as answer:
        assert "Content-Encoding" not in answer.headers
