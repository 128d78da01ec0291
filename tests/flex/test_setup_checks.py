"""The doctor's questions, asked of the simulator and of a running middleware."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from middleware.flex.setup import Change, Found, Wanted
from middleware.flex.setup_account import open_account
from middleware.flex.setup_checks import CLOCKS_APART, Check, Door, check_account, check_door
from middleware.flex.setup_conversations import Address
from middleware.flex.setup_wanted import ChatService, Flow
from tests.flex.test_setup_account import STUDIO, make_so
from tests.flex.twilio import SEED, Twilio, open_twilio
from tests.journeys.town import open_town
from tests.servers.http import serving

SERVICE = ChatService(sid=SEED.chat_service_sid)
FLOW = Flow(sid=SEED.flow_sid, chat_service_sid=SEED.chat_service_sid)


async def examined(
    twilio: Twilio,
    *desired: Wanted,
    token: str = SEED.auth_token,
    workspace: str = SEED.workspace_sid,
    now: Callable[[], float] = time.time,
) -> dict[str, Check]:
    async with open_account(SEED.account_sid, token, api_url=twilio.url) as account:
        return {check.name: check async for check in check_account(account, desired, workspace_sid=workspace, now=now)}


async def visited(door: Door) -> dict[str, Check]:
    return {check.name: check async for check in check_door(door)}


def door(url: str) -> Door:
    return Door(public_url=url, account_sid=SEED.account_sid, auth_token=SEED.auth_token, from_outside=False)


@asynccontextmanager
async def answering(status: int, **headers: str) -> AsyncIterator[str]:
    """A server that answers everything in one way."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.json_response({"live": True}, status=status, headers=headers)

    async with serving(web.route("*", "/{tail:.*}", answer)) as url:
        yield url


async def test_a_right_account_passes() -> None:
    """Nothing to mend, nothing to say."""
    async with open_twilio() as twilio:
        async with open_account(SEED.account_sid, SEED.auth_token, api_url=twilio.url) as account:
            await make_so(account, SERVICE)
        checks = await examined(twilio, SERVICE, FLOW)
    assert ["credentials", "clock", "chat service", "flex flow", "workspace"] == list(checks)
    assert {True} == {check.ok for check in checks.values()}


async def test_a_wrong_token_is_one_trouble_not_five() -> None:
    """What follows from it is not told as if it were wrong too."""
    async with open_twilio() as twilio:
        checks = await examined(twilio, SERVICE, FLOW, token="wrong")
    assert {"credentials": False, "account": None} == {name: check.ok for name, check in checks.items()}
    assert "TWILIO_AUTH_TOKEN" in checks["credentials"].remedy


async def test_a_twilio_that_cannot_be_reached_is_not_called_wrong_credentials() -> None:
    """The remedy is another."""
    nowhere = f"http://127.0.0.1:{unused_port()}"
    async with open_account(SEED.account_sid, SEED.auth_token, api_url=nowhere) as account:
        checks = [check async for check in check_account(account, [], workspace_sid="WS", now=time.time)]
    assert "TWILIO_API_URL" in checks[0].remedy


@pytest.mark.parametrize(("apart", "ok"), [(0, True), (-20, True), (-CLOCKS_APART - 5, False), (86400, False)])
async def test_a_clock_that_is_off_is_told(apart: float, ok: bool) -> None:
    """Visitors' tokens expire by it."""
    async with open_twilio() as twilio:
        checks = await examined(twilio, now=lambda: time.time() + apart)
    assert ok is checks["clock"].ok


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (ChatService(sid="IS" + "0" * 32), "mend FLEX_CHAT_SERVICE_SID"),
        (replace(FLOW, sid="FO" + "0" * 32), "mend FLEX_FLOW_SID"),
        (replace(FLOW, chat_service_sid="IS" + "0" * 32), "chat_service_sid is " + SEED.chat_service_sid),
        (replace(FLOW, long_lived=True), "long_lived is false, not true"),
        (SERVICE, "post_webhook_retry_count is 0, not 3"),
    ],
    ids=["no such service", "no such flow", "another service", "flag", "retries"],
)
async def test_what_is_wrong_is_named(wanted: Wanted, told: str) -> None:
    """By Twilio's own name, so that it can be found in the Console."""
    async with open_twilio() as twilio:
        check = (await examined(twilio, wanted))[wanted.kind]
    assert check.ok is False
    assert told in check.told
    assert "provision" in check.remedy


async def test_a_rival_that_is_enabled_is_told() -> None:
    """Which of the two gets the chats is anybody's guess."""
    async with open_twilio() as twilio:
        async with open_account(SEED.account_sid, SEED.auth_token, api_url=twilio.url) as account:
            await make_so(account, Flow(friendly_name="B", chat_service_sid=SERVICE.sid, integration=STUDIO))
            flows = await account.flows()
            await account.do(_enabled(SEED.flow_sid, flows))
        check = (await examined(twilio, FLOW))["flex flow"]
    assert check.ok is False
    assert "only one may be enabled" in check.told


def _enabled(sid: str, flows: list[Found]) -> Change:
    return Change(next(flow for flow in flows if flow.sid == sid), {"enabled": True})


async def test_an_address_that_leads_nowhere_is_told() -> None:
    """It is on, and in the right service; only that no agent would ever hear of its chats."""
    async with open_twilio() as twilio:
        async with open_account(SEED.account_sid, SEED.auth_token, api_url=twilio.url) as account:
            (seeded,) = await account.addresses()
            await account.do(Change(seeded, {"auto_creation_type": "default"}))
        wanted = Address(sid=SEED.address_sid, service_sid=SERVICE.sid)
        check = (await examined(twilio, wanted))["address"]
    assert (False, True) == (check.ok, "reach nobody" in check.told)


async def test_another_workspace_is_told_with_those_that_are_there() -> None:
    """A sid is easily copied from the wrong account."""
    async with open_twilio() as twilio:
        check = (await examined(twilio, workspace="WS" + "0" * 32))["workspace"]
    assert check.ok is False
    assert SEED.workspace_sid in check.remedy


async def test_a_signed_webhook_makes_the_round_trip(tmp_path: Path) -> None:
    """Through the very address that Twilio uses; a stranger's does not, and no chat notices either."""
    async with open_town(tmp_path) as town:
        checks = await visited(door(town.url))
    assert {"public url": True, "webhook": True} == {name: check.ok for name, check in checks.items()}
    assert "signed by Twilio's key: 200, by another: 403" == checks["webhook"].told


@pytest.mark.parametrize("account", [SEED.account_sid, "AC" + "0" * 32])
@pytest.mark.parametrize("token", [SEED.auth_token, "another"])
async def test_a_server_with_other_settings_refuses_the_doctor(tmp_path: Path, account: str, token: str) -> None:
    """The usual case: the token was rotated, and the server still has the old one."""
    async with open_town(tmp_path) as town:
        check = (await visited(replace(door(town.url), account_sid=account, auth_token=token)))["webhook"]
    assert ((account, token) == (SEED.account_sid, SEED.auth_token)) is check.ok
    assert check.ok or "TWILIO_AUTH_TOKEN" in check.remedy


async def test_an_address_where_everybody_is_let_in_is_told() -> None:
    """A login page, a tunnel's greeting, a server without signatures: they all answer 200."""
    async with answering(200) as url:
        check = (await visited(door(url)))["webhook"]
    assert (False, True) == (check.ok, "strangers" in check.remedy)


@pytest.mark.parametrize(("status", "told"), [(502, "/live answers 502"), (308, "sends on elsewhere")])
async def test_what_is_not_our_server_is_told(status: int, told: str) -> None:
    """A webhook would be lost there."""
    async with answering(status, Location="https://elsewhere.example") as url:
        checks = await visited(door(url))
    assert told in checks["public url"].told
    assert None is checks["webhook"].ok


async def test_an_address_that_nobody_listens_on_is_told() -> None:
    """The server is not up, or the tunnel is gone."""
    checks = await visited(door(f"http://127.0.0.1:{unused_port()}"))
    assert (False, None) == (checks["public url"].ok, checks["webhook"].ok)
    assert "start the server" in checks["public url"].remedy


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080", True),
        ("https://192.168.1.7", True),
        ("http://[::1]:8080", True),
        ("https://chat.example.com", False),
        ("https://8.8.8.8", False),
    ],
)
def test_an_inner_address_is_known(url: str, inside: bool) -> None:
    """It answers the doctor, but Twilio is outside."""
    assert inside is door(url).is_inside


async def test_an_inner_address_is_no_address_for_twilio(tmp_path: Path) -> None:
    """All would seem well, and no agent would ever be heard."""
    async with open_town(tmp_path) as town:
        checks = await visited(replace(door(town.url), from_outside=True))
    assert (False, None) == (checks["public url"].ok, checks["webhook"].ok)


def test_a_door_does_not_show_its_token() -> None:
    """Values end up in tracebacks."""
    assert SEED.auth_token not in repr(door("https://chat.example.com"))
