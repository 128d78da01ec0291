"""Reads lengths of time as Twilio takes them: ISO 8601 durations such as PT10M or P3D, without months and years."""

import re
from datetime import timedelta

from middleware.simulator.asks import Ask
from middleware.simulator.refusals import Malformed

SHORTEST_INACTIVE = timedelta(minutes=1)
SHORTEST_CLOSED = timedelta(minutes=10)
_DURATION = re.compile(r"P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)


def duration(ask: Ask, name: str, *, least: timedelta) -> timedelta | None:
    """A duration that is not too short."""
    value = ask.text(name, most=64)
    if value is None:
        return None
    match = _DURATION.fullmatch(value)
    if match is None:
        raise Malformed(f"Parameter {name} is not an ISO 8601 duration: {value}")
    weeks, days, hours, minutes, seconds = (int(part[:9]) if part else 0 for part in match.groups())
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise Malformed(f"Parameter {name} is too long: {value}") from None
    if length < least:
        raise Malformed(f"Parameter {name} is too short: {value}, at least {int(least.total_seconds() // 60)} min")
    return length


def written(length: timedelta | None) -> str | None:
    """A duration as Twilio shows it: PT10M."""
    if length is None:
        return None
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{length.days}D" if length.days else ""
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    return f"P{days}{'T' if clock else ''}{clock}"
