"""A front end made for Twilio's Webchat React App works against this server unchanged."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from tests.journeys.town import BACK_ENDS, SEED, Town, open_town

SHOP = "https://shop.example.com"
SECRET = "s" * 32


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """With an API key, the two routes are there."""
    key: dict[str, Any] = {
        "twilio_api_key_sid": SEED.api_key_sid,
        "twilio_api_key_secret": SECRET,
        "allowed_origins": [SHOP],
    }
    async with open_town(tmp_path, **BACK_ENDS["webchats"], **key) as opened:
        yield opened


async def ask(town: Town, path: str, body: object, *, origin: str = SHOP) -> tuple[int, Any, Any]:
    async with town.http.post(town.url + path, json=body, headers={"Origin": origin}) as answer:
        return answer.status, await answer.json(), answer.headers


async def test_a_webchat_is_opened_with_a_token_for_it(town: Town) -> None:
    """Token, conversation and end, under the names the app reads."""
    form = {"friendlyName": "Ada", "query": "My bike squeaks"}
    status, told, headers = await ask(town, "/initWebchat", {"formData": form})
    assert (200, SHOP) == (status, headers["Access-Control-Allow-Origin"])
    claims = jwt.decode(told["token"], SECRET, algorithms=["HS256"], options={"verify_aud": False})
    assert (SEED.account_sid, SEED.api_key_sid) == (claims["sub"], claims["iss"])
    assert SEED.chat_service_sid == claims["grants"]["chat"]["service_sid"]
    assert told["conversationSid"] in (await town.twilio.state())["channels"]
    assert claims["exp"] * 1000 == pytest.approx(told["expiration"], abs=2000)


async def test_a_token_is_renewed_for_the_same_customer(town: Town) -> None:
    """Before it ends; a foreign one is not."""
    _, told, _ = await ask(town, "/initWebchat", {"formData": {}})
    status, renewed, _ = await ask(town, "/refreshToken", {"token": told["token"]})
    assert (200, {"token", "expiration"}) == (status, set(renewed))
    before, after = (jwt.decode(one["token"], options={"verify_signature": False}) for one in (told, renewed))
    assert before["grants"]["identity"] == after["grants"]["identity"]
    foreign = jwt.encode({"grants": {"identity": "ada"}, "exp": 2_000_000_000}, "x" * 32)
    assert 403 == (await ask(town, "/refreshToken", {"token": foreign}))[0]


async def test_a_foreign_origin_is_refused(town: Town) -> None:
    """Another site must not open webchats in our name."""
    status, told, headers = await ask(town, "/initWebchat", {"formData": {}}, origin="https://evil.example.com")
    assert (403, True) == (status, "ALLOWED_ORIGINS" in told["error"])
    assert "Access-Control-Allow-Origin" not in headers


async def test_a_preflight_is_answered(town: Town) -> None:
    """A browser asks before it posts JSON to another origin."""
    async with town.http.options(town.url + "/initWebchat", headers={"Origin": SHOP}) as answer:
        assert 204 == answer.status
        assert "Content-Type" == answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("body", [[], "text", {"formData": "Ada"}, {"formData": {"friendlyName": 7}}])
async def test_a_bad_body_is_400(town: Town, body: object) -> None:
    """And says where it is wrong."""
    status, told, _ = await ask(town, "/initWebchat", body)
    assert (400, True) == (status, bool(told["error"]))


async def test_an_address_opens_so_many(tmp_path: Path) -> None:
    """Each is a task for an agent; 2 sockets of an address stand for 4 handshakes at once. A page may read why not."""
    key: dict[str, Any] = {"twilio_api_key_sid": SEED.api_key_sid, "twilio_api_key_secret": SECRET}
    more: dict[str, Any] = {"allowed_origins": [SHOP], "sockets_per_address": 2}
    async with open_town(tmp_path, **BACK_ENDS["webchats"], **key, **more) as paced:
        answers = [await ask(paced, "/initWebchat", {"formData": {}}) for _ in range(20)]
    assert (200, 429) == (answers[0][0], answers[-1][0])
    assert (SHOP, True) == (answers[-1][2]["Access-Control-Allow-Origin"], "Retry-After" in answers[-1][2])


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_body_of_another_kind_is_415(town: Town, kind: str) -> None:
    """A page of any origin may post these without asking first; JSON it may not."""
    headers = {"Origin": SHOP, "Content-Type": kind}
    async with town.http.post(town.url + "/initWebchat", data=b'{"formData": {}}', headers=headers) as answer:
        assert 415 == answer.status


async def test_without_an_api_key_the_routes_are_not_there(tmp_path: Path) -> None:
    """Off unless asked for."""
    async with open_town(tmp_path, **BACK_ENDS["webchats"]) as closed:
        assert 404 == (await ask(closed, "/initWebchat", {"formData": {}}))[0]
