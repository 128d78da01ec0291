"""The account on Flex Conversations: address, binding, defaults, service webhook."""

from dataclasses import replace
from pathlib import Path

import pytest

from middleware.flex.setup import Change, Create, Found, Kind, SetupImpossible, Wanted, diff
from middleware.flex.setup_conversations import Address, Binding, ConversationService, Defaults, ServiceWebhook
from middleware.flex.setup_wanted import External, Studio
from tests.contract.openapi import violations
from tests.contract.test_back_end import exchanges
from tests.flex.test_setup_account import make_so, open_both
from tests.flex.twilio import SEED
from tests.journeys.page import Page
from tests.journeys.town import serve
from tests.waiting import until

STUDIO = Studio("FW" + "ab" * 16)
WEBHOOK = External("https://bot.example.com/chats")
ADDRESS = Address(service_sid=SEED.chat_service_sid, address="shop", binding=STUDIO)
HOOK = ServiceWebhook(service_sid=SEED.chat_service_sid, url="https://chat.example.com/new-message")


def found_address(sid: str, **parameters: str) -> Found:
    return Found(kind=Kind.ADDRESS, sid=sid, parameters={**ADDRESS.at_first(), **parameters})


@pytest.mark.parametrize("after", [STUDIO, WEBHOOK], ids=["studio", "webhook"])
@pytest.mark.parametrize("before", [STUDIO, WEBHOOK], ids=["studio", "webhook"])
async def test_an_address_is_made_bound_and_bound_anew(before: Binding, after: Binding) -> None:
    """It keeps its sid, which the server's settings name."""
    async with open_both() as (twilio, account):
        first = await make_so(account, replace(ADDRESS, binding=before))
        second = await make_so(account, replace(ADDRESS, binding=after))
        assert [one.sid for one in first] == [one.sid for one in second]
        assert () == diff([replace(ADDRESS, binding=after)], second).steps
        assert [] == [wrong for held in await exchanges(twilio) for wrong in violations(held)]


async def test_a_chat_opens_at_the_address_that_was_made(tmp_path: Path) -> None:
    """What provision tells is what the server needs."""
    async with open_both() as (twilio, account):
        made = next(one for one in await make_so(account, ADDRESS) if one.get("address") == "shop")
        async with serve(tmp_path, twilio, backend="conversations", flex_address_sid=made.sid) as url:
            page = await Page(url).connect()
            await page.grant("open")
            await page.grant("say", {"ask_id": "1", "text": "Hello"})

            async def there() -> bool:
                return "POST Messages" in await twilio.calls()

            await until(there, what="the visitor's words at Flex")
            await page.close()
        opened = [dict(one.form) for one in await exchanges(twilio) if one.path == "/v2/WebChats"]
    assert [made.sid] == [form["AddressSid"] for form in opened]


async def test_the_service_webhook_is_set_and_stays() -> None:
    """Only its filters' order may be Twilio's own."""
    async with open_both() as (twilio, account):
        there = await make_so(account, HOOK)
        assert () == diff([HOOK], there).steps
        assert [] == [wrong for held in await exchanges(twilio) for wrong in violations(held)]


async def test_the_account_as_flex_makes_it_needs_little() -> None:
    """Service and defaults are Flex's own; the address stands, with its binding."""
    desired: list[Wanted] = [
        ConversationService(sid=SEED.chat_service_sid),
        Defaults(service_sid=SEED.chat_service_sid),
        Address(service_sid=SEED.chat_service_sid),
    ]
    async with open_both() as (twilio, account):
        plan = diff(desired, await account.look(desired))
        assert [] == [wrong for held in await exchanges(twilio) for wrong in violations(held)]
    assert ((), SEED.address_sid) == (plan.steps, plan.own[2].sid)


def test_another_default_service_is_made_flexs() -> None:
    """Flex routes only what is in the default service."""
    actual = [Found(kind=Kind.DEFAULTS, sid="", parameters={"default_chat_service_sid": "IS" + "0" * 32})]
    (step,) = diff([Defaults(service_sid=SEED.chat_service_sid)], actual).steps
    assert {"default_chat_service_sid": SEED.chat_service_sid} == step.parameters


def test_an_only_address_is_adopted_and_one_of_two_is_not() -> None:
    """With two, which is the website's would be a guess."""
    wanted = replace(ADDRESS, address=None)
    one, two = found_address("IG1", address="a"), found_address("IG2", address="b")
    assert ["IG1"] == [own.sid for own in diff([wanted], [one]).own]
    assert [Create] == [type(step) for step in diff([wanted], [one, two]).steps]
    assert ["IG2"] == [own.sid for own in diff([replace(wanted, address="b")], [one, two]).own]


def test_an_address_of_another_type_is_not_ours() -> None:
    """A telephone number may have the same binding."""
    assert [Create] == [type(step) for step in diff([ADDRESS], [found_address("IG1", type="sms")]).steps]


def test_a_new_binding_is_told_whole() -> None:
    """The retry count belongs to the flow that it retries."""
    (step,) = diff([replace(ADDRESS, binding=Studio("FW" + "cd" * 16))], [found_address("IG1")]).steps
    assert isinstance(step, Change)
    assert ["auto_creation_studio_flow_sid"] == [name for name, _, _ in step.differences]
    assert 3 == step.parameters["auto_creation_studio_retry_count"]


def test_all_that_is_impossible_is_told_at_once() -> None:
    """Each with the setting to mend."""
    desired: list[Wanted] = [
        ConversationService(sid="IS0"),
        replace(ADDRESS, sid="IG0"),
        HOOK,
        Defaults(service_sid=""),
    ]
    with pytest.raises(SetupImpossible) as problem:
        diff([*desired, replace(ADDRESS, binding=None)], [])
    assert 5 == len(str(problem.value).splitlines())
