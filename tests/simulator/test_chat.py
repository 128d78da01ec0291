"""Channels, messages, members and users of Programmable Chat."""

import json

from hypothesis import given
from hypothesis import strategies as st

from middleware.simulator import Seed
from middleware.simulator.account import Account
from middleware.simulator.channels import add_channel, add_webhook
from middleware.simulator.events import by_api
from middleware.simulator.messages import add_message, remove_message
from middleware.simulator.nouns import ChatChannel, Message, Webhook, WebhookKind
from middleware.simulator.refusals import TooManyWebhooks
from tests.simulator.house import House


async def test_a_message_gets_the_next_place(house: House) -> None:
    """Indexes without holes are how a reader notices what it has missed."""
    channel = await house.open_channel()
    indexes = [(await house.say(channel, heard=False)).json["index"] for _ in range(3)]
    first = (await house.rest("GET", f"{house.service}/Channels/{channel}/Messages")).json["messages"][0]
    await house.rest("DELETE", f"{house.service}/Channels/{channel}/Messages/{first['sid']}")

    assert [0, 1, 2] == indexes
    assert 3 == (await house.say(channel, heard=False)).json["index"]


async def test_a_message_without_from_is_the_systems(house: House) -> None:
    """Notices come that way."""
    channel = await house.open_channel()
    said = await house.rest("POST", f"{house.service}/Channels/{channel}/Messages", Body="closing soon")

    assert "system" == said.json["from"]


async def test_attributes_come_back_as_they_were_sent(house: House) -> None:
    """Our own id travels in there; it is text on the wire, never an object."""
    channel = await house.open_channel()
    said = await house.say(channel, Attributes='{"id": "m-1",  "ü": 1}')

    assert '{"id": "m-1",  "ü": 1}' == said.json["attributes"]


async def test_a_message_can_be_listed_from_either_end_fetched_and_changed(house: House) -> None:
    """Repairing a gap reads from the end."""
    channel = await house.open_channel()
    sids = [(await house.say(channel, str(n), heard=False)).json["sid"] for n in range(3)]
    path = f"{house.service}/Channels/{channel}/Messages"

    backwards = (await house.rest("GET", path, Order="desc", PageSize=2)).json
    assert sids[:0:-1] == [message["sid"] for message in backwards["messages"]]
    assert backwards["meta"]["next_page_url"].startswith(house.address)
    changed = await house.rest("POST", f"{path}/{sids[0]}", Body="better", LastUpdatedBy="vera")
    assert ("better", True, "vera") == tuple(changed.json[n] for n in ("body", "was_edited", "last_updated_by"))
    assert changed.json == (await house.rest("GET", f"{path}/{sids[0]}")).json


async def test_a_message_can_carry_a_file(house: House) -> None:
    """The body is then empty and `media` tells of the file."""
    channel = await house.open_channel()
    path = f"{house.service}/Channels/{channel}/Messages"
    said = await house.rest("POST", path, From="vera", MediaSid="ME" + "a1" * 16)

    assert ("media", "ME" + "a1" * 16) == (said.json["type"], said.json["media"]["sid"])


async def test_a_body_above_32_kb_is_refused(house: House) -> None:
    """The limit counts bytes, not letters."""
    channel = await house.open_channel()

    assert 201 == (await house.say(channel, "ü" * 16384, heard=False)).status
    refused = await house.say(channel, "ü" * 16385, heard=False)
    assert (400, True) == (refused.status, "too long" in refused.json["message"])


async def test_a_channel_is_found_by_its_unique_name(house: House) -> None:
    """A name may stand wherever a sid may."""
    channel = await house.open_channel(ChatUniqueName="vera-17")

    found = await house.rest("GET", f"{house.service}/Channels/vera-17")
    assert (channel, "private", 1) == tuple(found.json[name] for name in ("sid", "type", "members_count"))
    taken = await house.rest("POST", f"{house.service}/Channels", UniqueName="vera-17")
    assert (409, 50353) == (taken.status, taken.json["code"])


async def test_attributes_are_replaced_whole(house: House) -> None:
    """Twilio merges nothing: whoever writes one key and forgets the others has removed them."""
    channel = await house.open_channel()
    changed = await house.rest("POST", f"{house.service}/Channels/{channel}", Attributes='{"mine":1}')

    assert {"mine": 1} == json.loads(changed.json["attributes"])


async def test_a_member_joins_once_reads_and_leaves(house: House) -> None:
    """The read position is the member's."""
    channel = await house.open_channel()
    path = f"{house.service}/Channels/{channel}/Members"
    joined = await house.rest("POST", path, Identity="walt", Attributes='{"member_type":"agent"}')
    again = await house.rest("POST", path, Identity="walt")
    read = await house.rest("POST", f"{path}/walt", LastConsumedMessageIndex=4)
    named = await house.rest("GET", path, Identity="walt")

    assert (201, 409) == (joined.status, again.status)
    assert (4, '{"member_type":"agent"}') == (read.json["last_consumed_message_index"], read.json["attributes"])
    assert ["walt"] == [member["identity"] for member in named.json["members"]]
    assert 204 == (await house.rest("DELETE", f"{path}/{joined.json['sid']}")).status
    assert 404 == (await house.rest("GET", f"{path}/walt")).status


async def test_a_user_is_found_by_sid_and_identity(house: House) -> None:
    """Identities belong to one user only."""
    made = await house.rest("POST", f"{house.service}/Users", Identity="walt", FriendlyName="Walt")
    again = await house.rest("POST", f"{house.service}/Users", Identity="walt")
    changed = await house.rest("POST", f"{house.service}/Users/walt", FriendlyName="Walter")

    assert (201, 409) == (made.status, again.status)
    assert "Walter" == changed.json["friendly_name"]
    assert changed.json == (await house.rest("GET", f"{house.service}/Users/{made.json['sid']}")).json
    assert ["walt"] == [user["identity"] for user in (await house.rest("GET", f"{house.service}/Users")).json["users"]]


async def test_the_service_keeps_its_settings(house: House) -> None:
    """A doctor reads them, a provisioner writes them."""
    changed = await house.rest(
        "POST",
        house.service,
        PostWebhookUrl="https://example.com/hook",
        WebhookFilters=["onMessageSent", "onMessageSend"],
        PostWebhookRetryCount=2,
        Limits__ChannelMembers=1,
    )
    assert ["onMessageSent", "onMessageSend"] == changed.json["webhook_filters"]
    assert changed.json == (await house.rest("GET", house.service)).json
    channel = await house.open_channel()
    full = await house.rest("POST", f"{house.service}/Channels/{channel}/Members", Identity="walt")
    assert (403, 50403) == (full.status, full.json["code"])


async def test_a_webhook_can_be_changed_and_removed(house: House) -> None:
    """A webhook's type stays what it was."""
    channel = await house.open_channel()
    hook = await house.hang(channel, "onMessageSent", Configuration__RetryCount=1)
    path = f"{house.service}/Channels/{channel}/Webhooks/{hook}"
    changed = await house.rest("POST", path, Configuration__Method="GET", Configuration__Filters=["onMemberAdded"])

    expected = {
        "url": house.receiver.address + "/hook",
        "method": "GET",
        "filters": ["onMemberAdded"],
        "retry_count": 1,
    }
    assert expected == changed.json["configuration"]
    assert 204 == (await house.rest("DELETE", path)).status
    assert 404 == (await house.rest("GET", path)).status


@given(st.lists(st.booleans(), max_size=40))
def test_indexes_have_no_holes(deeds: list[bool]) -> None:
    """Removing a message frees no place: the next one goes on counting."""
    account = Account(Seed())
    channel = add_channel(account, ChatChannel(), by=by_api(heard=False))
    given_out: list[int] = []
    for is_saying in deeds:
        messages = account.tables.messages[channel.sid]
        if is_saying:
            given_out.append(add_message(account, Message(channel_sid=channel.sid), by=by_api(heard=False)).index)
        elif messages:
            remove_message(account, next(iter(messages.values())), by=by_api(heard=False))
    assert list(range(len(given_out))) == given_out


@given(st.lists(st.sampled_from([*WebhookKind, None]), max_size=20))
def test_a_channel_never_has_more_than_five_webhooks(deeds: list[WebhookKind | None]) -> None:
    """Of any kind, in any order, with removals between."""
    account = Account(Seed())
    channel = add_channel(account, ChatChannel(), by=by_api(heard=False))
    hooks = account.tables.webhooks[channel.sid]
    for kind in deeds:
        before = len(hooks)
        if kind is None:
            hooks and hooks.popitem()
            continue
        try:
            add_webhook(account, Webhook(channel_sid=channel.sid, type=kind))
        except TooManyWebhooks:
            assert 5 == before
        assert min(before + 1, 5) == len(hooks)
