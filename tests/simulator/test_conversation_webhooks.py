"""Conversations' webhooks carry what Twilio's carry: held against captured traffic and Twilio's tables."""

import json
import re
from typing import Any

from tests.shared import webhook_samples
from tests.simulator.house import HEARD, House
from tests.simulator.talks import EVERYTHING, accepted, event, hang, make, say
from tests.simulator.test_webhooks import MOMENT, is_signed

COMMON = {"AccountSid", "EventType", "Source", "RetryCount"}
WHOLE = {"ConversationSid", "DateCreated", "DateUpdated", "FriendlyName", "Attributes", "ChatServiceSid", "State"}
JOINED = {"ConversationSid", "ParticipantSid", "DateCreated", "Identity", "RoleSid", "Attributes"}
SPOKEN = {"ConversationSid", "MessageSid", "Index", "DateCreated", "Body", "Author", "ParticipantSid", "Attributes"}
# https://www.twilio.com/docs/conversations/conversations-webhooks, without what a chat in the browser does not have
FIELDS = {
    "onMessageAdded": SPOKEN,
    "onMessageUpdated": SPOKEN | {"DateUpdated"},
    "onMessageRemoved": SPOKEN | {"DateUpdated", "DateRemoved"},
    "onConversationUpdated": WHOLE,
    "onConversationStateUpdated": {
        "ConversationSid",
        "ChatServiceSid",
        "StateUpdated",
        "StateFrom",
        "StateTo",
        "Reason",
    },
    "onConversationRemoved": WHOLE | {"DateRemoved"},
    "onParticipantAdded": JOINED,
    "onParticipantUpdated": JOINED | {"DateUpdated", "LastReadMessageIndex"},
    "onParticipantRemoved": JOINED | {"DateUpdated", "DateRemoved"},
}


def sample(n: int) -> dict[str, Any]:
    found: dict[str, Any] = next(sample for sample in webhook_samples() if sample["n"] == n)["fields"]
    return found


async def live(house: House, talk: str, *, headers: dict[str, str] | None) -> None:
    """Every deed that webhooks can tell of, over REST."""
    at = f"/v1/Conversations/{talk}"
    said = await say(house, talk, heard=headers is HEARD)
    message = f"{at}/Messages/{said.json['sid']}"
    await house.rest("POST", message, headers=headers, Body="better")
    await house.rest("DELETE", message, headers=headers)
    await house.rest("POST", f"{at}/Participants", headers=headers, Identity="walt")
    await house.rest("POST", f"{at}/Participants/walt", headers=headers, LastReadMessageIndex=0)
    await house.rest("DELETE", f"{at}/Participants/walt", headers=headers)
    await house.rest("POST", at, headers=headers, State="inactive")
    await house.rest("POST", at, State="active")


async def test_an_agents_message_looks_like_the_captured_one(house: House) -> None:
    """Field names and spellings are all that a receiver has."""
    talk, _ = await accepted(house)
    await house.desk("POST", f"channels/{talk}/messages", {"body": "two"})
    got = await event(house, "onMessageAdded")

    assert set(sample(7)) == set(got.fields)
    expected = {"Source": "SDK", "ClientIdentity": "alex", "Author": "alex", "Index": "1", "Body": "two"}
    assert expected == {name: got.fields[name] for name in expected}
    assert ("0", "{}") == (got.fields["RetryCount"], got.fields["Attributes"])
    assert MOMENT.fullmatch(got.fields["DateCreated"])


async def test_the_request_is_twilios(house: House) -> None:
    """Headers and signature, as captured."""
    talk = await make(house)
    await hang(house, talk, "onMessageAdded", path="/hook?shop=a%20b")
    await say(house, talk, "ü + & = ~")
    got = await event(house, "onMessageAdded")

    captured = next(each for each in webhook_samples() if each["n"] == 7)["headers"]
    for name in ("content-type", "accept", "user-agent"):
        assert captured[name] == {key.lower(): value for key, value in got.headers.items()}[name]
    assert re.fullmatch(r"[0-9a-f-]{36}", got.headers["I-Twilio-Idempotency-Token"])
    assert is_signed(house, got, got.fields)


async def test_every_event_has_the_fields_of_twilios_tables(house: House) -> None:
    """No more, no fewer; a deed over REST has no ClientIdentity."""
    talk = await make(house)
    await hang(house, talk, *EVERYTHING)
    await live(house, talk, headers=HEARD)
    await house.rest("DELETE", f"/v1/Conversations/{talk}", headers=HEARD)

    await house.delivered()
    seen = {each.fields["EventType"]: each.fields for each in house.receiver.deliveries}
    assert {name: fields | COMMON for name, fields in FIELDS.items()} == {
        name: set(fields) for name, fields in seen.items()
    }
    assert {"API"} == {fields["Source"] for fields in seen.values()}
    assert ("active", "inactive", "API") == tuple(
        seen["onConversationStateUpdated"][name] for name in ("StateFrom", "StateTo", "Reason")
    )


async def test_rest_is_heard_only_with_the_header_on_that_very_request(house: House) -> None:
    """For every kind of write."""
    talk = await make(house)
    await hang(house, talk, *EVERYTHING)
    for headers in (None, {"X-Twilio-Webhook-Enabled": "false"}):
        await live(house, talk, headers=headers)

    assert [] == await house.delivered()


async def test_a_file_is_a_message_with_media(house: House) -> None:
    """One event for both; the files are JSON in a text."""
    talk, _ = await accepted(house)
    told = {"media": {"filename": "Plan ü.pdf", "content_type": "application/pdf"}}
    await house.desk("POST", f"channels/{talk}/messages", told)
    got = (await event(house, "onMessageAdded")).fields

    (file,) = json.loads(got["Media"])
    assert {"Filename": "Plan ü.pdf", "ContentType": "application/pdf", "Size": 1024}.items() <= file.items()
    assert ("ME", False) == (file["Sid"][:2], "Body" in got)


async def test_a_webhook_hears_only_what_it_asked_for(house: House) -> None:
    """Filters are exact names."""
    talk = await make(house)
    await hang(house, talk, "onParticipantAdded")
    await say(house, talk)

    assert [] == await house.delivered()


async def test_a_trigger_hears_its_words_only(house: House) -> None:
    """Its words are shown as triggers."""
    talk = await make(house)
    hung = await hang(house, talk, Target="trigger", Configuration__Triggers=["help", "agent"])
    await say(house, talk, "hello")
    await say(house, talk, "an agent, please")

    assert ["onMessageAdded"] == await house.delivered()
    assert ["help", "agent"] == hung.json["configuration"]["triggers"]


async def test_a_late_webhook_is_told_what_it_missed(house: House) -> None:
    """`ReplayAfter` is an index: that message and those after it, to this webhook alone."""
    talk = await make(house)
    await hang(house, talk, "onMessageAdded", path="/early")
    for heard in (True, False, True):
        await say(house, talk, heard=heard)
    await hang(house, talk, "onMessageAdded", path="/late", Configuration__ReplayAfter=1)

    await house.delivered()
    told = [(each.path, each.fields["Index"]) for each in house.receiver.deliveries]
    assert {"/early": ["0", "2"], "/late": ["1", "2"]} == {
        path: [index for at, index in told if at == path] for path in ("/early", "/late")
    }
    tokens = {each.headers["I-Twilio-Idempotency-Token"] for each in house.receiver.deliveries}
    assert 4 == len(tokens)


async def test_one_attempt_is_all_there_is(house: House) -> None:
    """Twilio promises no more for Conversations: a lost webhook is a gap to be repaired."""
    talk = await make(house)
    await hang(house, talk, "onMessageAdded")
    house.receiver.answers.extend([503, 200])
    await say(house, talk)

    assert ["onMessageAdded"] == await house.delivered()
    assert [503] == [entry["status"] for entry in house.log if entry["kind"] == "webhook"]


async def test_a_service_webhook_silences_the_accounts(house: House) -> None:
    """One of the two is heard, never both; new conversations are told of there only."""
    for path, name in (
        ("Configuration", "account"),
        (f"Services/{house.seed.chat_service_sid}/Configuration", "service"),
    ):
        form: dict[str, Any] = {
            "PostWebhookUrl": f"{house.receiver.address}/{name}",
            "Filters": ["onConversationAdded"],
            "Method": "POST",
        }
        set_up = await house.rest("POST", f"/v1/{path}/Webhooks", **form)
        assert form["PostWebhookUrl"] == set_up.json["post_webhook_url"]
        await house.rest("POST", "/v1/Conversations", headers=HEARD, FriendlyName="Vera")
        await house.delivered()

    assert ["/account", "/service"] == [each.path for each in house.receiver.deliveries]
    assert [WHOLE | COMMON] * 2 == [set(each.fields) for each in house.receiver.deliveries]


async def test_mischief_befalls_them_as_any_other(house: House) -> None:
    """A plan need not know which stack it troubles."""
    talk = await make(house)
    await hang(house, talk, "onMessageAdded")
    rules = [{"fault": "repeat", "copies": [2, 2], "route": "^onMessageAdded"}]
    await house.ask("PUT", "/desk/api/mischief", headers={}, json={"rules": rules})
    await say(house, talk)

    assert ["onMessageAdded"] * 3 == await house.delivered()
    assert 1 == len({each.headers["I-Twilio-Idempotency-Token"] for each in house.receiver.deliveries})
