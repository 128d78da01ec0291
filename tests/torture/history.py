"""What every actor writes down, as values; a run is judged by nothing else.

`at` is the harness's own monotonic clock, in seconds. A text begins with its owner's tag and its number among the
texts of its speaker: `v3:v7` is the seventh thing visitor v3 says, `v3:a2` the second that an agent says to them. What
follows a space is its wording: `v3:a2 w1` is the same thing, reworded once.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NewType, TypeAlias

Tag = NewType("Tag", str)
PageId = NewType("PageId", str)


@dataclass(frozen=True, slots=True)
class Asked:
    """A visitor asks to say this."""

    visitor: Tag
    text: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Acked:
    """The ask was acknowledged: the text is `seq` of this chat."""

    visitor: Tag
    page: PageId
    text: str
    chat: str
    seq: int
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A visitor learned that this chat is theirs."""

    visitor: Tag
    chat: str


@dataclass(frozen=True, slots=True)
class Told:
    """A page was told a message; `news` is its name, or `answer` when an ask was answered with it."""

    visitor: Tag
    page: PageId
    socket: int
    news: str
    chat: str
    seq: int
    text: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Status:
    """A page was told how far a message of the visitor's own has come."""

    visitor: Tag
    page: PageId
    chat: str
    seq: int
    status: str


@dataclass(frozen=True, slots=True)
class Left:
    """A page was closed for good: what came afterwards it need not have."""

    visitor: Tag
    page: PageId


@dataclass(frozen=True, slots=True)
class AgentSaid:
    """An agent said this at Flex."""

    chat: str
    index: int
    text: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """An agent reworded a text; or, with no wording, took it back."""

    chat: str
    text: str
    wording: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A page was told that this place reads otherwise now; or, with no text, that nothing stands there any more."""

    visitor: Tag
    page: PageId
    chat: str
    seq: int
    text: str | None


@dataclass(frozen=True, slots=True)
class AtFlex:
    """A visitor's text lies at Flex, in the channel of this chat."""

    chat: str
    index: int
    text: str


Deed: TypeAlias = Asked | Acked | Opened | Told | Changed | Status | Left | AgentSaid | AgentChanged | AtFlex


def name_of(text: str) -> str:
    """What text this is, however it is worded."""
    return text.partition(" ")[0]


def owner_of(text: str) -> Tag:
    """Whose text this is."""
    return Tag(text.partition(":")[0])


def number_of(text: str) -> int:
    """Its number among the texts of its speaker."""
    return int(text.partition(":")[2][1:].partition(" ")[0])


def write_lines(deeds: Iterable[Deed], path: Path) -> None:
    """The history as JSON lines."""
    with path.open("w") as file:
        for deed in deeds:
            file.write(json.dumps({"deed": type(deed).__name__, **asdict(deed)}, ensure_ascii=False) + "\n")
