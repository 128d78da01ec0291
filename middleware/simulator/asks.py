"""Reads what a REST request asks for, and refuses what is missing or is not what it must be."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from middleware.simulator.events import Actor, by_api
from middleware.simulator.refusals import Malformed
from middleware.simulator.wirelog import Pairs

MOST_BYTES = 32 * 1024
_FORM = "application/x-www-form-urlencoded"
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_Choice = TypeVar("_Choice", bound=StrEnum)


class Ask:
    """Parameters by name. Every reader gives None (or its default) when the parameter is absent."""

    def __init__(self, pairs: Pairs) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, *, most: int = MOST_BYTES) -> str | None:
        """A text of at most `most` bytes."""
        value = self._values.get(name, [None])[-1]
        if value is not None and len(value.encode()) > most:
            raise Malformed(f"Parameter {name} is too long: {len(value.encode())} bytes, at most {most} are allowed")
        return value

    def must(self, name: str) -> str:
        """A text that has to be there."""
        value = self.text(name)
        if not value:
            raise Malformed(f"Missing required parameter {name} in the post body")
        return value

    def many(self, name: str) -> tuple[str, ...] | None:
        """All values of a parameter that may be repeated."""
        values = self._values.get(name)
        return None if values is None else tuple(value for value in values if value)

    def events(self, name: str, among: Iterable[str]) -> tuple[str, ...] | None:
        """The events a webhook asks for; words that are no event are refused."""
        events = self.many(name)
        strange = set(events or ()) - set(among)
        if strange:
            raise Malformed(f"Parameter {name} has events that do not exist: {', '.join(sorted(strange))}")
        return events

    def json(self, name: str) -> str | None:
        """A text that is JSON."""
        value = self.text(name)
        if value is None:
            return None
        try:
            json.loads(value)
        except ValueError:
            raise Malformed(f"Parameter {name} is not valid JSON") from None
        return value

    def object(self, name: str) -> dict[str, Any]:
        """A JSON object; empty when the parameter is absent."""
        value = json.loads(self.json(name) or "{}")
        if not isinstance(value, dict):
            raise Malformed(f"Parameter {name} is not a JSON object")
        return value

    def flag(self, name: str) -> bool | None:
        """`true` or `false`, in any case."""
        value = self.text(name)
        if value is None:
            return None
        if value.lower() not in ("true", "false"):
            raise Malformed(f"Parameter {name} is neither true nor false: {value}")
        return value.lower() == "true"

    def number(self, name: str, *, least: int = 0, most: int = 2**31) -> int | None:
        """A whole number within its bounds."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value) or not least <= int(value) <= most:
            raise Malformed(f"Parameter {name} is not a whole number from {least} to {most}: {value}")
        return int(value)

    def sid(self, name: str, prefix: str) -> str | None:
        """A sid with this prefix."""
        value = self.text(name)
        if value is not None and not (value.startswith(prefix) and _SID.fullmatch(value)):
            raise Malformed(f"Parameter {name} is not a sid that begins with {prefix}: {value}")
        return value

    def choice(self, name: str, choices: type[_Choice]) -> _Choice | None:
        """One of the listed words."""
        value = self.text(name)
        if value is None:
            return None
        if value not in list(choices):
            raise Malformed(f"Parameter {name} is none of {', '.join(choices)}: {value}")
        return choices(value)

    def date(self, name: str) -> datetime | None:
        """A moment, as ISO 8601."""
        value = self.text(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise Malformed(f"Parameter {name} is not an ISO 8601 date: {value}") from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def known(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a request has said, without what it left open."""
    return {name: value for name, value in told.items() if value is not None}


async def form_pairs(request: web.Request) -> Pairs:
    """The form fields in the order they were sent; a body that is no form has none."""
    if request.content_type != _FORM:
        return ()
    return tuple(parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True))


async def posted(request: web.Request) -> Ask:
    """What the body asks for."""
    return Ask(await form_pairs(request))


def queried(request: web.Request) -> Ask:
    """What the query asks for."""
    return Ask(tuple(request.query.items()))


def actor(request: web.Request) -> Actor:
    """Who sends a REST request: heard only with `X-Twilio-Webhook-Enabled: true` on this very request."""
    return by_api(heard=request.headers.get("X-Twilio-Webhook-Enabled", "").lower() == "true")
