"""`provision` and `flows`: what the Twilio account must contain, shown, done, and told as settings."""

import asyncio
import os
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from middleware.cli_order import Order, discovered, settings_after, superfluous, wanted
from middleware.cli_settings import Known, merged, read_env, read_known, secret_lines, write_env
from middleware.cli_words import address_table, flow_table, plan_lines, say, step_lines
from middleware.flex.setup import Create, Found, Plan, SetupImpossible, diff
from middleware.flex.setup_account import Account, apply, is_locked_out, open_account
from middleware.relay.errors import FlexError, OutcomeUnknown, Refused
from middleware.settings import BadSettings

_MISSING = {
    "PUBLIC_URL": "PUBLIC_URL (where Twilio reaches the server)",
    "FLEX_FLOW_SID": "FLEX_FLOW_SID (known once the flow is made)",
    "FLEX_ADDRESS_SID": "FLEX_ADDRESS_SID (known once the address is made)",
}

UNUSABLE = 2
"""The exit code for settings and options that cannot be worked with."""


def _sid(kind: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(kind + "[0-9a-fA-F]{32}", value):
            raise click.BadParameter(f"must be {kind} and 32 hexadecimal digits")
        return value

    return check


@click.command()
@click.option("--yes", is_flag=True, help="Do it; without this the plan is only shown.")
@click.option("--studio-flow", callback=_sid("FW"), metavar="FW…", help="Chats begin in this Studio flow.")
@click.option("--workflow", callback=_sid("WW"), metavar="WW…", help="Or become tasks of this workflow at once.")
@click.option("--external-url", metavar="URL", help="Or are told to this address of yours.")
@click.option("--retries", type=click.IntRange(0, 3), default=3, show_default=True, help="Of Studio or the URL.")
@click.option("--task-channel", default="default", show_default=True, help="The task channel, by sid or unique name.")
@click.option("--priority", type=click.IntRange(0), default=0, show_default=True, help="The tasks' priority.")
@click.option("--timeout", type=click.IntRange(1), default=86400, show_default=True, help="Of tasks, in seconds.")
@click.option("--creation-on-message", is_flag=True, help="Outbound: make the task at the customer's first answer.")
@click.option("--name", help="What the flow or the address is called; a flow is found by it, unless by its sid.")
@click.option("--address", help="Conversations: the address itself, a name of your own; it is found by it.")
@click.option("--service-webhook", is_flag=True, help="Conversations: send all the service's words to PUBLIC_URL too.")
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
    """Look at where the account's chats begin."""


@flows.command("list")
def list_flows() -> None:
    """List the account's Flex Flows and addresses; those of the settings are marked."""
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
            write_env(self.path, {**settings, **secret}, private=bool(secret))
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
        _tell_settings(known, order, plan=plan, paper=paper)


async def _carry_out(plan: Plan, account: Account) -> None:
    if not plan.steps:
        say("Everything is as it should be.")
    async for step, found in apply(plan, account):
        made = f" {found.sid}" if isinstance(step, Create) else ""
        say(f"{click.style('✓', fg='green')} {next(step_lines(step))}{made}")


def _tell_settings(known: Known, order: Order, *, plan: Plan, paper: Paper) -> None:
    after = settings_after(known, order, plan=plan)
    after |= {"PUBLIC_URL": known.text("public_url")}
    if known.text("twilio_api_url"):
        after |= {"TWILIO_API_URL": known.text("twilio_api_url")}
    settings = {name: value for name, value in after.items() if value is not None}
    say(
        "",
        "The settings of the server:",
        "",
        *(f"export {name}={shlex.quote(value)}" for name, value in settings.items()),
        "",
    )
    missing = [_MISSING[name] for name in after if name not in settings]
    missing += ["TWILIO_AUTH_TOKEN (never shown)"]
    missing += [] if "token_keys" in known.values else ["TOKEN_KEYS (openssl rand -hex 32)"]
    say("And, not from here: " + ", ".join(missing) + ".")
    for name in superfluous(known, order):
        say(f"Unset {name}: the server takes one way only.")
    if plan.steps and paper.path is not None:
        say(f"{paper.path} was not written: the plan comes first.")
    else:
        paper.write(settings)


async def _list_flows(known: Known) -> None:
    async with _open(known) as account:
        await _list(
            "Flex Flows", account.flows, table_of=lambda flows: flow_table(flows, own=known.text("flex_flow_sid"))
        )
        say("")
        own = known.text("flex_address_sid")
        await _list("addresses", account.addresses, table_of=lambda addresses: address_table(addresses, own=own))


async def _list(
    what: str, look: Callable[[], Awaitable[list[Found]]], *, table_of: Callable[[list[Found]], list[str]]
) -> None:
    """An account may have only one of the two products; that is no reason to keep silent on the other."""
    try:
        found = await look()
    except Refused as error:
        say(f"Twilio tells of no {what}: {error}")
        return
    say(*table_of(found) if found else [f"The account has no {what}."])


def known_settings() -> Known:
    """The account's settings, or the end of the command with all that is wrong with them."""
    try:
        return read_known(os.environ)
    except BadSettings as error:
        say(str(error), err=True)
        sys.exit(UNUSABLE)


def _open(known: Known) -> AbstractAsyncContextManager[Account]:
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
