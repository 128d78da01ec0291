"""What no log may hold: planted by every page of every run, and looked for in the whole of the node's log."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.torture.attackers import ADDRESS
from tests.torture.flexland import SEED
from tests.torture.forgeries import TAG

TOKEN_KEY = "t" * 32
"""What the node signs visitors' tokens with."""

_MARKS = {
    "a text": re.compile(rf"\b(?:v\d+|{TAG}\d*):[av]\d+"),
    "a name, an e-mail address or a street": re.compile("planted", re.IGNORECASE),
    "an agent's name": re.compile(re.escape(SEED.agent_name)),
    "a token": re.compile(r"eyJ[\w-]{8,}"),
    "a key": re.compile("|".join(map(re.escape, (TOKEN_KEY, SEED.auth_token, SEED.api_key_secret)))),
    "an attacker's address": re.compile(re.escape(ADDRESS)),
}


def told_of(tag: str) -> Mapping[str, Any]:
    """What a page tells of its visitor when it opens a chat."""
    return {"name": f"Planted {tag}", "context": {"email": f"{tag}@planted.example", "street": "Planted Street 7"}}


def found_in(log: str, *, sockets: Iterable[str] = ()) -> list[str]:
    """What kinds of secrets the log holds, each with the first line that does; `sockets` are the sockets' ids."""
    marks = dict(_MARKS)
    if ids := "|".join(map(re.escape, sockets)):
        marks["a socket's id"] = re.compile(ids)
    found = {kind: mark.search(log) for kind, mark in marks.items()}
    return [f"the log holds {kind}: {_line(log, hit.start())}" for kind, hit in found.items() if hit is not None]


def _line(log: str, at: int) -> str:
    start, end = log.rfind("\n", 0, at) + 1, log.find("\n", at)
    return log[start : end if end >= 0 else len(log)][:300]
