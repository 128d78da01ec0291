"""What the doctor asks: is the account as it should be, and does a webhook come through."""

import email.utils
import ipaddress
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.request_validator import RequestValidator

from middleware.flex.setup import Change, Create, Found, Kind, Plan, SetupImpossible, Wanted, diff, shown
from middleware.flex.setup_account import Account, is_locked_out
from middleware.relay.errors import FlexError

CLOCKS_APART = 30.0
"""Seconds that our clock may differ from Twilio's."""

_PROVISION = "python -m middleware provision shows what to change; with --yes it changes it"
_PATIENCE = aiohttp.ClientTimeout(total=10)
_NOWHERE = "nowhere"
_LEADING = {
    Kind.FLOW: ("integration_", {"studio": "flow_sid", "task": "workflow_sid", "external": "url"}),
    Kind.ADDRESS: ("auto_creation_", {"studio": "studio_flow_sid", "webhook": "webhook_url"}),
}
"""Which parameter says where chats begin, by type."""

_NOBODY_READS = "onDoctorVisit"
"""An event type that Twilio has not: it is verified like any other, and nothing is made of it."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` None: it could not be."""

    name: str
    ok: bool | None
    told: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where Twilio reaches us, and what its requests are signed with."""

    public_url: str
    account_sid: str
    auth_token: str = field(repr=False)
    from_outside: bool = True
    """Whether Twilio itself comes in here, not a simulator on this machine."""

    @property
    def is_inside(self) -> bool:
        """Whether the address is one that nobody outside can reach."""
        host = urlsplit(self.public_url).hostname or ""
        try:
            return not ipaddress.ip_address(host).is_global
        except ValueError:
            return host == "localhost"

    def signature(self, url: str, fields: dict[str, str]) -> str:
        """As Twilio would sign."""
        return str(RequestValidator(self.auth_token).compute_signature(url, fields))


async def check_account(
    account: Account, desired: Sequence[Wanted], *, workspace_sid: str, now: Callable[[], float]
) -> AsyncIterator[Check]:
    """Credentials and clock first; without credentials nothing else can be asked."""
    started = now()
    try:
        answer = await account.knock()
    except FlexError as error:
        yield _locked_out(error)
        yield Check("account", None, "not looked at: Twilio did not let us in")
        return
    yield Check("credentials", True, "Twilio lets us in")
    yield _clock(str((answer.headers or {}).get("Date", "")), ours=(started + now()) / 2)
    for look in (_things(account, desired), _workspace(account, workspace_sid)):
        async for check in look:
            yield check


async def check_door(door: Door) -> AsyncIterator[Check]:
    """PUBLIC_URL answers as the middleware does, and lets in what is signed, and nothing else."""
    async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
        try:
            reached = await _reach(http, door)
            yield reached
            yield await _round_trip(http, door) if reached.ok else Check("webhook", None, "not tried")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            remedy = "start the server, or mend the tunnel, the name or the certificate that PUBLIC_URL leads to"
            yield Check("public url", False, f"{door.public_url} does not answer ({type(error).__name__})", remedy)
            yield Check("webhook", None, "not tried")


def _locked_out(error: FlexError) -> Check:
    if is_locked_out(error):
        remedy = "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as the Console's first page shows them"
        return Check("credentials", False, "Twilio does not accept them", remedy)
    return Check("credentials", False, f"Twilio cannot be asked: {error}", "look at the network and at TWILIO_API_URL")


def _clock(date: str, *, ours: float) -> Check:
    try:
        apart = ours - email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return Check("clock", None, "Twilio's answer has no date to compare")
    # The header has whole seconds, rounded down.
    told = f"{abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} Twilio's"
    if abs(apart) <= CLOCKS_APART:
        return Check("clock", True, "right" if abs(apart) < 2 else told)
    return Check("clock", False, told, "set this machine's clock by the network (NTP)")


async def _things(account: Account, desired: Sequence[Wanted]) -> AsyncIterator[Check]:
    """Each wanted thing alone, so that one that is missing hides no other."""
    for wanted in desired:
        try:
            actual = await account.look([wanted])
            plan = diff([wanted], actual)
        except SetupImpossible as problem:
            yield Check(wanted.kind, False, str(problem), _PROVISION)
        except FlexError as error:
            yield Check(wanted.kind, False, f"cannot be looked at: {error}", "see what Twilio says at that address")
        else:
            for check in _held(plan):
                yield check


def _held(plan: Plan) -> list[Check]:
    checks = [_standing(found) for found in plan.kept]
    for step in plan.steps:
        match step:
            case Create(kind):
                checks.append(Check(kind, False, "the account has none for this website", _PROVISION))
            case Change(found):
                wrong = ", ".join(f"{name} is {shown(old)}, not {shown(new)}" for name, old, new in step.differences)
                because = f": {step.because}" if step.because else ""
                checks.append(Check(found.kind, False, f"{found.sid}: {wrong}{because}".removeprefix(": "), _PROVISION))
    return checks


def _standing(found: Found) -> Check:
    """Parameters alone are not enough: chats must lead somewhere."""
    if found.kind in _LEADING and leads_to(found).endswith(_NOWHERE):
        remedy = "python -m middleware provision --studio-flow FW… (or another option) says where"
        return Check(found.kind, False, f"{describe(found)}: its chats reach nobody", remedy)
    return Check(found.kind, True, describe(found))


def describe(found: Found) -> str:
    """A thing in a few words: what it is called, and where it leads."""
    words = [found.sid, f'"{found.name}"' if found.name else ""]
    match found.kind:
        case Kind.FLOW:
            words += ["is enabled:" if found.get("enabled") else "is disabled:", leads_to(found)]
        case Kind.ADDRESS:
            words += ["is on:" if found.get("auto_creation_enabled") else "is off:", leads_to(found)]
        case Kind.CHAT_SERVICE:
            words += ["keeps what was read,", f"asks a webhook again {found.get('post_webhook_retry_count')} times"]
        case Kind.DEFAULTS:
            words += [f"new conversations are in {found.get('default_chat_service_sid')}"]
        case _:
            pass
    return " ".join(word for word in words if word)


def leads_to(found: Found) -> str:
    """Where the chats of a flow or an address begin."""
    block, names = _LEADING[found.kind]
    kind = shown(found.get(block + "type"))
    return f"{kind} {found.get(block + names.get(kind, '')) or _NOWHERE}"


async def _workspace(account: Account, sid: str) -> AsyncIterator[Check]:
    try:
        spaces = await account.workspaces()
    except FlexError as error:
        yield Check("workspace", False, f"cannot be looked at: {error}", "see what Twilio says at that address")
        return
    own = next((space for space in spaces if space.sid == sid), None)
    if own is not None:
        yield Check("workspace", True, describe(own))
        return
    there = ", ".join(describe(space) for space in spaces) or "none"
    yield Check("workspace", False, f"the account has no {sid}", f"set FLEX_WORKSPACE_SID; there is: {there}")


async def _reach(http: aiohttp.ClientSession, door: Door) -> Check:
    async with http.get(f"{door.public_url}/live", allow_redirects=False) as answer:
        body = await _object(answer)
    if door.from_outside and door.is_inside:
        told, remedy = "is for this network alone", "set PUBLIC_URL to an https:// address that Twilio can reach"
    elif 300 <= answer.status < 400:
        told, remedy = "sends on elsewhere", "set PUBLIC_URL to where it leads: Twilio signs for exactly that address"
    elif answer.status != 200 or body.get("live") is not True:
        told = f"is not this server: /live answers {answer.status}"
        remedy = "mend PUBLIC_URL, or what stands before the server"
    else:
        return Check("public url", True, f"{door.public_url} answers")
    return Check("public url", False, f"{door.public_url} {told}", remedy)


async def _round_trip(http: aiohttp.ClientSession, door: Door) -> Check:
    """Signed as Twilio signs, it must pass; signed by somebody else, it must not."""
    stranger = replace(door, auth_token=secrets.token_hex(16))
    signed, forged = await _knock(http, door, key=door), await _knock(http, door, key=stranger)
    told = f"signed by Twilio's key: {signed}, by another: {forged}"
    if forged != 403:
        remedy = "what stands behind PUBLIC_URL lets strangers in: it must be this server and nothing in between"
        return Check("webhook", False, told, remedy)
    if signed != 200:
        remedy = (
            "the running server must have the same TWILIO_AUTH_TOKEN, TWILIO_ACCOUNT_SID and PUBLIC_URL as the doctor,"
            " and nothing in between may change the path"
        )
        return Check("webhook", False, told, remedy)
    return Check("webhook", True, told)


async def _knock(http: aiohttp.ClientSession, door: Door, *, key: Door) -> int:
    url = f"{door.public_url}/new-message"
    fields = {"AccountSid": door.account_sid, "EventType": _NOBODY_READS}
    headers = {"X-Twilio-Signature": key.signature(url, fields)}
    async with http.post(url, data=fields, headers=headers, allow_redirects=False) as answer:
        return answer.status


async def _object(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        body = await answer.json(content_type=None)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
