"""The log of a whole life of the server, as a process: it tells what happened, and nothing that is anybody's."""

import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
import socketio

from tests.flex.twilio import open_twilio
from tests.journeys.desk import Desk
from tests.journeys.page import Page
from tests.journeys.processes import Node, surroundings
from tests.journeys.test_bad_input import FIELDS
from tests.journeys.town import SEED
from tests.servers.ports import free_port
from tests.waiting import until
from tests.wall.street import HANDSHAKE, Poller, websocket

ROOT = Path(__file__).parents[2]
PLANTED = "planted"
"""Stands in all that is somebody's: texts, names, addresses, tokens, queries, headers, events that do not exist."""
ADDRESS = "203.0.113.77"
KEYS = {
    "TOKEN_KEYS": "planted-token-key-of-32-characters-and-more",
    "IDENTITY_KEYS": "planted-identity-key-of-32-and-2",
}
BEHIND = {"X-Forwarded-For": ADDRESS, "X-Planted": PLANTED, "Cookie": f"a={PLANTED}", "User-Agent": PLANTED}


@dataclass(slots=True)
class Life(Desk):
    """The server, what talks to it, and every secret that came up."""

    url: str
    http: aiohttp.ClientSession
    log: Path
    secrets: set[str] = field(default_factory=set)

    async def logs(self, what: str, count: int) -> None:
        """Wait until this was logged so often."""
        await until(lambda: self.log.read_text().count(what) >= count, what=f"{count} × {what}")


@asynccontextmanager
async def _life(folder: Path) -> AsyncIterator[Life]:
    """A server that ends with the block, and whose log is whole then."""
    port = free_port()
    async with open_twilio() as twilio, aiohttp.ClientSession(headers=BEHIND) as http:
        given = {
            **surroundings(twilio, public_port=port),
            **KEYS,
            "DATABASE_URL": f"sqlite:///{folder / 'relay.db'}",
            "TRUSTED_PROXIES": "1",
            "LOG_LEVEL": "DEBUG",
        }
        node = Node(port, given, folder / "log")
        try:
            await node.start()
            yield Life(twilio, node.url, http, node.log, {SEED.auth_token, *KEYS.values()})
            node.signal(signal.SIGTERM)
            assert 0 == await node.ended()
        finally:
            await node.kill()


async def _a_chat(life: Life) -> None:
    """A visitor whom the company knows talks with an agent; Twilio stumbles over one of their texts."""
    claims = {"aud": life.url, "sub": "customer-planted", "name": "Ada Planted"}
    good, old = (jwt.encode({**claims, "exp": time.time() + ends}, KEYS["IDENTITY_KEYS"]) for ends in (300, -300))
    for auth in ({"identity": old}, {"token": PLANTED}, {"token": old}):
        with pytest.raises(socketio.exceptions.ConnectionError):
            await Page(life.url).connect(auth)
    page = await Page(life.url).connect({"identity": good})
    context = {"email": "ada@planted.example", "street": "Planted Street 7"}
    token = (await page.grant("open", {"name": "Ada Planted", "context": context}))["token"]
    life.secrets |= {good, old, token}
    await page.grant("say", {"ask_id": "planted", "text": PLANTED})
    await life.agent_says(await life.accepted(), "planted answer")
    await page.hears("said")
    await _twilio_stumbles(life, "too_many", "broken_json", "unauthorized")
    for number in range(3):
        await page.grant("say", {"ask_id": f"planted {number}", "text": f"planted text {number}"})
    await life.logs("Delivery waits.", 3)
    await _twilio_stumbles(life, "not_found")
    await page.ask("say", {"ask_id": "planted 3", "text": "planted text 3"})  # unless one before it has ended the chat
    await life.logs("Delivery buried.", 1)
    await page.close()


async def _twilio_stumbles(life: Life, *faults: str) -> None:
    """Once in each of these ways, over the texts that come next."""
    await life.befall(*({"fault": fault, "route": "POST .*/Messages$", "count": 1} for fault in faults))


async def _strangers(life: Life) -> None:
    """Whatever comes to the wall with something secret in it."""
    raw = await (await websocket(life.http, life.url)).join()
    await raw.ask(PLANTED, {"text": PLANTED})
    for frame in (f"4{PLANTED}", f'42/chat,["{PLANTED}"', f"9{PLANTED}", f'42/chat,["say",{{"text":"{PLANTED}"}}]'):
        stranger = await (await websocket(life.http, life.url)).join({"chat": PLANTED})
        await stranger.send(frame, f"4{PLANTED}")
        await stranger.ends()
    poller = await Poller(life.http, life.url).join()
    life.secrets.add(poller.sid)
    assert 400 == (await poller.post(f"4{PLANTED}"))[0]
    for path in (f"/{PLANTED}", f"/live?token={PLANTED}", f"{HANDSHAKE}polling&sid={PLANTED}", f"/page/{PLANTED}"):
        async with life.http.get(life.url + path) as answer:
            await answer.read()
    for headers in ({"X-Twilio-Signature": PLANTED}, {}, {"Content-Type": f"text/{PLANTED}"}):
        sent: Any = {**FIELDS, "Body": PLANTED, "From": "ada@planted.example"}
        async with life.http.post(f"{life.url}/new-message?{PLANTED}", data=sent, headers=headers) as answer:
            assert answer.status in {403, 415}


async def test_the_log_of_a_whole_life_holds_nothing_of_anybodys(tmp_path: Path) -> None:
    """At every level, from the start to the stop; lines say which request or chat they are about instead."""
    async with _life(tmp_path) as life:
        await _a_chat(life)
        await _strangers(life)
        await life.logs("Webhook refused.", 2)
    written = life.log.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert [] == [line for line in lines if not line["event"].endswith(".")]
    assert [] == [line for line in lines if "request" not in line and "chat" not in line]
    assert [] == [line for line in lines if PLANTED in json.dumps(line).lower()]
    assert [] == [line for line in lines if any(secret in json.dumps(line) for secret in {*life.secrets, ADDRESS})]
