"""A webchat comes from nothing to an agent and to its end, as in Flex today."""

import json
from typing import Any

import pytest

from tests.simulator.house import House
from tests.simulator.talks import accepted, event, say, task_of, webchat


async def seen(house: House) -> tuple[str, str, bool]:
    """Of the only task, of the only conversation, and whether the agent is inside."""
    now = (await house.desk("GET", "state")).json
    (talk,) = now["channels"].values()
    return now["tasks"][0]["status"], talk["status"], talk["agent_inside"]


async def conversation(house: House, sid: str) -> Any:
    return (await house.rest("GET", f"/v1/Conversations/{sid}")).json


async def test_a_webchat_is_a_conversation_with_the_customer_in_it(house: House) -> None:
    """The answer has two fields; everything else is in the conversation."""
    told = {"friendlyName": "Vera", "email": "vera@example.com"}
    opened = await webchat(house, ChatFriendlyName="Website", PreEngagementData=json.dumps(told))
    sid = opened.json["conversation_sid"]
    talk = await conversation(house, sid)
    hooks = (await house.rest("GET", f"/v1/Conversations/{sid}/Webhooks")).json["webhooks"]

    assert (201, {"conversation_sid": sid, "identity": "vera"}) == (opened.status, opened.json)
    assert ("active", "Website") == (talk["state"], talk["friendly_name"])
    assert house.seed.chat_service_sid == talk["chat_service_sid"]
    expected = {"from": "Vera", "pre_engagement_data": told, "channel_type": "web"}
    assert expected == json.loads(talk["attributes"])
    assert [("studio", house.seed.studio_flow_sid)] == [
        (hook["target"], hook["configuration"]["flow_sid"]) for hook in hooks
    ]


async def test_without_an_identity_twilio_makes_one_up(house: House) -> None:
    """It is told once, in the answer."""
    opened = await webchat(house, Identity="")
    sid = opened.json["conversation_sid"]
    people = (await house.rest("GET", f"/v1/Conversations/{sid}/Participants")).json["participants"]

    assert [opened.json["identity"]] == [one["identity"] for one in people]
    assert opened.json["identity"]


async def test_the_same_identity_gets_a_new_conversation_every_time(house: House) -> None:
    """Whoever retries has to look for the open one first."""
    first, second = [(await webchat(house)).json["conversation_sid"] for _ in range(2)]
    found = await house.rest("GET", "/v1/ParticipantConversations", Identity="vera")

    assert [first, second] == [place["conversation_sid"] for place in found.json["conversations"]]


async def test_the_first_heard_message_begins_an_interaction(house: House) -> None:
    """Studio's Send to Flex: a task with all the sids, once."""
    sid = (await webchat(house)).json["conversation_sid"]
    await say(house, sid, heard=False)
    assert await task_of(house, sid) is None

    await say(house, sid)
    await say(house, sid)
    attributes = json.loads((await task_of(house, sid))["attributes"])
    assert 1 == len((await house.desk("GET", "state")).json["tasks"])
    assert (sid, "web", "Vera", "vera") == tuple(
        attributes[name] for name in ("conversationSid", "channelType", "customerName", "customerAddress")
    )
    sids = [attributes[f"flex{name}Sid"] for name in ("Interaction", "InteractionChannel", "ChannelInvite")]
    assert ["KD", "UO", "KG"] == [sid[:2] for sid in sids]
    assert [] == (await house.rest("GET", f"/v1/Conversations/{sid}/Webhooks")).json["webhooks"]


async def test_a_webchat_from_first_word_to_last(house: House) -> None:
    """The desk is the agent, and works as it does for legacy chats."""
    talk, task = await accepted(house)
    assert ("assigned", "ACTIVE", True) == await seen(house)
    said = await house.desk("POST", f"channels/{talk}/messages", {"body": "Hi, how can I help?"})
    assert (201, 1, "agent") == (said.status, said.json["index"], said.json["kind"])
    assert 200 == (await house.desk("POST", f"tasks/{task}/end")).status
    assert ("wrapping", "INACTIVE", False) == await seen(house)
    assert 200 == (await house.desk("POST", f"tasks/{task}/complete")).status
    assert ("completed", "INACTIVE", False) == await seen(house)

    assert [
        "onParticipantAdded",
        "onMessageAdded",
        "onParticipantRemoved",
        "onConversationUpdated",
        "onConversationStateUpdated",
    ] == await house.delivered()
    assert "closed" == (await conversation(house, talk))["state"]
    end = (await event(house, "onConversationStateUpdated")).fields
    assert ("active", "closed") == (end["StateFrom"], end["StateTo"])


async def test_completing_ends_the_chat_first(house: House) -> None:
    """An agent in a hurry leaves no visitor waiting."""
    _, task = await accepted(house)
    await house.desk("POST", f"tasks/{task}/complete")

    assert ("completed", "INACTIVE", False) == await seen(house)


async def test_nothing_can_be_said_after_the_end(house: House) -> None:
    """Closed is final, at the desk too."""
    talk, task = await accepted(house)
    await house.desk("POST", f"tasks/{task}/end")
    late = await house.desk("POST", f"channels/{talk}/messages", {"body": "late"})

    assert (409, True) == (late.status, "closed" in late.json["error"])
    assert (400, 50377) == ((await say(house, talk)).status, (await say(house, talk)).json["code"])


async def test_every_author_has_a_kind(house: House) -> None:
    """The page shows them differently."""
    talk, _ = await accepted(house)
    at = f"channels/{talk}/messages"
    await house.desk("POST", at, {"body": "agent"})
    await house.desk("POST", at, {"body": "bot", "from": "helper", "source": "API"})
    await house.rest("POST", f"/v1/Conversations/{talk}/Messages", Body="system")

    messages = (await house.desk("GET", "state")).json["channels"][talk]["messages"]
    assert ["customer", "agent", "bot", "system"] == [message["kind"] for message in messages]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"AddressSid": ""}, 20001),
        ({"AddressSid": "IG" + "0" * 32}, 20404),
        ({"PreEngagementData": "{"}, 20001),
    ],
)
async def test_what_makes_no_webchat_is_refused(house: House, form: dict[str, str], code: int) -> None:
    """With Twilio's codes."""
    assert code == (await webchat(house, **form)).json["code"]
