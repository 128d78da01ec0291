"""Webhooks carry what Twilio's carry: held against captured traffic, and verified with Twilio's own validator."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from tests.shared import webhook_samples
from tests.simulator.house import EVERYTHING, HEARD, House
from tests.simulator.receiver import Delivery

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SCOPED = {"WebhookType", "WebhookSid"}


def sample(n: int) -> dict[str, Any]:
    found: dict[str, Any] = next(sample for sample in webhook_samples() if sample["n"] == n)["fields"]
    return found


async def event(house: House, name: str) -> Delivery:
    arrived = await house.receiver.until(lambda all_: any(each.fields["EventType"] == name for each in all_))
    return next(each for each in arrived if each.fields["EventType"] == name)


async def test_an_agents_message_looks_like_the_captured_one(house: House) -> None:
    """Field names and spellings are all that a receiver has."""
    channel, _ = await house.accepted()
    await house.desk("POST", f"channels/{channel}/messages", {"body": "Алло!"})
    got = await event(house, "onMessageSent")

    assert set(sample(1)) | SCOPED == set(got.fields)
    expected = {"Source": "SDK", "ClientIdentity": "alex", "From": "alex", "Index": "1", "Body": "Алло!"}
    assert expected == {name: got.fields[name] for name in expected}
    assert {"RetryCount": "0", "Attributes": "{}", "WebhookType": "webhook"}.items() <= got.fields.items()
    assert MOMENT.fullmatch(got.fields["DateCreated"])
    assert "Body=%D0%90%D0%BB%D0%BB%D0%BE%21" in got.raw


async def test_a_heard_rest_message_looks_like_the_captured_one(house: House) -> None:
    """Our own words come back as an echo, without a ClientIdentity."""
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent")
    await house.say(channel, "message 1")
    got = await event(house, "onMessageSent")

    assert set(sample(3)) | SCOPED == set(got.fields)
    assert ("API", "vera") == (got.fields["Source"], got.fields["From"])


async def test_the_agent_leaving_looks_like_the_captured_one(house: House) -> None:
    """`Reason` LEFT, and whom it was: `member_type` agent."""
    _, task = await house.accepted()
    await house.desk("POST", f"tasks/{task}/end")
    got = await event(house, "onMemberRemoved")

    assert set(sample(5)) | SCOPED == set(got.fields)
    assert {"Reason": "LEFT", "Attributes": sample(5)["Attributes"], "Identity": "alex"}.items() <= got.fields.items()
    assert got.fields["DateCreated"] <= got.fields["DateRemoved"]


async def test_the_end_of_a_chat_looks_like_the_captured_one(house: House) -> None:
    """The only sign of the end is an attribute; the flex ones are all still there."""
    _, task = await house.accepted(ChatUniqueName="u", Target="pgian")
    await house.desk("POST", f"tasks/{task}/end")
    got = await event(house, "onChannelUpdated")

    assert set(sample(6)) == set(got.fields)
    assert {**json.loads(sample(6)["Attributes"]), "task_sid": task} == json.loads(got.fields["Attributes"])
    assert ("SDK", "alex", "private") == tuple(got.fields[n] for n in ("Source", "ClientIdentity", "ChannelType"))


async def test_an_absent_value_is_left_out_not_sent_empty(house: House) -> None:
    """A channel without a unique name has no UniqueName field."""
    _, task = await house.accepted()
    await house.desk("POST", f"tasks/{task}/end")

    assert set(sample(6)) - {"UniqueName"} == set((await event(house, "onChannelUpdated")).fields)


async def test_a_file_is_an_event_of_its_own(house: House) -> None:
    """Who listens to onMessageSent only never hears of files."""
    channel, _ = await house.accepted()
    told = {"media": {"filename": "Plan ü.pdf", "content_type": "application/pdf"}}
    await house.desk("POST", f"channels/{channel}/messages", told)
    got = await event(house, "onMediaMessageSent")

    assert set(sample(1)) - {"Body"} | SCOPED | {"MediaSid", "MediaContentType", "MediaFilename"} == set(got.fields)
    assert ("Plan ü.pdf", "application/pdf") == (got.fields["MediaFilename"], got.fields["MediaContentType"])


async def test_rest_is_heard_only_with_the_header_on_that_very_request(house: House) -> None:
    """For every kind of write, removal included."""
    channel = await house.open_channel()
    await house.hang(channel, *EVERYTHING)
    at = f"{house.service}/Channels/{channel}"
    for headers in (None, {"X-Twilio-Webhook-Enabled": "false"}, HEARD):
        said = await house.say(channel, heard=headers is HEARD)
        message = f"{at}/Messages/{said.json['sid']}"
        await house.rest("POST", message, headers=headers, Body="better", LastUpdatedBy="vera")
        await house.rest("DELETE", message, headers=headers)
        await house.rest("POST", f"{at}/Members", headers=headers, Identity="walt")
        await house.rest("POST", f"{at}/Members/walt", headers=headers, LastConsumedMessageIndex=0)
        await house.rest("DELETE", f"{at}/Members/walt", headers=headers)
        await house.rest("POST", at, headers=headers, FriendlyName="new")
    await house.rest("DELETE", at, headers=HEARD)

    expected = ["Message" + e for e in ("Sent", "Updated", "Removed")] + ["Member" + e for e in _LIFE]
    assert ["on" + each for each in (*expected, "ChannelUpdated", "ChannelDestroyed")] == await house.delivered()
    by_type = {each.fields["EventType"]: each.fields for each in house.receiver.deliveries}
    assert "vera" == by_type["onMessageUpdated"]["ModifiedBy"]
    assert "0" == by_type["onMemberUpdated"]["LastConsumedMessageIndex"]


_LIFE = ("Added", "Updated", "Removed")


async def test_the_agents_deeds_are_always_heard(house: House) -> None:
    """Flex goes through the SDK, where no header is needed."""
    channel, task = await house.accepted()
    await house.desk("POST", f"channels/{channel}/messages", {"body": "hi"})
    await house.desk("POST", f"tasks/{task}/end")

    assert ["onMemberAdded", "onMessageSent", "onChannelUpdated", "onMemberRemoved"] == await house.delivered()
    assert {"alex"} == {each.fields["ClientIdentity"] for each in house.receiver.deliveries}


async def test_a_webhook_hears_only_what_it_asked_for(house: House) -> None:
    """Filters are exact names."""
    channel = await house.open_channel()
    await house.hang(channel, "onMemberAdded")
    await house.say(channel)

    assert [] == await house.delivered()


async def test_the_same_webhook_twice_is_told_twice(house: House) -> None:
    """Twilio does not notice; whoever retries `open` has to look first."""
    channel = await house.open_channel()
    hooks = [await house.hang(channel, "onMessageSent") for _ in range(2)]
    await house.say(channel)

    await house.delivered()
    assert set(hooks) == {each.fields["WebhookSid"] for each in house.receiver.deliveries}


async def test_a_trigger_hears_its_words_only(house: House) -> None:
    """Its words are shown as filters, as Twilio shows them."""
    channel = await house.open_channel()
    hook = await house.hang(channel, Type="trigger", Configuration__Triggers=["help", "agent"])
    await house.say(channel, "hello")
    await house.say(channel, "an agent, please")
    found = await house.rest("GET", f"{house.service}/Channels/{channel}/Webhooks/{hook}")

    assert ["onMessageSent"] == await house.delivered()
    assert "trigger" == house.receiver.deliveries[0].fields["WebhookType"]
    assert ["help", "agent"] == found.json["configuration"]["filters"]


async def test_the_service_has_a_webhook_of_its_own(house: House) -> None:
    """It hears all channels and also users; its requests name no webhook."""
    url = house.receiver.address + "/service"
    filters = ["onMessageSent", "onUserAdded"]
    await house.rest("POST", house.service, PostWebhookUrl=url, WebhookFilters=filters, WebhookMethod="POST")
    await house.rest("POST", f"{house.service}/Users", headers=HEARD, Identity="walt")
    await house.say(await house.open_channel())

    await house.delivered()
    by_type = {each.fields["EventType"]: each.fields for each in house.receiver.deliveries}
    assert set(filters) == set(by_type)
    assert "walt" == by_type["onUserAdded"]["Identity"]
    assert not SCOPED & set(by_type["onMessageSent"])


async def test_the_request_is_twilios(house: House) -> None:
    """Headers, encoding and signature, as captured."""
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent", path="/hook?shop=a%20b&x=1")
    await house.say(channel, "ü + & = ~ \n\t\"'")
    got = await event(house, "onMessageSent")

    assert ("POST", "ü + & = ~ \n\t\"'") == (got.method, got.fields["Body"])
    assert "application/x-www-form-urlencoded; charset=utf-8" == got.headers["Content-Type"]
    assert ("TwilioProxy/1.1", "*/*") == (got.headers["User-Agent"], got.headers["Accept"])
    assert re.fullmatch(r"[0-9a-f-]{36}", got.headers["I-Twilio-Idempotency-Token"])
    assert got.url.endswith("/hook?shop=a%20b&x=1")
    assert is_signed(house, got, got.fields)


@given(body=st.text(max_size=40))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_a_get_webhook_is_signed_as_it_is_sent(house: House, body: str) -> None:
    """Its fields are in the query, whatever the visitor writes; the signature is over the address alone."""
    house.receiver.deliveries.clear()
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent", path="/hook?x=1", Configuration__Method="GET")
    await house.say(channel, body)
    got = await event(house, "onMessageSent")

    assert ("GET", body, "1") == (got.method, got.fields.get("Body"), got.fields["x"])
    assert is_signed(house, got, {})


def is_signed(house: House, got: Delivery, fields: dict[str, str]) -> bool:
    validator = RequestValidator(house.seed.auth_token)
    return bool(validator.validate(got.url, fields, got.headers["X-Twilio-Signature"]))
