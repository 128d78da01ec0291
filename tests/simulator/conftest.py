"""A fresh simulator for every test; whatever it answered well is held against Twilio's documents afterwards."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from middleware.simulator import LOG, Pace, RestEntry, Seed, build_simulator
from tests.contract.openapi import assert_contract
from tests.shared import SHARED
from tests.simulator.house import House
from tests.simulator.receiver import Receiver

_AIOHTTP_4 = ("ignore:BasicAuth is deprecated:DeprecationWarning", "ignore:The 'auth' parameter:DeprecationWarning")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Twilio's own client still speaks to aiohttp the way aiohttp 4 will not; that is its makers' to change."""
    for item in items:
        if isinstance(item, pytest.Function) and "twilio_client" in item.fixturenames:
            item.add_marker(pytest.mark.filterwarnings(*_AIOHTTP_4))


@pytest.fixture
def seed() -> Seed:
    return Seed()


@pytest.fixture
def desk_files() -> Path | None:
    return None


@pytest.fixture
def clock() -> Callable[[], float]:
    return time.monotonic


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", receiver.receive)
    async with TestServer(app) as server:
        receiver.address = str(server.make_url("")).rstrip("/")
        yield receiver


@pytest.fixture
def pace() -> Pace:
    return Pace(answer_within=1, pause=0)


@pytest.fixture
async def house(
    seed: Seed, receiver: Receiver, desk_files: Path | None, pace: Pace, clock: Callable[[], float]
) -> AsyncIterator[House]:
    app = build_simulator(seed, desk_files=desk_files, pace=pace, clock=clock)
    async with TestServer(app) as server, ClientSession() as http:
        yield House(app, str(server.make_url("")).rstrip("/"), seed, http, receiver)
    if SHARED.exists():
        assert_contract(
            entry for entry in app[LOG].after(0) if isinstance(entry, RestEntry) and (entry.status or 500) < 400
        )


@pytest.fixture
async def twilio_client(house: House) -> AsyncIterator[Client]:
    async with AsyncTwilioHttpClient() as http:
        client = Client(house.seed.account_sid, house.seed.auth_token, http_client=http)
        client.chat.base_url = client.flex_api.base_url = client.taskrouter.base_url = house.address
        client.conversations.base_url = house.address
        yield client
