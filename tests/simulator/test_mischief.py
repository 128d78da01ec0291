"""Every fault can be made over real HTTP, on its own, as often as told, and seen in the log."""

import asyncio
import time
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientError, ClientPayloadError

from tests.simulator.house import House
from tests.waiting import DEADLINE

AFTERWARDS = [1.5, 1.5]
"""Seconds in which a busy machine too has carried what is not held up."""


async def rule(house: House, fault: str, **measures: Any) -> None:
    told = {"rules": [{"fault": fault, **measures}]}
    assert 200 == (await house.desk("PUT", "mischief", told)).status


async def flows(house: House) -> int:
    """How many flows there are, asked without mischief."""
    await house.desk("DELETE", "mischief")
    return len((await house.rest("GET", "/v1/FlexFlows")).json["flex_flows"])


async def make_flow(house: House) -> Any:
    """A write whose effect can be counted."""
    return await house.rest(
        "POST",
        "/v1/FlexFlows",
        FriendlyName="x",
        ChatServiceSid=house.seed.chat_service_sid,
        ChannelType="custom",
        IntegrationType="external",
        Integration__Url="https://example.com",
    )


def last(house: House) -> dict[str, Any]:
    return house.log[-1]


async def test_an_answer_can_be_late(house: House) -> None:
    """The effect is there long before the answer: giving up does not mean that nothing happened."""
    await rule(house, "late", seconds=[0.15, 0.15])
    started = time.monotonic()

    assert 201 == (await make_flow(house)).status
    assert 0.15 <= time.monotonic() - started
    assert ("late", 201) == (last(house)["fault"], last(house)["status"])


@pytest.mark.parametrize("retry_after", [None, 3])
async def test_a_request_can_be_one_too_many(house: House, retry_after: int | None) -> None:
    """It was not processed, so it is safe to repeat; whether `Retry-After` is there, nobody can rely on."""
    await rule(house, "too_many", retry_after=retry_after)
    refused = await make_flow(house)

    assert (429, 20429) == (refused.status, refused.json["code"])
    assert (retry_after and str(retry_after)) == refused.headers.get("Retry-After")
    assert 1 == await flows(house)


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize(("fault", "expected"), [("error_before", 1), ("error_after", 2)])
async def test_an_error_leaves_open_what_happened(house: House, status: int, fault: str, expected: int) -> None:
    """From outside the two look alike."""
    await rule(house, fault, status=status)
    refused = await make_flow(house)

    assert (status, status) == (refused.status, refused.json["status"])
    assert fault == last(house)["fault"]
    assert expected == await flows(house)


async def test_a_gateways_error_is_no_json(house: House) -> None:
    """Something before Twilio answered."""
    await rule(house, "error_after", status=502)
    refused = await make_flow(house)

    assert (502, None) == (refused.status, refused.json)


@pytest.mark.parametrize(("fault", "expected"), [("reset_before", 1), ("reset_after", 2)])
async def test_a_connection_can_be_reset(house: House, fault: str, expected: int) -> None:
    """Before the request was taken, or when only the answer was missing: the client cannot know."""
    await rule(house, fault)
    with pytest.raises(ClientConnectionError):
        await make_flow(house)

    assert (fault, None) == (last(house)["fault"], last(house)["status"])
    assert expected == await flows(house)


async def test_a_body_can_end_half_way(house: House) -> None:
    """Status and length had already arrived."""
    await rule(house, "half_body")
    with pytest.raises(ClientPayloadError):
        await make_flow(house)
    assert 2 == await flows(house)


async def test_json_can_be_broken(house: House) -> None:
    """A whole answer that cannot be read."""
    await rule(house, "broken_json")
    with pytest.raises(ValueError, match=r"delimiter|Unterminated|Expecting"):
        await make_flow(house)
    assert 2 == await flows(house)


async def test_an_empty_answer_cannot_be_spoiled(house: House) -> None:
    """A 204 has nothing to break."""
    await rule(house, "half_body")

    assert 204 == (await house.rest("DELETE", f"/v1/FlexFlows/{house.seed.flow_sid}")).status


@pytest.mark.parametrize(("fault", "status", "code"), [("unauthorized", 401, 20003), ("not_found", 404, 20404)])
async def test_what_is_right_can_be_refused_for_good(house: House, fault: str, status: int, code: int) -> None:
    """A revoked token, an account switched off."""
    await rule(house, fault)
    refused = await make_flow(house)

    assert (status, code) == (refused.status, refused.json["code"])
    assert 1 == await flows(house)


async def test_a_rule_keeps_to_its_route_and_its_count(house: House) -> None:
    """So a test can break exactly the second message."""
    await rule(house, "too_many", route=r"POST .*/Messages$", count=1)
    channel = await house.open_channel()

    assert [429, 201, 201] == [(await house.say(channel)).status for _ in range(3)]
    shown = (await house.desk("GET", "mischief")).json
    assert ({"too_many": 1}, 1) == (shown["made"], shown["rules"][0]["made"])


async def test_the_desk_itself_is_spared(house: House) -> None:
    """Otherwise nobody could switch it off."""
    await rule(house, "reset_before")

    assert 200 == (await house.desk("GET", "state")).status
    with pytest.raises(ClientError):
        await house.rest("GET", "/v1/FlexFlows")
    assert not (await house.desk("DELETE", "mischief")).json["on"]
    assert 200 == (await house.rest("GET", "/v1/FlexFlows")).status


async def hooked(house: House, *bodies: str, path: str = "/hook") -> list[str]:
    """The bodies that arrive when these are said under the mischief in force, once all is quiet."""
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent", path=path)
    for body in bodies:
        await house.say(channel, body)
    await house.delivered()
    return [each.fields["Body"] for each in house.receiver.deliveries]


async def test_a_webhook_can_come_several_times(house: House) -> None:
    """One token for all: that is how the copies are known."""
    await rule(house, "repeat", copies=[5, 5])

    assert ["a"] * 6 == await hooked(house, "a")
    assert 1 == len({each.headers["I-Twilio-Idempotency-Token"] for each in house.receiver.deliveries})
    faults = [entry["fault"] for entry in house.log if entry["kind"] == "webhook"]
    assert [None, *["repeat"] * 5] == sorted(faults, key=str)


async def test_a_webhook_can_be_overtaken(house: House) -> None:
    """Order is restored by `Index`, or not at all."""
    await rule(house, "delay", seconds=AFTERWARDS, count=1)

    assert ["b", "c", "a"] == await hooked(house, "a", "b", "c")


async def test_webhooks_can_be_shuffled(house: House) -> None:
    """None is lost, and with this seed their order is not the old one."""
    told = {"seed": 3, "rules": [{"fault": "shuffle", "seconds": AFTERWARDS}]}
    await house.desk("PUT", "mischief", told)
    said = [str(number) for number in range(8)]

    arrived = await hooked(house, *said)
    assert said == sorted(arrived)
    assert said != arrived


async def test_a_webhook_can_be_lost(house: House) -> None:
    """Only the log knows of it; the receiver has to notice the hole."""
    await rule(house, "lose", count=1)

    assert ["b"] == await hooked(house, "a", "b")
    lost = [entry for entry in house.log if entry["fault"] == "lose"]
    assert [("a", "lost on purpose", None)] == [(e["fields"]["Body"], e["error"], e["status"]) for e in lost]


async def test_a_webhook_can_come_again_later(house: House) -> None:
    """Long after it was handled."""
    await rule(house, "replay", seconds=AFTERWARDS, count=1)

    assert ["a", "b", "a"] == await hooked(house, "a", "b")


async def test_a_webhooks_rule_can_name_the_event_and_the_address(house: House) -> None:
    """The route of a webhook is its event and where it goes."""
    await rule(house, "lose", route="^onMessageSent .*/bad")

    assert [] == await hooked(house, "a", path="/bad")
    assert ["b"] == await hooked(house, "b", path="/good")


@pytest.mark.parametrize("preset", ["mild", "wild"])
async def test_a_preset_can_be_lived_through(house: House, preset: str) -> None:
    """However bad the day, a patient client gets through."""
    assert (await house.desk("PUT", "mischief", {"preset": preset, "seed": 1})).json["on"]
    tries = 0
    for _ in range(40):
        tries += 1
        try:
            if (await make_flow(house)).status == 201:
                break
        except (ClientError, ValueError):
            continue
    assert tries < 40
    await house.desk("DELETE", "mischief")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ([], "Send"),
        ({"rule": []}, "Send"),
        ({"preset": "none"}, "preset must be one of mild, wild"),
        ({"preset": "mild", "rules": []}, "stands without rules"),
        ({"rules": {}}, "rules must be a list"),
        ({"rules": ["late"]}, "must be an object"),
        ({"rules": [{}]}, "fault must be one of"),
        ({"rules": [{"fault": "late", "often": 1}]}, "A rule has no often"),
        ({"rules": [{"fault": "late", "chance": 2}]}, "chance must be"),
        ({"rules": [{"fault": "late", "chance": "1"}]}, "chance must be"),
        ({"rules": [{"fault": "late", "route": "("}]}, "route must be"),
        ({"rules": [{"fault": "late", "count": -1}]}, "count must be"),
        ({"rules": [{"fault": "late", "seconds": [2, 1]}]}, "seconds must be"),
        ({"rules": [{"fault": "late", "seconds": 1}]}, "seconds must be"),
        ({"rules": [{"fault": "late", "status": 418}]}, "status must be"),
        ({"rules": [{"fault": "repeat", "copies": [0, 6]}]}, "copies must be"),
        ({"rules": [], "seed": "x"}, "seed must be"),
    ],
)
async def test_a_bad_plan_is_refused_with_the_reason(house: House, told: object, why: str) -> None:
    """A plan that silently did nothing would make a test green for nothing."""
    refused = await house.desk("PUT", "mischief", told)

    assert 400 == refused.status
    assert why in refused.json["error"]


async def test_stopping_does_not_wait_for_mischief(house: House) -> None:
    """A replay due in a minute is dropped."""
    await rule(house, "replay", seconds=[60, 60])
    channel = await house.open_channel()
    await house.hang(channel, "onMessageSent")
    await house.say(channel)
    async with asyncio.timeout(DEADLINE / 2):
        await house.app.shutdown()
        await house.app.cleanup()
