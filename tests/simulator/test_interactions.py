"""An Interaction brings a conversation to an agent, and ends it for both sides."""

import json
from typing import Any

import pytest

from tests.simulator.house import Answer, House
from tests.simulator.talks import EVERYTHING, accepted, event, hang, make, say, task_of


async def begin(house: House, talk: str, **attributes: Any) -> Answer:
    """An Interaction as Twilio describes it for chat clients of one's own."""
    channel = {"type": "web", "initiated_by": "Customer", "properties": {"media_channel_sid": talk}}
    properties = {
        "workspace_sid": house.seed.workspace_sid,
        "workflow_sid": house.seed.workflow_sid,
        "attributes": attributes,
    }
    routing = {"type": "TaskRouter", "properties": properties}
    return await house.rest("POST", "/v1/Interactions", Channel=json.dumps(channel), Routing=json.dumps(routing))


async def channel_of(house: House, talk: str) -> str:
    """The path of the channel that the task of a conversation names."""
    told = json.loads((await task_of(house, talk))["attributes"])
    return f"/v1/Interactions/{told['flexInteractionSid']}/Channels/{told['flexInteractionChannelSid']}"


async def state_of(house: House, talk: str) -> str:
    return str((await house.rest("GET", f"/v1/Conversations/{talk}")).json["state"])


async def test_an_interaction_is_a_channel_an_invite_and_a_task(house: House) -> None:
    """Whoever ends the chat later finds all sids in the task."""
    talk = await make(house)
    begun = await begin(house, talk, channelType="web", **{"from": "Vera", "shop": "north"})
    task = await task_of(house, talk)

    assert (200, "web", "UO") == (begun.status, begun.json["channel"]["type"], begun.json["channel"]["sid"][:2])
    assert task["sid"] == begun.json["routing"]["properties"]["sid"]
    assert {
        "channelType": "web",
        "conversationSid": talk,
        "flexInteractionSid": begun.json["sid"],
        "flexInteractionChannelSid": begun.json["channel"]["sid"],
        "flexChannelInviteSid": "KG",
        "customerAddress": "vera",
        "customerName": "Vera",
        "customers": {"name": "Vera"},
        "conversations": {
            "initiated_by": "customer",
            "conversation_id": begun.json["sid"],
            "media": [{"type": "ChatTranscript", "sid": talk}],
        },
        "direction": "inbound",
        "initiatedBy": "customer",
        "from": "Vera",
        "name": "Vera",
        "shop": "north",
    } == {**json.loads(task["attributes"]), "flexChannelInviteSid": "KG"}


async def test_an_interaction_and_its_parts_can_be_looked_at(house: House) -> None:
    """The customer from the beginning, the agent from accepting on."""
    talk, task = await accepted(house)
    path = await channel_of(house, talk)
    fetched = await house.rest("GET", path.partition("/Channels")[0])
    channels = (await house.rest("GET", path.rpartition("/")[0])).json["channels"]
    seats = (await house.rest("GET", path + "/Participants")).json["participants"]
    invites = (await house.rest("GET", path + "/Invites")).json["invites"]

    assert (200, "assigned") == (fetched.status, fetched.json["routing"]["properties"]["assignment_status"])
    assert [("web", "active")] == [(channel["type"], channel["status"]) for channel in channels]
    assert ["customer", "agent"] == [seat["type"] for seat in seats]
    assert task == seats[1]["routing_properties"]["task_sid"]
    assert [json.loads((await task_of(house, talk))["attributes"])["flexChannelInviteSid"]] == [
        invite["sid"] for invite in invites
    ]


@pytest.mark.parametrize(
    ("routing", "status"), [({}, "wrapping"), ({"Routing": '{"status": "closed"}'}, "completed")], ids=str
)
async def test_closing_the_channel_ends_it_for_both_sides(house: House, routing: dict[str, Any], status: str) -> None:
    """The only right way for a customer to go; webhooks tell of it without any header."""
    talk, _ = await accepted(house)
    closed = await house.rest("POST", await channel_of(house, talk), Status="closed", **routing)

    assert (200, "closed") == (closed.status, closed.json["status"])
    assert (status, "closed") == ((await task_of(house, talk))["assignment_status"], await state_of(house, talk))
    assert "closed" == (await event(house, "onConversationStateUpdated")).fields["StateTo"]
    assert "onParticipantRemoved" in await house.delivered()


async def test_after_the_visitor_has_ended_the_agent_completes(house: House) -> None:
    """Wrapping up is the agent's own time."""
    talk, task = await accepted(house)
    await house.rest("POST", await channel_of(house, talk), Status="closed")

    assert 409 == (await house.desk("POST", f"tasks/{task}/end")).status
    assert 200 == (await house.desk("POST", f"tasks/{task}/complete")).status
    assert "completed" == (await task_of(house, talk))["assignment_status"]


async def test_a_channel_can_be_closed_once(house: House) -> None:
    """A repeated close is refused, and says why."""
    talk, _ = await accepted(house)
    path = await channel_of(house, talk)
    first, second = [await house.rest("POST", path, Status="closed") for _ in range(2)]

    assert (200, 400, 50377) == (first.status, second.status, second.json["code"])


async def test_closing_before_anybody_has_accepted_cancels_the_task(house: House) -> None:
    """The agent is not called to an empty room."""
    talk = await make(house)
    await begin(house, talk)
    await house.rest("POST", await channel_of(house, talk), Status="closed", Routing='{"status": "closed"}')

    assert ("canceled", "closed") == ((await task_of(house, talk))["assignment_status"], await state_of(house, talk))


async def test_closing_only_the_conversation_leaves_the_task_behind(house: House) -> None:
    """The mistake that Twilio's own best practices warn of: the agent is never told."""
    talk, task = await accepted(house)
    await house.rest("POST", f"/v1/Conversations/{talk}", State="closed")
    assert ("assigned", "closed") == ((await task_of(house, talk))["assignment_status"], await state_of(house, talk))

    assert 200 == (await house.desk("POST", f"tasks/{task}/complete")).status
    assert "completed" == (await task_of(house, talk))["assignment_status"]


async def test_a_parked_conversation_sleeps_and_wakes(house: House) -> None:
    """Inactive is no end: the next message makes it active."""
    talk, _ = await accepted(house)
    path = await channel_of(house, talk)
    assert 400 == (await house.rest("POST", path, Status="inactive")).status
    parked = await house.rest("POST", path, Status="inactive", Routing='{"status": "closed"}')
    assert ("inactive", "inactive") == (parked.json["status"], await state_of(house, talk))

    await say(house, talk)
    await house.delivered()
    moves = [each.fields for each in house.receiver.deliveries if "StateTo" in each.fields]
    assert [("inactive", "API"), ("active", "EVENT")] == [(move["StateTo"], move["Reason"]) for move in moves]


async def test_the_agent_joins_with_their_identity(house: House) -> None:
    """`member_type` agent tells them from everybody else."""
    talk = await make(house)
    await hang(house, talk, *EVERYTHING)
    await begin(house, talk)
    task = (await task_of(house, talk))["sid"]
    await house.desk("POST", f"tasks/{task}/accept")
    joined = (await event(house, "onParticipantAdded")).fields

    assert {"Identity": "alex", "Attributes": '{"member_type":"agent"}'}.items() <= joined.items()


@pytest.mark.parametrize(
    ("channel", "routing", "told"),
    [
        ("", "{}", "Missing required parameter Channel"),
        ("[]", "{}", "not a JSON object"),
        ('{"type": "tv"}', "{}", "type is none of"),
        ('{"type": "web"}', "{}", "media_channel_sid is needed"),
        ('{"type": "web", "properties": []}', "{}", "properties is not an object"),
        ('{"type": "web", "properties": {"media_channel_sid": "CH0"}}', "{}", "not found"),
        ('{"type": "web"}', '{"type": "Dice"}', "type is not TaskRouter"),
        ('{"type": "web"}', '{"type": "TaskRouter", "properties": {"workflow_sid": "WW0"}}', "no workflow_sid WW0"),
    ],
)
async def test_what_begins_nothing_is_refused(house: House, channel: str, routing: str, told: str) -> None:
    """Whoever reads the error knows what to mend."""
    talk = await make(house)
    if "Dice" in routing or "WW0" in routing:
        channel = json.dumps({"type": "web", "properties": {"media_channel_sid": talk}})
    refused = await house.rest("POST", "/v1/Interactions", Channel=channel, Routing=routing)

    assert told in refused.json["message"]
    assert [] == (await house.desk("GET", "state")).json["tasks"]


async def test_a_closed_conversation_gets_no_interaction(house: House) -> None:
    """Closed is final."""
    talk = await make(house)
    await house.rest("POST", f"/v1/Conversations/{talk}", State="closed")

    assert 50377 == (await begin(house, talk)).json["code"]
