"""Conversations over REST: made, changed, closed for good, at both of their addresses."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulator.house import HEARD, Answer, House
from tests.simulator.talks import make, say

CHANGES: dict[str, tuple[str, str, dict[str, str]]] = {
    "conversation": ("POST", "", {"FriendlyName": "late"}),
    "state": ("POST", "", {"State": "active"}),
    "message": ("POST", "/Messages", {"Body": "late"}),
    "change of a message": ("POST", "/Messages/{message}", {"Body": "late"}),
    "removal of a message": ("DELETE", "/Messages/{message}", {}),
    "participant": ("POST", "/Participants", {"Identity": "walt"}),
    "change of a participant": ("POST", "/Participants/vera", {"LastReadMessageIndex": "0"}),
    "removal of a participant": ("DELETE", "/Participants/vera", {}),
    "webhook": ("POST", "/Webhooks", {"Target": "webhook", "Configuration__Url": "http://x"}),
}


async def fetch(house: House, path: str) -> Any:
    return (await house.rest("GET", f"/v1/Conversations/{path}")).json


async def change(house: House, talk: str, **form: Any) -> Answer:
    return await house.rest("POST", f"/v1/Conversations/{talk}", **form)


@pytest.mark.parametrize("base", ["/v1", "/v1/Services/{service}"])
async def test_a_conversation_is_found_at_both_of_its_addresses(house: House, base: str) -> None:
    """The default service is the Flex one; clients use either."""
    here = base.format(service=house.seed.chat_service_sid)
    form: dict[str, Any] = {"UniqueName": "vera-1", "Attributes": '{"from": "Vera"}', "Timers__Closed": "P3D"}
    made = await house.rest("POST", f"{here}/Conversations", **form)
    assert (201, "active", '{"from": "Vera"}') == (made.status, made.json["state"], made.json["attributes"])
    sid = made.json["sid"]

    message = await house.rest("POST", f"{here}/Conversations/vera-1/Messages", Author="vera", Body="hi")
    person = await house.rest("POST", f"{here}/Conversations/vera-1/Participants", Identity="vera")
    hook = await house.rest(
        "POST", f"{here}/Conversations/{sid}/Webhooks", Target="webhook", Configuration__Url="http://x"
    )
    for made in (message, person, hook):
        assert (201, sid, made.json["url"].startswith(house.address + here)) == (
            made.status,
            made.json["conversation_sid"],
            True,
        )
        assert ("Services" in here) is ("chat_service_sid" in made.json)
    for path in ("vera-1", "vera-1/Participants/vera", f"vera-1/Messages/{message.json['sid']}"):
        assert 200 == (await house.rest("GET", f"{here}/Conversations/{path}")).status


async def test_a_unique_name_is_taken_once(house: House) -> None:
    """Whoever retries a create finds out that it had succeeded."""
    await make(house, UniqueName="vera-1")
    again = await house.rest("POST", "/v1/Conversations", UniqueName="vera-1")

    assert (409, 50353) == (again.status, again.json["code"])


async def test_a_name_can_be_given_up_and_taken(house: House) -> None:
    """The old name leads nowhere then."""
    talk = await make(house, UniqueName="old")
    await change(house, talk, UniqueName="new")

    assert talk == (await fetch(house, "new"))["sid"]
    assert 404 == (await house.rest("GET", "/v1/Conversations/old")).status


@pytest.mark.parametrize(
    "path", ["initializing active inactive active closed", "initializing inactive closed", "inactive closed"]
)
async def test_a_conversation_goes_through_its_states(house: House, path: str) -> None:
    """There and back, until it is closed."""
    first, *others = path.split()
    talk = await make(house, State=first)
    assert [(200, state) for state in others] == [
        (answer.status, answer.json["state"]) for answer in [await change(house, talk, State=to) for to in others]
    ]


async def test_a_conversation_begins_neither_closed_nor_anew(house: House) -> None:
    """The first has a code of its own."""
    closed = await house.rest("POST", "/v1/Conversations", State="closed")
    back = await change(house, await make(house), State="initializing")

    assert [(400, 50384), (400, 20001)] == [(answer.status, answer.json["code"]) for answer in (closed, back)]


@pytest.mark.parametrize(("method", "path", "form"), CHANGES.values(), ids=CHANGES)
async def test_closed_is_final(house: House, method: str, path: str, form: dict[str, Any]) -> None:
    """Every write is refused with the same code; reading and removing stay possible."""
    talk = await make(house)
    message = (await say(house, talk)).json["sid"]
    await change(house, talk, State="closed")
    refused = await house.rest(method, f"/v1/Conversations/{talk}{path.format(message=message)}", **form)

    assert (400, 50377) == (refused.status, refused.json["code"])
    assert 1 == len((await fetch(house, f"{talk}/Messages"))["messages"])
    assert 204 == (await house.rest("DELETE", f"/v1/Conversations/{talk}")).status


async def test_timers_run_from_the_last_word(house: House) -> None:
    """They are shown as moments, and only while they can run."""
    talk = await make(house, Timers__Inactive="PT1M", Timers__Closed="P1DT10M")
    begun = datetime.now(UTC)
    shown = (await fetch(house, talk))["timers"]
    expected = {"date_inactive": timedelta(minutes=1), "date_closed": timedelta(days=1, minutes=10)}
    assert set(expected) == set(shown)
    for name, length in expected.items():
        assert abs(datetime.fromisoformat(shown[name]) - begun - length) < timedelta(seconds=5)

    assert {"date_closed"} == set((await change(house, talk, State="inactive")).json["timers"])
    assert {} == (await change(house, talk, State="closed")).json["timers"]


@pytest.mark.parametrize(
    ("timer", "told"),
    [
        ({"Timers__Inactive": "PT59S"}, "too short"),
        ({"Timers__Closed": "PT9M"}, "too short"),
        ({"Timers__Closed": "soon"}, "not an ISO 8601 duration"),
        ({"Timers__Closed": "P"}, "not an ISO 8601 duration"),
        ({"Timers__Closed": "PT"}, "not an ISO 8601 duration"),
        ({"Timers__Closed": "P999999999W"}, "too long"),
    ],
    ids=str,
)
async def test_a_bad_timer_is_refused(house: House, timer: dict[str, Any], told: str) -> None:
    """A minute and ten minutes are the least."""
    refused = await house.rest("POST", "/v1/Conversations", **timer)

    assert (400, True) == (refused.status, told in refused.json["message"])


@pytest.mark.parametrize(("path", "most"), [("", 16), ("/Messages", 4), ("/Participants/vera", 4)])
async def test_attributes_have_their_limits(house: House, path: str, most: int) -> None:
    """16 KB for a conversation, 4 KB for its parts."""
    talk = await make(house)
    for size, status in ((most * 1024, {200, 201}), (most * 1024 + 1, {400})):
        answer = await house.rest("POST", f"/v1/Conversations/{talk}{path}", Attributes=json.dumps("x" * (size - 2)))
        assert answer.status in status


async def test_conversations_are_listed_by_state_and_day(house: House) -> None:
    """What a person looks for in the morning."""
    first, second = await make(house), await make(house)
    await change(house, first, State="closed")
    today = datetime.now(UTC).date()

    async def listed(**query: Any) -> list[str]:
        answer = await house.rest("GET", "/v1/Conversations", **query)
        return [talk["sid"] for talk in answer.json["conversations"]]

    assert [first, second] == await listed()
    assert [second] == await listed(State="active")
    assert [] == await listed(StartDate=str(today + timedelta(days=2)))
    assert [] == await listed(EndDate=str(today - timedelta(days=2)))


async def test_a_removed_conversation_is_gone_with_all_it_held(house: House) -> None:
    """Its name is free again."""
    talk = await make(house, UniqueName="vera-1")
    await say(house, talk)
    assert 204 == (await house.rest("DELETE", f"/v1/Conversations/{talk}", headers=HEARD)).status

    assert 404 == (await house.rest("GET", f"/v1/Conversations/{talk}/Messages")).status
    assert [] == (await house.rest("GET", "/v1/ParticipantConversations", Identity="vera")).json["conversations"]
    await make(house, UniqueName="vera-1")


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("", {"Attributes": "{"}, "Attributes is not valid JSON"),
        ("", {"State": "asleep"}, "State is none of"),
        ("/Participants", {}, "Missing required parameter Identity"),
        ("/Messages", {"Body": "x" * 32769}, "Body is too long"),
        ("/Messages", {"ContentSid": "HX" + "1" * 32}, "ContentSid is not simulated"),
        ("/Webhooks", {}, "Missing required parameter Target"),
        ("/Webhooks", {"Target": "webhook"}, "Missing required parameter Configuration.Url"),
        ("/Webhooks", {"Target": "studio"}, "Missing required parameter Configuration.FlowSid"),
        (
            "/Webhooks",
            {"Target": "webhook", "Configuration__Url": "http://x", "Configuration__Filters": "onMessageSent"},
            "events that do not exist: onMessageSent",
        ),
        (
            "/Webhooks",
            {"Target": "trigger", "Configuration__Url": "http://x", "Configuration__Triggers": list("abcdef")},
            "Too many webhook triggers",
        ),
        ("/Webhooks", {"Target": "webhook", "Configuration__Url": "http://x/" + "y" * 2048}, "URL is too long"),
    ],
)
async def test_a_bad_parameter_is_named(house: House, path: str, form: dict[str, Any], told: str) -> None:
    """Whoever reads the error knows what to mend."""
    refused = await house.rest("POST", f"/v1/Conversations/{await make(house)}{path}", **form)

    assert (400, True) == (refused.status, told in refused.json["message"])


@pytest.mark.parametrize("base", ["/v1/Conversations/CH0", "/v1/Services/IS0", "/v1/Services/IS0/Conversations"])
async def test_what_does_not_exist_is_not_found(house: House, base: str) -> None:
    """Another service is as unknown as another conversation."""
    refused = await house.rest("GET", base)

    assert (404, 20404) == (refused.status, refused.json["code"])
