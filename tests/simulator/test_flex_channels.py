"""Flex opens channels by get-or-create, and routes the new ones as their flow says."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from middleware.simulator import Seed
from middleware.simulator.account import Account
from middleware.simulator.channels import change_channel, is_active, with_attributes
from middleware.simulator.events import by_api
from middleware.simulator.openings import Opening, open_channel
from tests.simulator.house import House


async def attributes(house: House, channel: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((await chat(house, channel))["attributes"])
    return found


async def chat(house: House, channel: str) -> dict[str, Any]:
    found: dict[str, Any] = (await house.rest("GET", f"{house.service}/Channels/{channel}")).json
    return found


async def close(house: House, channel: str) -> None:
    ended = json.dumps({**await attributes(house, channel), "status": "INACTIVE"})
    await house.rest("POST", f"{house.service}/Channels/{channel}", Attributes=ended)


async def test_an_active_target_gives_the_channel_back(house: House) -> None:
    """A retried create must not make a second chat, and nothing in the answer says that it is old."""
    first = await house.open_channel(Target="t")
    await house.say(first)

    assert first == await house.open_channel(Target="t")
    tasks = (await house.rest("GET", f"{house.workspace}/Tasks")).json["tasks"]
    assert 1 == len(tasks)
    webhooks = (await house.rest("GET", f"{house.service}/Channels/{first}/Webhooks")).json["webhooks"]
    assert [] == webhooks, "Studio has had its message and does not come back"


async def test_an_ended_target_gives_a_new_channel(house: House) -> None:
    """The next visit of the same visitor is a chat of its own."""
    first = await house.open_channel(Target="t")
    await close(house, first)

    assert first != await house.open_channel(Target="t")


async def test_without_a_target_every_channel_is_new(house: House) -> None:
    """There is nothing to recognise the visitor by."""
    assert await house.open_channel() != await house.open_channel()


async def test_two_identities_on_one_target_share_the_channel(house: House) -> None:
    """The trap of the well-known sample: one hard-coded target merges all visitors."""
    first = await house.open_channel(Target="shared", Identity="vera")
    second = await house.open_channel(Target="shared", Identity="walt")

    members = (await house.rest("GET", f"{house.service}/Channels/{first}/Members")).json["members"]
    assert first == second
    assert ["vera", "walt"] == [member["identity"] for member in members]


async def test_the_channel_begins_with_the_attributes_that_flex_writes(house: House) -> None:
    """`from` is what agents see as the task's name: the target, or else the customer's name."""
    common = {"channel_type": "custom", "status": "ACTIVE", "long_lived": False}

    assert {"from": "t", **common} == await attributes(house, await house.open_channel(Target="t"))
    assert {"from": "Vera", **common} == await attributes(house, await house.open_channel())


async def test_the_customer_is_a_member_and_a_user(house: House) -> None:
    """A read position can only be set on a member."""
    channel = await house.open_channel(Identity="vera", ChatUserFriendlyName="Vera Vogel")

    member = await house.rest("GET", f"{house.service}/Channels/{channel}/Members/vera")
    user = await house.rest("GET", f"{house.service}/Users/vera")
    flex = await house.rest("GET", f"/v1/Channels/{channel}")
    assert 200 == member.status
    assert "Vera Vogel" == user.json["friendly_name"]
    assert user.json["sid"] == flex.json["user_sid"]


async def test_the_first_heard_message_makes_the_task(house: House) -> None:
    """Without the header nobody is called, which is the commonest way to lose a visitor."""
    channel = await house.open_channel(Target="Vera 17")
    await house.say(channel, heard=False)
    assert await house.task_of(channel) is None

    await house.say(channel, heard=True)
    task = await house.task_of(channel)
    expected = {"channelSid": channel, "channelType": "custom", "name": "Vera 17", "customerName": "Vera"}
    assert expected == json.loads(task["attributes"])
    assert "reserved" == task["assignment_status"]
    assert task["sid"] == (await attributes(house, channel))["task_sid"]
    assert task["sid"] == (await house.rest("GET", f"/v1/Channels/{channel}")).json["task_sid"]

    await house.say(channel, heard=True)
    assert 1 == len((await house.rest("GET", f"{house.workspace}/Tasks")).json["tasks"])


async def test_studio_takes_one_of_the_five_webhooks_until_it_has_run(house: House) -> None:
    """A client that hangs five of its own fails only while Studio still waits."""
    channel = await house.open_channel()
    for _ in range(4):
        await house.hang(channel, "onMessageSent")
    path = f"{house.service}/Channels/{channel}/Webhooks"
    form: dict[str, Any] = {"Type": "webhook", "Configuration__Url": "https://example.com"}

    refused = await house.rest("POST", path, **form)
    assert (400, 50321) == (refused.status, refused.json["code"])
    listed = (await house.rest("GET", path)).json["webhooks"]
    assert ["studio", "webhook", "webhook", "webhook", "webhook"] == [hook["type"] for hook in listed]
    assert {"flow_sid": house.seed.studio_flow_sid} == listed[0]["configuration"]

    await house.say(channel)
    assert 201 == (await house.rest("POST", path, **form)).status


async def test_a_task_integration_makes_the_task_at_once(house: House) -> None:
    """Such a flow has no Studio step; its task carries the attributes of the request."""
    flow = await house.rest(
        "POST",
        "/v1/FlexFlows",
        FriendlyName="direct",
        ChatServiceSid=house.seed.chat_service_sid,
        ChannelType="custom",
        IntegrationType="task",
        Integration__WorkspaceSid=house.seed.workspace_sid,
        Integration__WorkflowSid=house.seed.workflow_sid,
        Integration__Priority=7,
    )
    channel = await house.open_channel(FlexFlowSid=flow.json["sid"], TaskAttributes='{"language":"de"}')

    task = await house.task_of(channel)
    assert "de" == json.loads(task["attributes"])["language"]
    assert 7 == task["priority"]


async def test_a_long_lived_channel_outlives_its_task(house: House) -> None:
    """Each visit is a new task in the same channel."""
    channel, task = await house.accepted(Target="t", LongLived="true")
    await house.desk("POST", f"tasks/{task}/complete")

    assert "ACTIVE" == (await attributes(house, channel))["status"]
    assert channel == await house.open_channel(Target="t", LongLived="true")
    await house.say(channel)
    assert 2 == len((await house.rest("GET", f"{house.workspace}/Tasks")).json["tasks"])


async def test_a_flow_can_be_made_changed_found_and_removed(house: House) -> None:
    """Provisioning an account is a program, so it has to be tried somewhere."""
    made = await house.rest(
        "POST",
        "/v1/FlexFlows",
        FriendlyName="shop",
        ChatServiceSid=house.seed.chat_service_sid,
        ChannelType="custom",
        ContactIdentity="shop",
        IntegrationType="studio",
        Integration__FlowSid=house.seed.studio_flow_sid,
        JanitorEnabled="true",
    )
    path = f"/v1/FlexFlows/{made.json['sid']}"
    assert (201, None, True) == (made.status, made.json["date_updated"], made.json["janitor_enabled"])

    changed = await house.rest("POST", path, Enabled="false")
    assert (False, "shop", {"flow_sid": house.seed.studio_flow_sid}) == tuple(
        changed.json[name] for name in ("enabled", "friendly_name", "integration")
    )
    found = await house.rest("GET", "/v1/FlexFlows", FriendlyName="shop")
    assert [made.json["sid"]] == [flow["sid"] for flow in found.json["flex_flows"]]
    assert 204 == (await house.rest("DELETE", path)).status
    assert 404 == (await house.rest("GET", path)).status


@pytest.mark.parametrize(
    ("kind", "needed"), [("studio", "FlowSid"), ("external", "Url"), ("task", "WorkspaceSid"), ("task", "WorkflowSid")]
)
async def test_a_flow_that_leads_nowhere_is_refused(house: House, kind: str, needed: str) -> None:
    """The parameter is named as a request has to write it."""
    seed = house.seed
    workspace: dict[str, Any] = {"Integration__WorkspaceSid": seed.workspace_sid} if needed == "WorkflowSid" else {}
    refused = await house.rest(
        "POST",
        "/v1/FlexFlows",
        FriendlyName="shop",
        ChatServiceSid=seed.chat_service_sid,
        ChannelType="custom",
        IntegrationType=kind,
        **workspace,
    )
    told = f"Integration type {kind} needs the parameter Integration.{needed}"
    assert (400, told) == (refused.status, refused.json["message"])


async def test_a_switched_off_flow_opens_nothing(house: House) -> None:
    """Better loud than a chat that nobody sees."""
    await house.rest("POST", f"/v1/FlexFlows/{house.seed.flow_sid}", Enabled="false")
    refused = await house.rest(
        "POST",
        "/v1/Channels",
        FlexFlowSid=house.seed.flow_sid,
        Identity="v",
        ChatUserFriendlyName="V",
        ChatFriendlyName="V",
    )
    assert 400 == refused.status
    assert "not enabled" in refused.json["message"]


async def test_a_removed_channel_is_gone_from_both_apis(house: House) -> None:
    """The Flex channel and the chat channel are one thing under one sid."""
    channel = await house.open_channel(Target="t")

    assert 204 == (await house.rest("DELETE", f"/v1/Channels/{channel}")).status
    assert 404 == (await house.rest("GET", f"{house.service}/Channels/{channel}")).status
    assert channel != await house.open_channel(Target="t")


@given(st.lists(st.tuples(st.sampled_from(["open", "end"]), st.sampled_from("abc")), max_size=30))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_target_has_at_most_one_active_channel(deeds: list[tuple[str, str]]) -> None:
    """Whatever the order of visits: opening twice is opening once, until the chat has ended."""
    account = Account(Seed())
    flow = account.tables.flows[account.seed.flow_sid]
    standing: dict[str, str] = {}
    for deed, target in deeds:
        if deed == "end" and target in standing:
            channel = account.tables.channels[standing.pop(target)]
            change_channel(account, with_attributes(channel, status="INACTIVE"), by=by_api(heard=False))
        elif deed == "open":
            opening = Opening(flow=flow, identity=target, customer_name="V", friendly_name="V", target=target)
            sid = open_channel(account, opening).sid
            assert standing.setdefault(target, sid) == sid
    active = {
        flex.sid for flex in account.tables.flex_channels.values() if is_active(account.tables.channels[flex.sid])
    }
    assert set(standing.values()) == active
