"""What went over the wire, both ways: the last thousand exchanges, for people and for tests."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from middleware.simulator.events import hook_date
from middleware.simulator.nouns import now

Pairs = tuple[tuple[str, str], ...]
KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RestEntry:
    """One REST request and its answer; `status` is None when the connection was cut instead.

    `headers` are the telling ones of the request, `answered` those of the answer.
    """

    method: str
    path: str
    query: Pairs
    form: Pairs
    headers: Mapping[str, str]
    status: int | None
    response: Any
    ms: float
    answered: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None
    n: int = 0
    at: datetime = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """The entry as the desk shows it; a repeated parameter becomes a list."""
        return {
            "n": self.n,
            "kind": "rest",
            "at": hook_date(self.at),
            "method": self.method,
            "path": self.path,
            "query": [list(pair) for pair in self.query],
            "form": [list(pair) for pair in self.form],
            "params": folded(self.query + self.form),
            "headers": dict(self.headers),
            "status": self.status,
            "response": self.response,
            "answered": dict(self.answered),
            "ms": round(self.ms, 1),
            "fault": self.fault,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEntry:
    """One attempt to deliver a webhook; `status` is None when no answer came, and `error` says why.

    `token` is one for all deliveries of an event; `response` is the beginning of what was answered.
    """

    method: str
    url: str
    fields: Mapping[str, str]
    token: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None
    response: str | None = None
    attempt: int
    ms: float
    error: str | None = None
    fault: str | None = None
    n: int = 0
    at: datetime = field(default_factory=now)

    def as_json(self) -> dict[str, Any]:
        """The entry as the desk shows it."""
        return {
            "n": self.n,
            "kind": "webhook",
            "at": hook_date(self.at),
            "method": self.method,
            "url": self.url,
            "fields": dict(self.fields),
            "token": self.token,
            "headers": dict(self.headers),
            "status": self.status,
            "response": self.response,
            "attempt": self.attempt,
            "ms": round(self.ms, 1),
            "error": self.error,
            "fault": self.fault,
        }


Entry = RestEntry | HookEntry


class WireLog:
    """The newest entries, numbered from 1 without holes."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0
        self.cleared = 0
        self.on_entry: list[Callable[[], None]] = []

    def add(self, entry: Entry) -> None:
        """Write an entry down under the next number."""
        self._count += 1
        self._entries.append(replace(entry, n=self._count))
        for hear in self.on_entry:
            hear()

    def after(self, n: int) -> list[Entry]:
        """The entries with a number above `n` that are still kept, oldest first."""
        newer = min(self._count - n, len(self._entries))
        return [self._entries[i] for i in range(len(self._entries) - newer, len(self._entries))]

    def clear(self) -> None:
        """Forget everything but the numbering; `cleared` counts how often."""
        self._entries.clear()
        self.cleared += 1

    @property
    def count(self) -> int:
        """How many entries there have ever been."""
        return self._count


def folded(pairs: Pairs) -> dict[str, str | list[str]]:
    """Parameters by name: one value as text, several as a list."""
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in lists.items()}
