"""`provision` and `flows`: what the Twilio account must contain, shown, done, and told as settings."""

import asyncio
import os
import re
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from middleware.cli_settings import Known, merged, read_env, read_known, secret_lines, write_env
from middleware.cli_words import plan_lines, say, step_lines, table
from middleware.flex.setup import Create, Found, Kind, Plan, SetupImpossible, Wanted, diff, shown
from middleware.flex.setup_account import Account, apply, is_locked_out, open_account
from middleware.flex.setup_checks import leads_to
from middleware.flex.setup_wanted import ChatService, External, Flow, Integration, Studio, Task
from middleware.relay.errors import FlexError, OutcomeUnknown
from middleware.settings import BadSettings

UNUSABLE = 2
"""The exit code for settings and options that cannot be worked with."""


def _sid(kind: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(kind + "[0-9a-fA-F]{32}", value):
            raise click.BadParameter(f"must be {kind} and 32 hexadecimal digits")
        return value

    return check


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked for on the command line."""

    given: dict[str, Any]

    def integration(self, *, workspace_sid: str) -> Integration | None:
        """Where chats shall begin: None leaves it as it is. Raises `SetupImpossible`."""
        ways = ("studio_flow", "workflow", "external_url")
        chosen = [way for way in ways if self.given[way]]
        if len(chosen) > 1:
            raise SetupImpossible("Chats can begin in one place only: --studio-flow, --workflow or --external-url.")
        match chosen:
            case ["studio_flow"]:
                return Studio(self.given["studio_flow"], retry_count=self.given["retries"])
            case ["external_url"]:
                return External(self.given["external_url"], retry_count=self.given["retries"])
            case ["workflow"]:
                return self._task(workspace_sid)
            case _:
                return None

    def _task(self, workspace_sid: str) -> Task:
        return Task(
            workspace_sid=workspace_sid,
            workflow_sid=self.given["workflow"],
            channel=self.given["task_channel"],
            priority=self.given["priority"],
            timeout=self.given["timeout"],
            creation_on_message=self.given["creation_on_message"],
        )


@click.command()
@click.option("--yes", is_flag=True, help="Do it; without this the plan is only shown.")
@click.option("--studio-flow", callback=_sid("FW"), metavar="FW…", help="Chats begin in this Studio flow.")
@click.option("--workflow", callback=_sid("WW"), metavar="WW…", help="Or become tasks of this workflow at once.")
@click.option("--external-url", metavar="URL", help="Or are told to this address of yours.")
@click.option("--retries", type=click.IntRange(0, 3), default=3, show_default=True, help="Of Studio or the address.")
@click.option("--task-channel", default="default", show_default=True, help="The task channel, by sid or unique name.")
@click.option("--priority", type=click.IntRange(0), default=0, show_default=True, help="The tasks' priority.")
@click.option("--timeout", type=click.IntRange(1), default=86400, show_default=True, help="Of tasks, in seconds.")
@click.option("--creation-on-message", is_flag=True, help="Outbound: make the task at the customer's first answer.")
@click.option("--name", help="The flow's name; it is found by it while FLEX_FLOW_SID is not set.")
@click.option("--contact-identity", help="The label of the flow's contact.")
@click.option("--janitor/--no-janitor", default=True, show_default=True, help="Close chats whose task has ended.")
@click.option("--long-lived/--no-long-lived", default=False, show_default=True, help="Keep channels after the end.")
@click.option("--write-env", type=click.Path(dir_okay=False, path_type=Path), help="Write the settings to this file.")
@click.option("--with-secrets", is_flag=True, help="The auth token and TOKEN_KEYS too, into that file only.")
def provision(yes: bool, write_env: Path | None, with_secrets: bool, **given: Any) -> None:
    """Make the Twilio account right: show the plan; with --yes carry it out. Safe to repeat."""
    if with_secrets and write_env is None:
        raise click.UsageError("--with-secrets says what goes into the file of --write-env: give that too.")
    known = known_settings()
    paper = Paper(write_env, with_secrets=with_secrets)
    _run(_provision(known, Order(given), yes=yes, paper=paper))


@click.group()
def flows() -> None:
    """Look at the account's Flex Flows."""


@flows.command("list")
def list_flows() -> None:
    """List the account's Flex Flows; the middleware's own is marked."""
    _run(_list_flows(known_settings()))


@dataclass(frozen=True, slots=True)
class Paper:
    """The file that settings are written to, if any."""

    path: Path | None
    with_secrets: bool

    def write(self, settings: dict[str, str]) -> None:
        """Renew the settings' own lines."""
        if self.path is None:
            return
        try:
            there = read_env(self.path)
            secret = secret_lines(os.environ, there=there) if self.with_secrets else {}
            if merged(there, {**settings, **secret}) == there:
                say(f"{self.path} holds them already.")
                return
            write_env(self.path, {**settings, **secret})
        except (OSError, UnicodeDecodeError) as error:
            raise click.ClickException(f"{self.path} cannot be written: {error}") from error
        say(f"Written to {self.path}: {', '.join([*settings, *secret])}.")


async def _provision(known: Known, order: Order, *, yes: bool, paper: Paper) -> None:
    async with _open(known) as account:
        known = await discovered(account, known)
        desired = wanted(known, order)
        plan = diff(desired, await account.look(desired))
        say(f"Account {known.account_sid}", "", *plan_lines(plan), "")
        if plan.steps and not yes:
            say("Nothing was changed. With --yes this plan is carried out.")
        else:
            await _carry_out(plan, account)
            plan = diff(desired, await account.look(desired))
            if plan.steps:
                raise click.ClickException("Twilio did not keep all of it:\n" + "\n".join(plan_lines(plan)))
        _tell_settings(known, plan, paper=paper)


async def _carry_out(plan: Plan, account: Account) -> None:
    if not plan.steps:
        say("Everything is as it should be.")
    async for step, found in apply(plan, account):
        made = f" {found.sid}" if isinstance(step, Create) else ""
        say(f"{click.style('✓', fg='green')} {next(step_lines(step))}{made}")


def wanted(known: Known, order: Order) -> list[Wanted]:
    """What the account must contain for these settings and this order. Raises `SetupImpossible`."""
    service = known.must("flex_chat_service_sid")
    flow = Flow(
        chat_service_sid=service,
        sid=known.text("flex_flow_sid"),
        friendly_name=order.given["name"],
        contact_identity=order.given["contact_identity"],
        integration=order.integration(workspace_sid=known.must("flex_workspace_sid")),
        janitor_enabled=order.given["janitor"],
        long_lived=order.given["long_lived"],
    )
    return [ChatService(sid=service), flow]


async def discovered(account: Account, known: Known) -> Known:
    """With the service and the workspace, if Flex's own can be told from the others. Raises `SetupImpossible`."""
    looks = {
        "flex_chat_service_sid": (account.chat_services, "Flex Chat Service"),
        "flex_workspace_sid": (account.workspaces, "Flex Task Assignment"),
    }
    found: dict[str, str] = {}
    problems: list[str] = []
    for name, (look, flex_name) in looks.items():
        if known.text(name) is not None:
            continue
        things = await look()
        own = [thing for thing in things if thing.name == flex_name] if len(things) > 1 else things
        if len(own) == 1:
            found[name] = own[0].sid
        else:
            there = ", ".join(f'{thing.sid} "{thing.name}"' for thing in things) or "none"
            problems.append(f"{name.upper()} must be set; the account has: {there}.")
    if problems:
        raise SetupImpossible("\n".join(problems))
    return Known({**known.values, **found})


def _tell_settings(known: Known, plan: Plan, *, paper: Paper) -> None:
    flow = next((found.sid for found in plan.own if found.kind is Kind.FLOW), None)
    told = {
        "BACKEND": known.backend.value,
        "TWILIO_ACCOUNT_SID": known.account_sid,
        "FLEX_CHAT_SERVICE_SID": known.text("flex_chat_service_sid"),
        "FLEX_WORKSPACE_SID": known.text("flex_workspace_sid"),
        "FLEX_FLOW_SID": flow,
        "PUBLIC_URL": known.text("public_url"),
        "TWILIO_API_URL": known.text("twilio_api_url"),
    }
    settings = {name: value for name, value in told.items() if value is not None}
    say("", "The settings of the server:", "", *(f"export {name}={value}" for name, value in settings.items()), "")
    missing = [] if flow else ["FLEX_FLOW_SID (known once the flow is made)"]
    missing += ["TWILIO_AUTH_TOKEN (never shown)"]
    missing += [] if "PUBLIC_URL" in settings else ["PUBLIC_URL (where Twilio reaches the server)"]
    missing += [] if "token_keys" in known.values else ["TOKEN_KEYS (openssl rand -hex 32)"]
    say("And, not from here: " + ", ".join(missing) + ".")
    if plan.steps and paper.path is not None:
        say(f"{paper.path} was not written: the plan comes first.")
    else:
        paper.write(settings)


async def _list_flows(known: Known) -> None:
    async with _open(known) as account:
        found = await account.flows()
    if not found:
        say("The account has no Flex Flow. `python -m middleware provision` makes one.")
        return
    own = known.text("flex_flow_sid")
    heading = ("", "FLOW", "NAME", "CHANNEL", "ENABLED", "BEGINS IN", "JANITOR", "LONG-LIVED", "CHAT SERVICE")
    say(*table(heading, *(_row(flow, own=own) for flow in found)))
    if own is not None:
        there = any(flow.sid == own for flow in found)
        say("", "* FLEX_FLOW_SID" if there else f"FLEX_FLOW_SID is {own}, and the account has no such flow.")


def _row(flow: Found, *, own: str | None) -> tuple[str, ...]:
    values = ("channel_type", "enabled"), ("janitor_enabled", "long_lived", "chat_service_sid")
    before, after = ([shown(flow.get(name)) for name in names] for names in values)
    return ("*" if flow.sid == own else "", flow.sid, flow.name, *before, leads_to(flow), *after)


def known_settings() -> Known:
    """The account's settings, or the end of the command with all that is wrong with them."""
    try:
        return read_known(os.environ)
    except BadSettings as error:
        say(str(error), err=True)
        sys.exit(UNUSABLE)


def _open(known: Known) -> Any:
    return open_account(known.account_sid, known.auth_token.get_secret_value(), api_url=known.text("twilio_api_url"))


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run a command; what Twilio refuses is told without a traceback."""
    try:
        asyncio.run(work)
    except SetupImpossible as problem:
        say(str(problem), err=True)
        sys.exit(UNUSABLE)
    except OutcomeUnknown as error:
        raise click.ClickException(
            f"{error}. Whether it was done is not known; the command can be repeated."
        ) from error
    except FlexError as error:
        if is_locked_out(error):
            raise click.ClickException("Twilio does not accept TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN.") from error
        raise click.ClickException(
            f"Twilio: {error}. What was done before holds; the command can be repeated."
        ) from error
