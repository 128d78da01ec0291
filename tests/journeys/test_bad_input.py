"""At every wall: what is not right gets a clear answer, and changes nothing."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import socketio
from twilio.request_validator import RequestValidator

from tests.journeys.page import Page
from tests.journeys.town import SEED, Town, open_town
from tests.waiting import until

CHANNEL = "CH" + "0" * 32
FIELDS = {
    "AccountSid": SEED.account_sid,
    "EventType": "onMessageSent",
    "ChannelSid": CHANNEL,
    "MessageSid": "IM" + "0" * 32,
    "Index": "0",
    "From": "alex",
    "Body": "Hello",
    "Source": "SDK",
}


async def post(town: Town, path: str, fields: dict[str, str], **headers: str) -> tuple[int, str]:
    signature = RequestValidator(SEED.auth_token).compute_signature(town.url + path, fields)
    sent = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded", **headers}
    async with town.http.post(town.url + path, data=urlencode(fields), headers=sent) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("ask", "payload", "code"),
    [
        ("say", None, "bad_ask"),
        ("say", "Hello", "bad_ask"),
        ("say", {"ask_id": "1"}, "bad_ask"),
        ("say", {"ask_id": "1", "text": ""}, "bad_ask"),
        ("say", {"ask_id": "1", "text": "x" * 200_000}, "bad_ask"),
        ("say", {"ask_id": "1", "text": {"deep": "object"}}, "bad_ask"),
        ("open", {"name": ""}, "bad_ask"),
        ("open", {"name": 7}, "bad_ask"),
        ("resume", {"after": -1}, "bad_ask"),
        ("resume", {"after": "all"}, "bad_ask"),
        ("shout", {"text": "Hello"}, "unknown_ask"),
        ("", {}, "unknown_ask"),
    ],
)
async def test_a_bad_ask_is_refused_and_changes_nothing(town: Town, ask: str, payload: object, code: str) -> None:
    """The socket lives on, the chat is as it was, Flex hears nothing."""
    page, _ = await town.visitor()
    answer = await page.ask(ask, payload)
    assert (False, code) == (answer["ok"], answer["error"]["code"])
    assert answer["error"]["message"]
    assert [] == (await page.grant("resume", {"after": 0}))["messages"]
    assert [] == (await town.twilio.state())["tasks"]


async def test_asks_before_open_are_refused_with_what_to_do(town: Town) -> None:
    """`not_open`, for each of them."""
    page = await town.page()
    for ask, payload in (("say", {"ask_id": "1", "text": "Hello"}), ("end", {}), ("resume", {"after": 0})):
        answer = await page.ask(ask, payload)
        assert ("not_open", True) == (answer["error"]["code"], "`open`" in answer["error"]["message"])


@pytest.mark.parametrize("auth", [{"token": "forged"}, {"token": 7}, {"after": -1}, {"chat": ""}])
async def test_a_bad_greeting_is_refused_with_a_code(town: Town, auth: dict[str, object]) -> None:
    """The page forgets its token and connects anew."""
    page = Page(town.url)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await page.connect(auth)
    await until(lambda: page.refusal, what="the refusal")
    assert page.refusal["data"]["code"] in {"bad_token", "bad_ask"}


async def test_a_client_cannot_call_the_connect_handler_with_an_identity_of_its_choice(town: Town) -> None:
    """The library would hand a client's `connect` event to the handler as if it were its own."""
    ada, opened = await town.visitor()
    await ada.grant("say", {"ask_id": "1", "text": "a secret"})
    mallory = await town.page()
    await mallory.emit("connect", ({"REMOTE_ADDR": "x"}, {"token": opened["token"]}))
    await mallory.emit("disconnect", "x")
    assert "not_open" == (await mallory.ask("resume", {"after": 0}))["error"]["code"]


@pytest.mark.parametrize("path", ["/new-message", "/channel-update"])
async def test_a_forged_webhook_is_403(town: Town, path: str) -> None:
    """Unsigned, signed by another, or signed for another address."""
    status, said = await post(town, path, FIELDS, **{"X-Twilio-Signature": "forged"})
    assert (403, True) == (status, "X-Twilio-Signature" in said)
    async with town.http.post(town.url + path, data=FIELDS) as answer:
        assert 403 == answer.status
    status, _ = await post(town, path, {**FIELDS, "AccountSid": "AC" + "9" * 32})
    assert 403 == status


async def test_webhooks_signed_with_the_next_token_are_taken_while_it_is_changed(tmp_path: Path) -> None:
    """Twilio signs with the new one from the moment somebody promotes it, and with no third one."""
    following = "n" * 32
    async with open_town(tmp_path, twilio_auth_token_next=following) as town:
        for token, status in ((SEED.auth_token, 200), (following, 200), ("another", 403)):
            signature = RequestValidator(token).compute_signature(town.url + "/new-message", FIELDS)
            assert status == (await post(town, "/new-message", FIELDS, **{"X-Twilio-Signature": signature}))[0]


async def test_a_replayed_webhook_is_200_and_changes_nothing(town: Town) -> None:
    """M24: Twilio signs no time, so whoever got hold of one can send it for ever; headers are not signed at all."""
    page, _ = await town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Ada")
    fields = {**FIELDS, "ChannelSid": channel, "Index": "1", "Body": "Hi Ada"}
    for number in range(5):
        assert (200, "") == await post(town, "/new-message", fields, **{"I-Twilio-Idempotency-Token": f"{number}"})
    await page.hears("said")
    resumed = await page.grant("resume", {"after": 0})
    assert ["Hello", "Hi Ada"] == [message["text"] for message in resumed["messages"]]
    assert ["Hi Ada"] == page.texts()


@pytest.mark.parametrize("missing", ["ChannelSid", "MessageSid", "Index", "From", "EventType"])
async def test_an_incomplete_webhook_is_400(town: Town, missing: str) -> None:
    """Signed, but half a message is none."""
    status, said = await post(town, "/new-message", {k: v for k, v in FIELDS.items() if k != missing})
    assert (400, True) == (status, missing in said)


async def test_a_webhook_of_an_unknown_channel_is_200_and_nothing(town: Town) -> None:
    """Another application's channel in the same service: none of our business, and no reason to ask again."""
    page, _ = await town.visitor()
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    await town.accepted()
    assert (200, "") == await post(town, "/new-message", FIELDS)
    assert (200, "") == await post(town, "/channel-update", {**FIELDS, "EventType": "somethingNew"})
    assert [] == page.told("said")


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_a_webhook_of_another_content_type_is_415(town: Town, content_type: str) -> None:
    """Twilio sends forms."""
    status, said = await post(town, "/new-message", FIELDS, **{"Content-Type": content_type})
    assert (415, True) == (status, "Content-Type" in said)


async def test_a_webhook_that_is_too_large_is_413(town: Town) -> None:
    """Refused before anything is parsed."""
    status, _ = await post(town, "/new-message", {**FIELDS, "Body": "x" * 400_000})
    assert 413 == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/new-message", 405), ("GET", "/nothing-here", 404), ("POST", "/", 405), ("GET", "/page/../app.py", 404)],
)
async def test_other_requests_get_an_error_in_json(town: Town, method: str, path: str, status: int) -> None:
    """A person or a program can read it."""
    async with town.http.request(method, town.url + path) as answer:
        told: Any = await answer.json()
        assert (status, True) == (answer.status, bool(told["error"]))


async def test_a_page_of_a_foreign_origin_may_not_connect(town: Town) -> None:
    """Another site must not speak with our visitor's browser."""
    url = town.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await town.http.ws_connect(url, headers={"Origin": "https://evil.example.com"})
    assert 403 == refusal.value.status
