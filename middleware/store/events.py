"""Held events, as JSON text and back."""

import json
from dataclasses import asdict
from typing import Any

from middleware.relay.model import AgentJoined, AgentLeft, Author, Echoed, Ended, Event, Reworded, Said, Withdrawn

_KINDS: dict[str, type[Event]] = {
    kind.__name__: kind for kind in (Said, Echoed, Reworded, Withdrawn, Ended, AgentJoined, AgentLeft)
}


def to_text(event: Event) -> str:
    """The event as one JSON object, its kind's name in `event`."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Event:
    """The event that `to_text` wrote."""
    fields: dict[str, Any] = json.loads(text)
    kind = _KINDS[fields.pop("event")]
    if kind is Said:
        fields["author"] = Author(fields["author"])
    return kind(**fields)


def place_of(event: Event) -> int | None:
    """The utterance's index at Flex, by which it waits for its turn; None for other events."""
    return event.index if isinstance(event, Said | Echoed) else None


def about_of(event: Event) -> int | None:
    """The index of the message that a change is about; None for other events."""
    return event.index if isinstance(event, Reworded | Withdrawn) else None
