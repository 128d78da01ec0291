"""Reads the small part of TaskRouter's expression language that finds tasks and workers by their attributes.

Comparisons `name == value` and `name != value`, joined by AND or OR (AND binds tighter).
https://www.twilio.com/docs/taskrouter/expression-syntax
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from middleware.simulator.refusals import Malformed

_TEXT = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_COMPARISON = re.compile(rf"\s*([A-Za-z_][\w.]*)\s*(==|=|!=)\s*({_TEXT}|-?\d+(?:\.\d+)?|true|false|null)\s*")
_JOINED = re.compile(r"\s+(AND|OR)\s+", re.IGNORECASE)
_QUOTED = re.compile(_TEXT)


def holds(expression: str, attributes: Mapping[str, Any]) -> bool:
    """Whether the attributes satisfy the expression; one that cannot be read is refused."""
    return any(all(_compare(part, attributes) for part in parts) for parts in _parse(expression))


def _parse(expression: str) -> list[list[str]]:
    """The OR of ANDs of comparisons; words inside quotes join nothing."""
    quoted = _QUOTED.findall(expression)
    bare = _QUOTED.sub('""', expression)
    rest = iter(quoted)
    ways: list[list[str]] = [[]]
    for word in _JOINED.split(bare):
        if word.upper() == "OR":
            ways.append([])
        elif word.upper() != "AND":
            ways[-1].append(re.sub('""', lambda _: next(rest), word))
    return ways


def _compare(part: str, attributes: Mapping[str, Any]) -> bool:
    match = _COMPARISON.fullmatch(part)
    if match is None:
        raise Malformed(f"The expression cannot be read: {part.strip()}")
    name, operator, literal = match.groups()
    wanted = re.sub(r"\\(.)", r"\1", literal[1:-1]) if literal[0] in "\"'" else json.loads(literal)
    found: Any = attributes
    for step in name.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return (found == wanted) is (operator != "!=")
