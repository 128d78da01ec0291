"""Tasks move as TaskRouter lets them move."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.simulator.expressions import holds
from middleware.simulator.refusals import Malformed
from tests.simulator.house import EVERYTHING, Answer, House


async def move(house: House, task: str, to: str, **form: Any) -> Answer:
    return await house.rest("POST", f"{house.workspace}/Tasks/{task}", AssignmentStatus=to, **form)


async def waiting(house: House) -> tuple[str, str]:
    channel = await house.open_channel()
    await house.say(channel)
    return channel, (await house.task_of(channel))["sid"]


async def test_a_visitor_who_leaves_early_cancels_the_task(house: House) -> None:
    """A task that nobody has accepted can only be cancelled."""
    _, task = await waiting(house)

    assert 400 == (await move(house, task, "wrapping")).status
    assert 400 == (await move(house, task, "completed", Reason="left")).status
    canceled = await move(house, task, "canceled", Reason="left")
    assert ("canceled", "left") == (canceled.json["assignment_status"], canceled.json["reason"])
    assert 400 == (await move(house, task, "canceled", Reason="left")).status


async def test_a_visitor_who_leaves_the_agent_wraps_the_task_up(house: House) -> None:
    """A task that somebody has accepted cannot be cancelled any more."""
    _, task = await house.accepted()

    assert 400 == (await move(house, task, "canceled", Reason="left")).status
    assert "wrapping" == (await move(house, task, "wrapping", Reason="left")).json["assignment_status"]
    assert "completed" == (await move(house, task, "completed", Reason="done")).json["assignment_status"]


@pytest.mark.parametrize("status", ["pending", "reserved", "assigned"])
async def test_no_request_can_put_a_task_back(house: House, status: str) -> None:
    """Those states are reached by reservations only."""
    _, task = await waiting(house)

    assert 400 == (await move(house, task, status)).status


async def test_ending_a_task_needs_a_reason(house: House) -> None:
    """Twilio's reference makes it required."""
    _, task = await waiting(house)

    assert "Reason" in (await move(house, task, "canceled")).json["message"]


async def test_a_reservation_is_accepted_once(house: House) -> None:
    """The steps an agent takes without a desk."""
    _, task = await waiting(house)
    path = f"{house.workspace}/Tasks/{task}/Reservations"
    offers = (await house.rest("GET", path, ReservationStatus="pending")).json["reservations"]
    assert [house.seed.worker_sid] == [offer["worker_sid"] for offer in offers]

    offer = f"{path}/{offers[0]['sid']}"
    assert "accepted" == (await house.rest("POST", offer, ReservationStatus="accepted")).json["reservation_status"]
    assert 400 == (await house.rest("POST", offer, ReservationStatus="accepted")).status
    assert "accepted" == (await house.rest("GET", offer)).json["reservation_status"]
    found = await house.rest("GET", f"{house.workspace}/Tasks/{task}")
    assert "assigned" == found.json["assignment_status"]


async def test_a_rejected_task_waits(house: House) -> None:
    """The same worker is not asked again."""
    _, task = await waiting(house)
    path = f"{house.workspace}/Tasks/{task}/Reservations"
    offer = (await house.rest("GET", path)).json["reservations"][0]
    await house.rest("POST", f"{path}/{offer['sid']}", ReservationStatus="rejected")

    assert "pending" == (await house.rest("GET", f"{house.workspace}/Tasks/{task}")).json["assignment_status"]


async def test_a_worker_who_comes_back_is_offered_what_waits(house: House) -> None:
    """Outside office hours chats pile up."""
    worker = f"{house.workspace}/Workers/{house.seed.worker_sid}"
    away = await house.rest("POST", worker, ActivitySid=house.seed.offline_activity_sid)
    _, task = await waiting(house)
    path = f"{house.workspace}/Tasks/{task}"
    assert not away.json["available"]
    assert "pending" == (await house.rest("GET", path)).json["assignment_status"]

    activities = (await house.rest("GET", f"{house.workspace}/Activities", Available="true")).json["activities"]
    await house.rest("POST", worker, ActivitySid=activities[0]["sid"])
    assert "reserved" == (await house.rest("GET", path)).json["assignment_status"]
    assert (await house.rest("GET", worker)).json["available"]


async def test_tasks_are_found_by_state_and_by_attributes(house: House) -> None:
    """The way from a channel to its task."""
    first, task = await waiting(house)
    await waiting(house)
    await move(house, task, "canceled", Reason="left")

    assert "canceled" == (await house.task_of(first))["assignment_status"]
    reserved = await house.rest("GET", f"{house.workspace}/Tasks", AssignmentStatus="pending,reserved")
    assert 1 == len(reserved.json["tasks"])
    unreadable = await house.rest("GET", f"{house.workspace}/Tasks", EvaluateTaskAttributes="what?")
    assert 400 == unreadable.status


async def test_a_task_can_be_made_by_hand(house: House) -> None:
    """Tests and other flows put work before the same agents."""
    made = await house.rest("POST", f"{house.workspace}/Tasks", Attributes='{"type":"call back"}', Priority=3)

    assert (201, 3, "reserved") == (made.status, made.json["priority"], made.json["assignment_status"])
    changed = await house.rest("POST", f"{house.workspace}/Tasks/{made.json['sid']}", Attributes='{"type":"none"}')
    assert {"type": "none"} == json.loads(changed.json["attributes"])


async def test_the_janitor_closes_the_channel_of_a_task_that_ended_elsewhere(house: House) -> None:
    """Otherwise the visitor would talk on to nobody."""
    channel, task = await waiting(house)
    await house.hang(channel, *EVERYTHING)
    await move(house, task, "canceled", Reason="supervisor")

    assert ["onChannelUpdated"] == await house.delivered()
    assert "INACTIVE" == json.loads(house.receiver.deliveries[0].fields["Attributes"])["status"]
    assert "ClientIdentity" not in house.receiver.deliveries[0].fields


async def test_without_a_janitor_the_channel_stays(house: House) -> None:
    """The flow decides."""
    await house.rest("POST", f"/v1/FlexFlows/{house.seed.flow_sid}", JanitorEnabled="false")
    channel, task = await waiting(house)
    await move(house, task, "canceled", Reason="supervisor")

    found = await house.rest("GET", f"{house.service}/Channels/{channel}")
    assert "ACTIVE" == json.loads(found.json["attributes"])["status"]


async def test_the_workspace_can_be_looked_at(house: House) -> None:
    """A doctor checks that it is the right one."""
    found = await house.rest("GET", house.workspace)

    assert [found.json] == (await house.rest("GET", "/v1/Workspaces")).json["workspaces"]
    assert house.seed.workspace_sid == found.json["sid"]
    activity = f"{house.workspace}/Activities/{house.seed.available_activity_sid}"
    assert "Available" == (await house.rest("GET", activity)).json["friendly_name"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('a == "x"', True),
        ("a = 'x'", True),
        ('a != "x"', False),
        ('a == "y" OR b == 2', True),
        ('a == "x" AND b == 3', False),
        ('a == "y" OR a == "x" AND b == 2', True),
        ('c.d == "x and y"', True),
        ("missing == null", True),
        ('a == "y or z"', False),
    ],
)
def test_expressions_find_by_attributes(expression: str, expected: bool) -> None:
    """AND binds tighter than OR; words in quotes are only words."""
    assert expected == holds(expression, {"a": "x", "b": 2, "c": {"d": "x and y"}})


@pytest.mark.parametrize("expression", ["", "a", "a ==", "a == x", 'a == "x" b == 2', "a HAS 'x'"])
def test_what_cannot_be_read_is_refused(expression: str) -> None:
    """An expression that silently matched nothing would hide a mistake."""
    with pytest.raises(Malformed):
        holds(expression, {"a": "x"})


@given(st.text())
def test_any_text_can_be_looked_for(text: str) -> None:
    """Identities are the visitors' and agents' own: they may hold quotes, ANDs and backslashes."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    assert holds(f'a == "{quoted}" AND b == 1', {"a": text, "b": 1})
