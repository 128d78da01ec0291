"""Whose chat it is: tokens that change, are taken back and run out; identities that the company's own server signs."""

import json
import os
import sys
import time
from asyncio import create_subprocess_exec, subprocess, wait_for
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
import socketio

from middleware.app import Seams
from middleware.relay.badges import GRACE_SECONDS
from middleware.relay.ports import Clock
from tests.fakes.clock import ShiftedClock
from tests.flex.twilio import open_twilio
from tests.house.test_settings import GOOD
from tests.journeys.page import Page
from tests.journeys.town import BACK_ENDS, SEED, Town, open_town, serve
from tests.waiting import DEADLINE, until

SECRET = "i" * 32
DAY = 86400.0


@dataclass(slots=True)
class House:
    """A town, its clock and its folder."""

    town: Town
    clocks: list[ShiftedClock]
    folder: Path

    def pass_seconds(self, seconds: float) -> None:
        for clock in self.clocks:
            clock.pass_seconds(seconds)

    def identity(self, sub: str, **more: Any) -> str:
        claims = {"aud": self.town.url, "sub": sub, "exp": self.clocks[0].now() + 300, **more}
        return jwt.encode(claims, SECRET, algorithm="HS256")

    async def refused(self, **auth: Any) -> Any:
        """What a page that brings this is told."""
        page = Page(self.town.url)
        with pytest.raises(socketio.exceptions.ConnectionError):
            await page.connect(auth)
        await until(lambda: page.refusal, what="the refusal")
        return page.refusal["data"]


@pytest.fixture(params=["programmable_chat"])
async def house(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Identities are read; time passes as told."""
    clocks: list[ShiftedClock] = []

    def shifted(clock: Clock) -> Clock:
        clocks.append(ShiftedClock(clock))
        return clocks[-1]

    seams = Seams(clock=shifted)
    async with open_town(tmp_path, seams, identity_keys=SECRET, **BACK_ENDS[request.param]) as town:
        yield House(town, clocks, tmp_path)


async def gone(page: Page) -> None:
    """The page's socket is cut."""
    await until(lambda: not page.connected, what="the end of the socket")


async def has_no_chat(page: Page) -> bool:
    return bool("not_open" == (await page.ask("resume", {}))["error"]["code"])


async def test_a_page_that_comes_back_is_given_the_next_token_and_the_old_one_is_refused_later(house: House) -> None:
    """Whoever finds an old token, in a backup say, is not the visitor; nor can it be used to find out who is."""
    _, opened = await house.town.visitor("Ada")
    house.pass_seconds(DAY)
    second = (await (await house.town.page({"token": opened["token"]})).hears("opened"))["token"]
    house.pass_seconds(DAY)
    third = await (await house.town.page({"token": second})).hears("opened")
    assert opened["chat"]["id"] == third["chat"]["id"]
    house.pass_seconds(GRACE_SECONDS)
    assert "bad_token" == (await house.refused(token=opened["token"]))["code"]
    assert "bad_token" == (await house.refused(token=third["token"]))["code"]


async def test_five_tabs_that_come_back_at_once_all_see_the_chat(house: House) -> None:
    """After a restart of the server, each with the one token that their browser keeps."""
    _, opened = await house.town.visitor()
    house.pass_seconds(DAY)
    tabs = [await house.town.page({"token": opened["token"]}) for _ in range(5)]
    tokens = {(await tab.hears("opened"))["token"] for tab in tabs}
    for token in tokens:
        assert opened["chat"]["id"] == (await (await house.town.page({"token": token})).hears("opened"))["chat"]["id"]


async def test_a_page_that_forgets_is_a_new_visitor_and_its_other_tabs_are_cut(house: House) -> None:
    """A shared computer: after the logout nothing in this browser leads back to the chat."""
    page, opened = await house.town.visitor("Ada")
    tab = await house.town.page({"token": opened["token"]})
    other, others = await house.town.visitor("Bob")
    assert {"ok": True} == await page.ask("forget")
    await gone(tab)
    assert await has_no_chat(page)
    assert "bad_token" == (await house.refused(token=opened["token"]))["code"]
    assert others["chat"]["id"] == (await other.grant("resume", {}))["chat"]["id"]
    assert opened["chat"]["id"] != (await page.grant("open"))["chat"]["id"]


async def test_revoke_cuts_the_visitors_sockets_and_the_token_stays_refused_after_a_restart(house: House) -> None:
    """The operator's word counts while the server runs, and from then on (CVE-2026-44553 is its absence)."""
    page, opened = await house.town.visitor("Ada")
    other, _ = await house.town.visitor("Bob")
    environment = GOOD | {"DATABASE_URL": f"sqlite:///{house.folder / 'relay.db'}", "PATH": os.environ["PATH"]}
    for code, told in ((0, "Taken back: 1 browser."), (1, "No token of theirs is good")):
        command = (sys.executable, "-m", "middleware", "revoke", opened["chat"]["id"])
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = await create_subprocess_exec(*command, env=environment, **pipes)  # type: ignore[arg-type]
        said, _ = await wait_for(process.communicate(), DEADLINE)
        assert (code, True) == (process.returncode, told in said.decode()), said
    await gone(page)
    assert other.connected
    assert "bad_token" == (await house.refused(token=opened["token"]))["code"]


async def test_what_was_taken_back_is_refused_by_the_next_server(tmp_path: Path) -> None:
    """The store remembers, not the process."""
    async with open_twilio() as twilio:
        async with serve(tmp_path, twilio) as url:
            page, kept = await Page(url).connect(), await Page(url).connect()
            revoked, good = (await page.grant("open"))["token"], (await kept.grant("open"))["token"]
            await page.grant("forget")
            await page.close()
            await kept.close()
        async with serve(tmp_path, twilio) as url:
            with pytest.raises(socketio.exceptions.ConnectionError):
                await Page(url).connect({"token": revoked})
            back = await Page(url).connect({"token": good})
            await back.hears("opened")
            await back.close()


async def test_a_socket_is_cut_before_its_token_runs_out_and_comes_back_with_the_newest(house: House) -> None:
    """A right that is checked only at the door would be held for ever by whoever is inside."""
    page, opened = await house.town.visitor()
    house.pass_seconds(4 * DAY)
    await gone(page)
    back = await (await house.town.page({"token": opened["token"]})).hears("opened")
    assert opened["chat"]["id"] == back["chat"]["id"]
    house.pass_seconds(8 * DAY)
    assert "bad_token" == (await house.refused(token=back["token"]))["code"]


ALL = pytest.mark.parametrize("house", list(BACK_ENDS), indirect=True)


async def pre_engagement(house: House, *, name: str) -> Any:
    """What the agent reads of the visit: with its task, or with its channel or conversation."""
    task, twilio = await house.town.task(name=name), house.town.twilio
    attributes = task["attributes"]
    if "pre_engagement_data" not in attributes:
        auth = {"Authorization": aiohttp.encode_basic_auth(SEED.account_sid, SEED.auth_token)}
        place = f"Services/{SEED.chat_service_sid}/%s/{task['channel_sid']}"
        for path in (f"v2/{place % 'Channels'}", f"v1/{place % 'Conversations'}"):
            async with twilio.http.get(f"{twilio.url}/{path}", headers=auth) as answer:
                attributes = json.loads((await answer.json())["attributes"]) if answer.ok else attributes
    told = attributes["pre_engagement_data"]
    return json.loads(told) if isinstance(told, str) else told


@ALL
async def test_the_agent_can_tell_a_proved_name_from_a_typed_one(house: House) -> None:
    """A page, or whoever sits before it, can write what it likes, but not there."""
    ada = await house.town.page({"identity": house.identity("c-42", name="Ada King", attributes={"tier": "gold"})})
    await ada.grant("open", {"name": "Typed", "context": {"page": "/", "verified": "typed"}})
    await ada.grant("say", {"ask_id": "1", "text": "Hello"})
    told = await pre_engagement(house, name="Ada King")
    assert ("/", {"id": "c-42", "name": "Ada King", "tier": "gold"}) == (told["page"], told["verified"])
    eve = await house.town.page()
    await eve.grant("open", {"name": "Eve", "context": {"page": "/", "verified": "c-42"}})
    await eve.grant("say", {"ask_id": "1", "text": "Hello"})
    told = await pre_engagement(house, name="Eve")
    assert (True, "/") == ("verified" not in told, told["page"])


async def test_the_same_identity_on_another_device_goes_on_with_the_same_chat(house: House) -> None:
    """Begun at the desk, continued on the telephone; and the telephone's loss can be mended alone."""
    desk = await house.town.page({"identity": house.identity("c-42", name="Ada")})
    opened = await desk.grant("open")
    phone = await house.town.page({"identity": house.identity("c-42", name="Ada")})
    told = await phone.hears("opened")
    assert opened["chat"]["id"] == told["chat"]["id"]
    await desk.grant("say", {"ask_id": "1", "text": "Hello"})
    assert "Hello" == (await phone.hears("said"))["message"]["text"]
    await phone.grant("forget")
    assert await has_no_chat(phone)
    assert opened["chat"]["id"] == (await desk.grant("resume", {}))["chat"]["id"]


async def test_another_identity_never_sees_the_chat(house: House) -> None:
    """However alike the two are written."""
    ada = await house.town.page({"identity": house.identity("c-42")})
    await ada.grant("open")
    for sub in ("c-4", "C-42", "c-42 ", "c-042"):
        assert await has_no_chat(await house.town.page({"identity": house.identity(sub)}))


@pytest.mark.parametrize("former", ["c-1", None], ids=["a customer", "nobody known"])
async def test_whoever_logs_in_on_a_shared_computer_sees_nothing_of_the_former_visitor(
    house: House, former: str | None
) -> None:
    """The former's token still lies in the browser; it is good no more, also after the second has logged out."""
    auth = {} if former is None else {"identity": house.identity(former)}
    first = await house.town.page(auth)
    opened = await first.grant("open")
    second = await house.town.page({"identity": house.identity("c-2"), "token": opened["token"]})
    assert await has_no_chat(second)
    await gone(first)
    assert "bad_token" == (await house.refused(token=opened["token"]))["code"]
    assert opened["chat"]["id"] != (await second.grant("open"))["chat"]["id"]


async def test_a_customer_may_reconnect_with_the_token_alone(house: House) -> None:
    """Identities are short-lived: a line that breaks later must not need a fresh one."""
    page = await house.town.page({"identity": house.identity("c-42", name="Ada")})
    opened = await page.grant("open")
    house.pass_seconds(DAY)
    again = await house.town.page({"token": opened["token"]})
    assert opened["chat"]["id"] == (await again.hears("opened"))["chat"]["id"]
    await again.grant("end")
    await again.grant("open")
    await again.grant("say", {"ask_id": "1", "text": "Hello"})
    assert {"id": "c-42", "name": "Ada"} == (await pre_engagement(house, name="Ada"))["verified"]


async def test_with_an_identity_a_bad_token_does_no_harm(house: House) -> None:
    """The identity says who it is; the token is only what is left over."""
    page = await house.town.page({"identity": house.identity("c-42"), "token": "left over"})
    await page.grant("open")


async def test_a_forged_or_expired_identity_is_refused_with_a_code_and_words(house: House) -> None:
    """Also beside a good token: a page that claims to know who it is must be right."""
    _, opened = await house.town.visitor()
    late = house.identity("c-42", exp=time.time() - 60)
    for identity, words in (("forged", "JWT"), (late, "expired")):
        for auth in ({"identity": identity}, {"identity": identity, "token": opened["token"]}):
            refusal = await house.refused(**auth)
            assert ("bad_identity", True) == (refusal["code"], words in refusal["message"])


async def test_five_lines_can_come_back_too(house: House) -> None:
    """The namespace `/` tells the token that stands for the one it came with."""
    page = await house.town.page(namespace="/")
    await page.emit("chat message", "Hello")
    first = await page.hears("token")
    house.pass_seconds(DAY)
    again = await house.town.page({"token": first}, namespace="/")
    assert first != await again.hears("token")
    assert "Hello" == await again.hears("chat message")
    named = await house.town.page({"identity": house.identity("c-42", name="Ada")}, namespace="/")
    await named.emit("chat message", "Hello")
    assert {"id": "c-42", "name": "Ada"} == (await pre_engagement(house, name="Ada"))["verified"]
