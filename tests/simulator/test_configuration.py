"""What an account is set up with for Conversations: timers, addresses, services, users; and the pace of webchats."""

from typing import Any

import pytest

from tests.simulator.house import House
from tests.simulator.talks import event, make, say, task_of, webchat

ADDRESSES = "/v1/Configuration/Addresses"


class Clock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_default_timers_hold_for_new_conversations(house: House) -> None:
    """Twilio asks for a close timer on every conversation."""
    set_up = await house.rest("POST", "/v1/Configuration", DefaultInactiveTimer="PT90M", DefaultClosedTimer="P1DT30S")
    talk = (await webchat(house)).json["conversation_sid"]

    assert ("PT1H30M", "P1DT30S") == (set_up.json["default_inactive_timer"], set_up.json["default_closed_timer"])
    assert set_up.json == (await house.rest("GET", "/v1/Configuration")).json
    for sid in (talk, await make(house)):
        shown = (await house.rest("GET", f"/v1/Conversations/{sid}")).json["timers"]
        assert {"date_inactive", "date_closed"} == set(shown)


async def test_the_default_service_is_the_chat_service(house: House) -> None:
    """Flex takes part in no other."""
    sid = house.seed.chat_service_sid
    services = (await house.rest("GET", "/v1/Services")).json["services"]
    other = await house.rest("POST", "/v1/Configuration", DefaultChatServiceSid="IS" + "0" * 32)

    assert sid == (await house.rest("GET", "/v1/Configuration")).json["default_chat_service_sid"]
    assert [(sid, "Flex Chat Service")] == [(service["sid"], service["friendly_name"]) for service in services]
    assert services[0] == (await house.rest("GET", f"/v1/Services/{sid}")).json
    assert 400 == other.status


async def test_reachability_can_be_switched_on(house: House) -> None:
    """The same switch as Programmable Chat's."""
    path = f"/v1/Services/{house.seed.chat_service_sid}/Configuration"
    switched = await house.rest("POST", path, ReachabilityEnabled="true")

    assert (200, True) == (switched.status, switched.json["reachability_enabled"])
    assert switched.json == (await house.rest("GET", path)).json


async def test_both_webhooks_are_shown_as_they_were_set(house: House) -> None:
    """A doctor compares them with what they should be."""
    for path in ("/v1/Configuration", f"/v1/Services/{house.seed.chat_service_sid}/Configuration"):
        empty = (await house.rest("GET", f"{path}/Webhooks")).json
        assert (None, []) == (empty["post_webhook_url"], empty["filters"])
        events = ["onMessageAdded", "onMessageAdd"]
        await house.rest("POST", f"{path}/Webhooks", PostWebhookUrl="http://x", Filters=events, Method="GET")
        shown = (await house.rest("GET", f"{path}/Webhooks")).json
        assert ("http://x", events, "GET") == tuple(shown[n] for n in ("post_webhook_url", "filters", "method"))


async def test_users_are_made_found_and_changed(house: House) -> None:
    """By sid or identity; whoever joins a conversation is one."""
    made = await house.rest("POST", "/v1/Users", Identity="walt", FriendlyName="Walt")
    changed = await house.rest("POST", "/v1/Users/walt", Attributes='{"a":1}')
    await make(house)

    assert (201, "Walt", '{"a":1}') == (made.status, changed.json["friendly_name"], changed.json["attributes"])
    assert changed.json == (await house.rest("GET", f"/v1/Users/{made.json['sid']}")).json
    assert ["walt", "vera"] == [user["identity"] for user in (await house.rest("GET", "/v1/Users")).json["users"]]
    assert 404 == (await house.rest("GET", "/v1/Users/nobody")).status


async def test_the_seeded_address_leads_to_studio(house: House) -> None:
    """Ready for webchats as soon as the account is there."""
    (address,) = (await house.rest("GET", ADDRESSES, Type="chat")).json["address_configurations"]

    assert (house.seed.address_sid, "chat", True) == (
        address["sid"],
        address["type"],
        address["auto_creation"]["enabled"],
    )
    assert ("studio", house.seed.studio_flow_sid) == tuple(
        address["auto_creation"][name] for name in ("type", "studio_flow_sid")
    )
    assert [] == (await house.rest("GET", ADDRESSES, Type="sms")).json["address_configurations"]


async def test_an_address_is_made_changed_and_removed(house: House) -> None:
    """What a person does in the console."""
    made = await house.rest("POST", ADDRESSES, Type="chat", Address="shop", FriendlyName="Shop")
    at = f"{ADDRESSES}/{made.json['sid']}"
    again = await house.rest("POST", ADDRESSES, Type="chat", Address="shop")
    flow = house.seed.studio_flow_sid
    changed = await house.rest("POST", at, AutoCreation__Type="studio", AutoCreation__StudioFlowSid=flow)

    assert (201, "IG", "default") == (made.status, made.json["sid"][:2], made.json["auto_creation"]["type"])
    assert (409, flow) == (again.status, changed.json["auto_creation"]["studio_flow_sid"])
    assert changed.json == (await house.rest("GET", at)).json
    assert 204 == (await house.rest("DELETE", at)).status
    assert 404 == (await webchat(house, AddressSid=made.json["sid"])).json["status"]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"Type": "pigeon", "Address": "x"}, "Type is none of"),
        ({"Type": "chat"}, "Missing required parameter Address"),
        (
            {"Type": "chat", "Address": "x", "AutoCreation__Type": "studio"},
            "needs the parameter AutoCreation.StudioFlowSid",
        ),
        (
            {"Type": "chat", "Address": "x", "AutoCreation__Type": "webhook"},
            "needs the parameter AutoCreation.WebhookUrl",
        ),
        (
            {"Type": "chat", "Address": "x", "AutoCreation__ConversationServiceSid": "IS" + "0" * 32},
            "not a service of this account",
        ),
    ],
)
async def test_a_bad_address_is_refused(house: House, form: dict[str, Any], told: str) -> None:
    """Whoever reads the error knows what to mend."""
    refused = await house.rest("POST", ADDRESSES, **form)

    assert (400, True) == (refused.status, told in refused.json["message"])


async def test_an_address_with_a_webhook_hangs_it_on_every_webchat(house: House) -> None:
    """Then nobody makes a task: that is up to the webhook's owner."""
    told = {"Type": "webhook", "WebhookUrl": house.receiver.address + "/hook", "WebhookFilters": "onMessageAdded"}
    creation: dict[str, Any] = {f"AutoCreation__{name}": value for name, value in told.items()}
    address = await house.rest("POST", ADDRESSES, Type="chat", Address="shop", **creation)
    talk = (await webchat(house, AddressSid=address.json["sid"])).json["conversation_sid"]
    await say(house, talk)

    assert talk == (await event(house, "onMessageAdded")).fields["ConversationSid"]
    assert await task_of(house, talk) is None


async def test_a_webchat_needs_an_address_for_chat(house: House) -> None:
    """Others are for other channels."""
    address = await house.rest("POST", ADDRESSES, Type="sms", Address="+12025550123")

    assert 400 == (await webchat(house, AddressSid=address.json["sid"])).status


class TestPace:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    async def test_five_webchats_a_second_are_the_most(self, house: House, clock: Clock) -> None:
        """Refused without effect, so that trying again later is always safe."""
        statuses = [(await webchat(house)).status for _ in range(6)]
        assert [201] * 5 + [429] == statuses
        assert 20429 == (await webchat(house)).json["code"]
        assert 5 == len((await house.desk("GET", "state")).json["channels"])

        clock.now += 0.2
        assert [201, 429] == [(await webchat(house)).status for _ in range(2)]
        clock.now += 3600
        assert [201] * 5 + [429] == [(await webchat(house)).status for _ in range(6)]

    async def test_a_reset_forgets_the_pace(self, house: House) -> None:
        """The account is as it was at first."""
        for _ in range(6):
            await webchat(house)
        await house.desk("POST", "reset")

        assert 201 == (await webchat(house)).status
