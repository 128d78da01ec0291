"""What the account must contain, as data; `diff` says what has to change. Nothing here talks to Twilio."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol, TypeAlias

from middleware.relay.errors import HouseError

Value: TypeAlias = str | int | bool | tuple[str, ...] | None
Parameters: TypeAlias = Mapping[str, Value]
"""Twilio's names, with `_` where its API has `.` or a capital: `integration_flow_sid`."""

_BLOCKS = ("integration_", "auto_creation_")
"""Parameters that say something only together; nobody promises that Twilio keeps the others when one is written."""

_ANY_CASE = {"true", "false", "get", "post"}

_WHEN_ABSENT: Parameters = {
    "long_lived": False,
    "integration_channel": "default",
    "integration_timeout": 86400,
    "integration_priority": 0,
    "integration_creation_on_message": False,
    "integration_retry_count": 3,
}
"""What Twilio takes for a parameter that its answer leaves out: https://www.twilio.com/docs/flex/developer/api/flow"""


class SetupImpossible(HouseError):
    """What is wanted cannot be made; the text says what to give."""


class Kind(StrEnum):
    """What an account contains."""

    FLOW = "flex flow"
    CHAT_SERVICE = "chat service"
    SERVICE = "service"
    DEFAULTS = "defaults"
    ADDRESS = "address"
    WEBHOOK = "service webhook"
    WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A thing that the account has."""

    kind: Kind
    sid: str
    parameters: Parameters

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.parameters.get("friendly_name") or "")

    def get(self, name: str) -> Value:
        """A parameter, or what Twilio takes for it when it is absent."""
        value = self.parameters.get(name)
        return _WHEN_ABSENT.get(name) if value is None else value


class Wanted(Protocol):
    """A thing the account must have."""

    kind: ClassVar[Kind]

    def own(self, actual: Sequence[Found]) -> Found | None:
        """The thing itself, if the account has it. Raises `SetupImpossible` where it should and has not."""

    def rivals(self, actual: Sequence[Found], *, own: Found | None) -> list[Found]:
        """What must be disabled because of it."""

    def parameters(self) -> Parameters:
        """What must be true of it."""

    def at_first(self) -> Parameters:
        """What is told when it is made. Raises `SetupImpossible`."""


@dataclass(frozen=True, slots=True)
class Create:
    """A thing to make."""

    kind: Kind
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Change:
    """Parameters to write to a thing; `because` says why where the difference does not."""

    found: Found
    parameters: Parameters
    because: str = ""

    @property
    def differences(self) -> list[tuple[str, Value, Value]]:
        """Name, old and new of every parameter that becomes another."""
        return [
            (name, self.found.get(name), value)
            for name, value in self.parameters.items()
            if not same(self.found.get(name), value)
        ]


Step: TypeAlias = Create | Change


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, in this order; `own` are the wanted things that the account has, right or not."""

    steps: tuple[Step, ...]
    own: tuple[Found, ...]

    @property
    def kept(self) -> list[Found]:
        """What is right already."""
        changed = [step.found for step in self.steps if isinstance(step, Change)]
        return [found for found in self.own if found not in changed]


def shown(value: Value) -> str:
    """A value as Twilio's documents write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return "none" if value is None or value == "" else str(value)


def diff(desired: Iterable[Wanted], actual: Sequence[Found]) -> Plan:
    """What turns the actual into the desired. Raises `SetupImpossible` with everything that stands in the way.

    Rivals go first: between two steps the account has one enabled flow too few rather than one too many.
    """
    steps: list[Step] = []
    owned: list[Found] = []
    problems: list[str] = []
    for wanted in desired:
        try:
            own = wanted.own(actual)
            asked = _step(wanted, own)
        except SetupImpossible as problem:
            problems.append(str(problem))
            continue
        steps += [_disabled(rival) for rival in wanted.rivals(actual, own=own)]
        steps += [asked] if asked else []
        owned += [own] if own else []
    if problems:
        raise SetupImpossible("\n".join(problems))
    return Plan(tuple(steps), tuple(owned))


def _step(wanted: Wanted, own: Found | None) -> Step | None:
    return Create(wanted.kind, wanted.at_first()) if own is None else _change(own, wanted.parameters())


def _change(own: Found, wanted: Parameters) -> Change | None:
    """What differs, and what belongs in one block with it."""
    names = {name for name, value in wanted.items() if not same(own.get(name), value)}
    blocks = tuple(block for block in _BLOCKS if any(name.startswith(block) for name in names))
    told = {name: value for name, value in wanted.items() if name in names or name.startswith(blocks)}
    return Change(own, told) if names else None


def _disabled(rival: Found) -> Change:
    why = f"only one may be enabled for each channel type; to keep this one instead, set FLEX_FLOW_SID={rival.sid}"
    return Change(rival, {"enabled": False}, because=why)


def same(found: Value, wanted: Value) -> bool:
    """Whether Twilio's answer says what is wanted."""
    return _plain(found) == _plain(wanted)


def _plain(value: Value) -> object:
    """Answers hold numbers and flags as text here and there, words in capitals, and lists in an order of their own."""
    if isinstance(value, tuple):
        return frozenset(value)
    text = str(value).lower()
    return text if isinstance(value, bool | int) or text in _ANY_CASE else value
