"""What a conversation holds: participants, messages, webhooks."""

from typing import Any

from tests.simulator.house import House
from tests.simulator.talks import hang, make, say


async def fetch(house: House, path: str) -> Any:
    return (await house.rest("GET", f"/v1/Conversations/{path}")).json


async def test_an_identity_takes_part_once(house: House) -> None:
    """A repeated join is refused with a code of its own, whatever else it says."""
    talk = await make(house)
    again = await house.rest("POST", f"/v1/Conversations/{talk}/Participants", Identity="vera", Attributes="{}")

    assert (409, 50433) == (again.status, again.json["code"])
    assert ["vera"] == [one["identity"] for one in (await fetch(house, f"{talk}/Participants"))["participants"]]


async def test_a_participant_reads_changes_and_leaves(house: House) -> None:
    """Found by sid or identity."""
    talk = await make(house)
    at = f"/v1/Conversations/{talk}/Participants"
    moment = "2026-01-02T03:04:05Z"
    form: dict[str, Any] = {"LastReadMessageIndex": 7, "LastReadTimestamp": moment, "Attributes": '{"a":1}'}
    read = await house.rest("POST", f"{at}/vera", **form)

    assert (7, moment, '{"a":1}') == tuple(
        read.json[name] for name in ("last_read_message_index", "last_read_timestamp", "attributes")
    )
    assert read.json == (await house.rest("GET", f"{at}/{read.json['sid']}")).json
    assert 204 == (await house.rest("DELETE", f"{at}/vera")).status
    assert 404 == (await house.rest("GET", f"{at}/vera")).status


async def test_the_conversations_of_an_identity_are_listed(house: House) -> None:
    """The way to find the one that is open; closed ones are there too, with their state."""
    first, second = await make(house), await make(house)
    await house.rest("POST", f"/v1/Conversations/{first}", State="closed")
    found = await house.rest("GET", "/v1/ParticipantConversations", Identity="vera")
    nobody = await house.rest("GET", "/v1/ParticipantConversations", Identity="walt")
    neither = await house.rest("GET", "/v1/ParticipantConversations")

    assert [(first, "closed"), (second, "active")] == [
        (place["conversation_sid"], place["conversation_state"]) for place in found.json["conversations"]
    ]
    assert ([], 400) == (nobody.json["conversations"], neither.status)


async def test_messages_have_an_index_an_author_and_their_place(house: House) -> None:
    """`participant_sid` is there for those who take part; `system` speaks when nobody is named."""
    talk = await make(house)
    vera = (await fetch(house, f"{talk}/Participants/vera"))["sid"]
    said = [(await say(house, talk, "one")).json, (await say(house, talk, "two", Author="")).json]

    expected = [(0, "vera", vera), (1, "system", None)]
    assert expected == [(one["index"], one["author"], one["participant_sid"]) for one in said]
    newest = await house.rest("GET", f"/v1/Conversations/{talk}/Messages", Order="desc", PageSize=1)
    assert (["two"], True) == (
        [one["body"] for one in newest.json["messages"]],
        bool(newest.json["meta"]["next_page_url"]),
    )


async def test_a_message_is_changed_and_taken_out(house: House) -> None:
    """Its index is never given away again."""
    talk = await make(house)
    at = f"/v1/Conversations/{talk}/Messages"
    message = (await say(house, talk)).json["sid"]
    changed = await house.rest("POST", f"{at}/{message}", Body="better", Attributes='{"id":"m1"}')
    assert ("better", '{"id":"m1"}') == (changed.json["body"], changed.json["attributes"])
    assert 204 == (await house.rest("DELETE", f"{at}/{message}")).status
    assert 404 == (await house.rest("GET", f"{at}/{message}")).status
    assert 1 == (await say(house, talk)).json["index"]


async def test_a_file_is_listed_as_media(house: House) -> None:
    """Every message has a list of files, or none."""
    talk = await make(house)
    sid = "ME" + "1" * 32
    said = await house.rest("POST", f"/v1/Conversations/{talk}/Messages", Author="vera", MediaSid=sid)

    assert (None, [sid]) == (said.json["body"], [file["sid"] for file in said.json["media"]])


async def test_five_webhooks_are_the_most(house: House) -> None:
    """Studio's own counts too; the sixth is refused with a code of its own."""
    talk = await make(house)
    await house.rest(
        "POST",
        f"/v1/Conversations/{talk}/Webhooks",
        Target="studio",
        Configuration__FlowSid=house.seed.studio_flow_sid,
    )
    answers = [await hang(house, talk, "onMessageAdded") for _ in range(5)]

    assert [201, 201, 201, 201, 400] == [answer.status for answer in answers]
    assert 50361 == answers[-1].json["code"]


async def test_a_webhook_is_changed_and_taken_away(house: House) -> None:
    """Its target stays."""
    talk = await make(house)
    sid = (await hang(house, talk, "onMessageAdded", Configuration__Method="get")).json["sid"]
    at = f"/v1/Conversations/{talk}/Webhooks/{sid}"
    changed = await house.rest("POST", at, Configuration__Filters=["onParticipantAdded"], Configuration__Method="post")

    assert {"method": "post", "filters": ["onParticipantAdded"]}.items() <= changed.json["configuration"].items()
    assert changed.json == (await house.rest("GET", at)).json
    assert 204 == (await house.rest("DELETE", at)).status
    assert [] == (await fetch(house, f"{talk}/Webhooks"))["webhooks"]
