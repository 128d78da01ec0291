"""Reads plans of mischief from JSON, and shows them."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from middleware.simulator.mischief import PRESETS, Fault, Mischief, Plan, Rule

_LONGEST_WAIT = 60.0
_MOST_COPIES = 5
_STATUSES = (500, 502, 503, 504)
_USUAL = Rule(fault=Fault.LATE)


class BadPlan(Exception):
    """The JSON is no plan; the text says what is wrong and what to do."""


def read_plan(told: object) -> Plan:
    """A plan from `{"preset": name}` or `{"rules": [{"fault": …}, …]}`, either with a `seed`."""
    if not isinstance(told, dict) or not set(told) <= {"preset", "rules", "seed"}:
        raise BadPlan('Send {"preset": name} or {"rules": [...]}, and a "seed" if it shall be repeatable.')
    seed = told.get("seed")
    if seed is not None and not _is_whole(seed):
        raise BadPlan("seed must be a whole number.")
    if "preset" in told:
        if "rules" in told or told["preset"] not in PRESETS:
            raise BadPlan(f"preset must be one of {', '.join(PRESETS)}, and stands without rules.")
        return Plan(rules=PRESETS[told["preset"]].rules, seed=seed)
    rules = told.get("rules")
    if not isinstance(rules, list):
        raise BadPlan("rules must be a list.")
    return Plan(rules=tuple(_rule(rule) for rule in rules), seed=seed)


def show(mischief: Mischief) -> dict[str, Any]:
    """The plan in force, with how often each rule has struck, whether it is a preset, and all faults by name."""
    struck: dict[str, int] = {}
    for rule, made in zip(mischief.plan.rules, mischief.made, strict=True):
        struck[rule.fault] = struck.get(rule.fault, 0) + made
    return {
        "on": bool(mischief.plan.rules),
        "preset": next((name for name, plan in PRESETS.items() if plan.rules == mischief.plan.rules), None),
        "seed": mischief.plan.seed,
        "rules": [
            {**asdict(rule), "made": made} for rule, made in zip(mischief.plan.rules, mischief.made, strict=True)
        ],
        "made": struck,
        "presets": list(PRESETS),
        "faults": [fault.value for fault in Fault],
    }


def _rule(told: object) -> Rule:
    if not isinstance(told, dict):
        raise BadPlan("A rule must be an object with a fault.")
    unknown = set(told) - set(Rule.__dataclass_fields__)
    if unknown:
        raise BadPlan(f"A rule has no {', '.join(sorted(map(str, unknown)))}.")
    if told.get("fault") not in list(Fault):
        raise BadPlan(f"fault must be one of {', '.join(Fault)}.")
    return Rule(
        fault=Fault(told["fault"]),
        chance=_number(told, "chance", _USUAL.chance, most=1.0),
        route=_route(told),
        count=_whole(told, "count", None, most=10**9),
        seconds=_seconds(told),
        status=_status(told),
        retry_after=_whole(told, "retry_after", None, most=3600),
        copies=_copies(told),
    )


def _number(told: Mapping[str, Any], name: str, default: float, *, most: float) -> float:
    value = told.get(name, default)
    if not _is_number(value) or not 0 <= value <= most:
        raise BadPlan(f"{name} must be a number from 0 to {most:g}.")
    return float(value)


def _whole(told: Mapping[str, Any], name: str, default: int | None, *, most: int) -> int | None:
    value: int | None = told.get(name, default)
    if value is not None and (not _is_whole(value) or not 0 <= value <= most):
        raise BadPlan(f"{name} must be a whole number from 0 to {most}.")
    return value


def _route(told: Mapping[str, Any]) -> str:
    value = told.get("route", "")
    try:
        re.compile(value)
    except (re.error, TypeError):
        raise BadPlan("route must be a regular expression.") from None
    return str(value)


def _seconds(told: Mapping[str, Any]) -> tuple[float, float]:
    low, high = _pair(told, "seconds", _USUAL.seconds)
    if not 0 <= low <= high <= _LONGEST_WAIT:
        raise BadPlan(f"seconds must be [least, most], from 0 to {_LONGEST_WAIT:g}.")
    return float(low), float(high)


def _copies(told: Mapping[str, Any]) -> tuple[int, int]:
    low, high = _pair(told, "copies", _USUAL.copies)
    if not (_is_whole(low) and _is_whole(high) and 1 <= low <= high <= _MOST_COPIES):
        raise BadPlan(f"copies must be [least, most], whole numbers from 1 to {_MOST_COPIES}.")
    return int(low), int(high)


def _status(told: Mapping[str, Any]) -> int:
    status = told.get("status", _USUAL.status)
    if status not in _STATUSES:
        raise BadPlan(f"status must be one of {', '.join(map(str, _STATUSES))}.")
    return int(status)


def _pair(told: Mapping[str, Any], name: str, default: tuple[float, float]) -> tuple[float, float]:
    value = told.get(name, default)
    if not isinstance(value, list | tuple) or len(value) != 2 or not all(map(_is_number, value)):
        raise BadPlan(f"{name} must be [least, most].")
    return value[0], value[1]


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
