"""Rows as JSON: for each column by itself, Python's module would let go of the interpreter and take it again.

That costs more than to write and to read a row as one text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from middleware.relay.model import Chat
from middleware.store import sql
from middleware.store.rows import to_chat

CHAT_AS_JSON = f"chat.opened_at, json_array({sql.CHAT.replace('chat.opened_at', 'NULL')}, {{}})"
"""A chat, and in the braces what is asked for beside it. The time is its own column: SQLite's JSON would round it."""

_OPENED_AT = sql.CHAT.split(", ").index("chat.opened_at")
_COLUMNS = len(sql.CHAT.split(", "))


def as_json(what: Sequence[Any] | Mapping[Any, Any]) -> str:
    """A parameter that SQLite reads as JSON."""
    return orjson.dumps(what, option=orjson.OPT_NON_STR_KEYS).decode()


def from_json(text: str) -> Any:
    """What SQLite has written as JSON."""
    return orjson.loads(text)


def chat_of_json(opened_at: float, text: str) -> tuple[Chat, Sequence[Any]]:
    """The chat of `CHAT_AS_JSON`, and what was asked for beside it."""
    cells = from_json(text)
    cells[_OPENED_AT] = opened_at
    return to_chat(cells[:_COLUMNS]), cells[_COLUMNS:]
