"""Plans, carried out at the simulator over real HTTP and held to Twilio's documents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from middleware.flex.rest import NotLetIn
from middleware.flex.setup import Found, Kind, SetupImpossible, Wanted, diff
from middleware.flex.setup_account import Account, apply, is_locked_out, open_account
from middleware.flex.setup_wanted import ChatService, External, Flow, Integration, Studio, Task
from tests.contract.openapi import violations
from tests.contract.test_back_end import exchanges
from tests.flex.twilio import SEED, Twilio, open_twilio

FLOW = Flow(chat_service_sid=SEED.chat_service_sid, friendly_name="Website")
STUDIO = Studio(SEED.studio_flow_sid)
TASK = Task(workspace_sid=SEED.workspace_sid, workflow_sid=SEED.workflow_sid, priority=3, creation_on_message=True)
EXTERNAL = External("https://bot.example.com/chats", retry_count=1)


@asynccontextmanager
async def open_both() -> AsyncIterator[tuple[Twilio, Account]]:
    async with (
        open_twilio() as twilio,
        open_account(SEED.account_sid, SEED.auth_token, api_url=twilio.url) as account,
    ):
        yield twilio, account


async def make_so(account: Account, *desired: Wanted) -> list[Found]:
    """Plan, do, and look again; what the account has then."""
    plan = diff(desired, await account.look(desired))
    done = [found async for _, found in apply(plan, account)]
    assert len(done) == len(plan.steps)
    return await account.look(desired)


@pytest.mark.parametrize("integration", [STUDIO, TASK, EXTERNAL], ids=["studio", "task", "external"])
async def test_every_integration_is_made_and_found_again(integration: Integration) -> None:
    """The second look finds nothing to do, so what was written is what is read."""
    wanted = replace(FLOW, integration=integration)
    async with open_both() as (twilio, account):
        there = await make_so(account, wanted)
        assert () == diff([wanted], there).steps
        held = await exchanges(twilio)
    assert ["POST", "POST"] == [exchange.method for exchange in held if exchange.method == "POST"]
    assert [] == [violation for exchange in held for violation in violations(exchange)]


@pytest.mark.parametrize("after", [STUDIO, TASK, EXTERNAL], ids=["studio", "task", "external"])
@pytest.mark.parametrize("before", [STUDIO, TASK, EXTERNAL], ids=["studio", "task", "external"])
async def test_any_integration_can_become_any_other(before: Integration, after: Integration) -> None:
    """A website that begins with tasks may get a bot later; its flow keeps its sid."""
    async with open_both() as (_, account):
        first = await make_so(account, replace(FLOW, integration=before))
        second = await make_so(account, replace(FLOW, integration=after))
        assert [flow.sid for flow in first] == [flow.sid for flow in second]
        assert () == diff([replace(FLOW, integration=after)], second).steps


async def test_the_flags_are_sent_even_when_they_are_false() -> None:
    """What is left out is decided by Twilio, and its documents disagree on how."""
    async with open_both() as (twilio, account):
        await make_so(account, replace(FLOW, integration=STUDIO, janitor_enabled=False))
        made = [dict(exchange.form) for exchange in await exchanges(twilio) if exchange.method == "POST"][-1]
    assert ("false", "false", "true") == (made["JanitorEnabled"], made["LongLived"], made["Enabled"])


async def test_the_chat_service_is_put_right() -> None:
    """Its retries are none at first, and somebody may have switched off what was read."""
    wanted = ChatService(sid=SEED.chat_service_sid)
    async with open_both() as (twilio, account):
        await account.do(diff([wanted], await account.look([wanted])).steps[0])
        assert () == diff([wanted], await account.look([wanted])).steps
        assert [] == [found for held in await exchanges(twilio) for found in violations(held)]


async def test_the_account_as_flex_makes_it_needs_no_new_flow() -> None:
    """What stands and works is adopted."""
    async with open_both() as (_, account):
        wanted = Flow(chat_service_sid=SEED.chat_service_sid)
        plan = diff([wanted], await account.look([wanted]))
        assert [SEED.flow_sid] == [found.sid for found in plan.kept]


async def test_a_chat_service_of_another_account_is_told_before_anything_is_done() -> None:
    """A flow in a service that is not there would take no chat."""
    async with open_both() as (_, account):
        with pytest.raises(SetupImpossible, match="FLEX_CHAT_SERVICE_SID"):
            await make_so(account, ChatService(sid="IS" + "0" * 32), FLOW)


async def test_a_wrong_token_is_told_apart() -> None:
    """It has a remedy of its own."""
    async with open_twilio() as twilio, open_account(SEED.account_sid, "wrong", api_url=twilio.url) as account:
        with pytest.raises(NotLetIn) as refusal:
            await account.knock()
    assert is_locked_out(refusal.value)
    assert "wrong" not in str(refusal.value)


async def test_workspaces_are_listed() -> None:
    """To find Flex's own by its name."""
    async with open_both() as (_, account):
        assert [(Kind.WORKSPACE, SEED.workspace_sid, "Flex Task Assignment")] == [
            (space.kind, space.sid, space.name) for space in await account.workspaces()
        ]
