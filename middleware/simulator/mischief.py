"""Faults on purpose: what goes wrong between a client and Twilio, as often and as repeatably as one likes.

A `Plan` is a list of rules. `decide` draws, for one REST request or one webhook, which of them strike; it touches
nothing but the random numbers it is given. `Mischief` holds the plan that is switched on and counts what it did.
Every fault is described in docs/mischief.md.
"""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Fault(StrEnum):
    """What can go wrong: up to `not_found` to REST requests, from `repeat` on to webhooks."""

    LATE = "late"
    TOO_MANY = "too_many"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    RESET_BEFORE = "reset_before"
    RESET_AFTER = "reset_after"
    HALF_BODY = "half_body"
    BROKEN_JSON = "broken_json"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    REPEAT = "repeat"
    DELAY = "delay"
    SHUFFLE = "shuffle"
    LOSE = "lose"
    REPLAY = "replay"


class Slot(StrEnum):
    """Of the faults that exclude one another, the first that strikes is the one."""

    PACE = "pace"
    OUTCOME = "outcome"
    COPIES = "copies"
    WAY = "way"
    AGAIN = "again"


WEBHOOK_SLOTS: Mapping[Fault, Slot] = MappingProxyType(
    {
        Fault.REPEAT: Slot.COPIES,
        Fault.DELAY: Slot.WAY,
        Fault.SHUFFLE: Slot.WAY,
        Fault.LOSE: Slot.WAY,
        Fault.REPLAY: Slot.AGAIN,
    }
)
REST_SLOTS: Mapping[Fault, Slot] = MappingProxyType(
    {fault: Slot.PACE if fault is Fault.LATE else Slot.OUTCOME for fault in Fault if fault not in WEBHOOK_SLOTS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault: how likely, where, how often at most, and its measures.

    `route` is a regular expression searched in `POST /v1/Channels` or in `onMessageSent http://…`; empty is everywhere.
    """

    fault: Fault
    chance: float = 1.0
    route: str = ""
    count: int | None = None
    seconds: tuple[float, float] = (0.1, 1.0)
    status: int = 503
    retry_after: int | None = None
    copies: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The rules in the order in which they are tried, and the seed that makes their dice repeatable."""

    rules: tuple[Rule, ...] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A rule that strikes, its measures drawn; `place` is its place in the plan."""

    rule: Rule
    place: int
    seconds: float
    copies: int


Fate = Mapping[Slot, Hit]


def decide(
    plan: Plan, slots: Mapping[Fault, Slot], subject: str, *, made: Sequence[int], dice: random.Random
) -> dict[Slot, Hit]:
    """What befalls the subject, given how often each rule has struck already: at most one hit for each slot."""
    fate: dict[Slot, Hit] = {}
    for place, rule in enumerate(plan.rules):
        slot = slots.get(rule.fault)
        used_up = rule.count is not None and made[place] >= rule.count
        if slot is None or slot in fate or used_up or not re.search(rule.route, subject):
            continue
        if dice.random() < rule.chance:
            seconds, copies = dice.uniform(*rule.seconds), dice.randint(*rule.copies)
            fate[slot] = Hit(rule=rule, place=place, seconds=seconds, copies=copies)
    return fate


@dataclass(slots=True)
class Mischief:
    """The plan in force, its dice, and how often each rule has struck; `on_switch` hears of another plan."""

    plan: Plan = field(default_factory=Plan)
    on_switch: list[Callable[[], None]] = field(default_factory=list)
    dice: random.Random = field(init=False)
    made: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.switch(self.plan)

    def switch(self, plan: Plan) -> None:
        """Follow this plan from now on, with fresh dice and counters; an empty plan is no mischief."""
        self.plan = plan
        self.dice = random.Random(plan.seed)  # noqa: S311 - dice for play, not for secrets
        self.made = [0] * len(plan.rules)
        for hear in self.on_switch:
            hear()

    def befall_request(self, subject: str) -> Fate:
        """What becomes of a REST request, such as `POST /v1/Channels`."""
        return self._count(decide(self.plan, REST_SLOTS, subject, made=self.made, dice=self.dice))

    def befall_webhook(self, subject: str) -> Fate:
        """What becomes of a webhook, such as `onMessageSent http://…`."""
        return self._count(decide(self.plan, WEBHOOK_SLOTS, subject, made=self.made, dice=self.dice))

    def _count(self, fate: Fate) -> Fate:
        for hit in fate.values():
            self.made[hit.place] += 1
        return fate


PRESETS: Mapping[str, Plan] = MappingProxyType(
    {
        "mild": Plan(
            rules=(
                Rule(fault=Fault.LATE, chance=0.2, seconds=(0.1, 1.0)),
                Rule(fault=Fault.TOO_MANY, chance=0.05, retry_after=1),
                Rule(fault=Fault.ERROR_BEFORE, chance=0.03, status=503),
                Rule(fault=Fault.RESET_BEFORE, chance=0.02),
                Rule(fault=Fault.DELAY, chance=0.2, seconds=(0.1, 1.5)),
                Rule(fault=Fault.REPEAT, chance=0.1),
            )
        ),
        "wild": Plan(
            rules=(
                Rule(fault=Fault.LATE, chance=0.2, seconds=(0.1, 3.0)),
                Rule(fault=Fault.TOO_MANY, chance=0.05),
                Rule(fault=Fault.TOO_MANY, chance=0.05, retry_after=1),
                Rule(fault=Fault.ERROR_BEFORE, chance=0.05, status=500),
                Rule(fault=Fault.ERROR_AFTER, chance=0.05, status=502),
                Rule(fault=Fault.RESET_BEFORE, chance=0.05),
                Rule(fault=Fault.RESET_AFTER, chance=0.05),
                Rule(fault=Fault.HALF_BODY, chance=0.03),
                Rule(fault=Fault.BROKEN_JSON, chance=0.03),
                Rule(fault=Fault.LOSE, chance=0.1),
                Rule(fault=Fault.SHUFFLE, chance=0.2, seconds=(1.0, 1.0)),
                Rule(fault=Fault.DELAY, chance=0.2, seconds=(0.1, 3.0)),
                Rule(fault=Fault.REPEAT, chance=0.25, copies=(1, 5)),
                Rule(fault=Fault.REPLAY, chance=0.05, seconds=(5.0, 20.0)),
            )
        ),
    }
)
