"""Whether a signed form can be read in one way only.

Twilio's signature runs over names and values joined without a mark between them, sorted by name: `Body=Hello` and
`BodyH=ello` are signed alike, and a text with `ChannelSidCH…` in it can be cut into two fields. Whoever holds one
webhook that was really signed could make others of it; so a form is refused if its boundaries can lie elsewhere:
if a field is not what it must be, or may hold the one that is missing behind it.
https://www.twilio.com/docs/usage/security#validating-requests
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from middleware.flex.json_text import read_json
from middleware.relay.errors import BadWebhook

KNOWN = frozenset(
    {
        "AccountSid",
        "Attributes",
        "Author",
        "Body",
        "ChannelSid",
        "ChannelType",
        "ChatServiceSid",
        "ClientIdentity",
        "ConversationSid",
        "CreatedBy",
        "DateCreated",
        "DateRemoved",
        "DateUpdated",
        "EventType",
        "FriendlyName",
        "From",
        "Identity",
        "Index",
        "InstanceSid",
        "LastConsumedMessageIndex",
        "LastReadMessageIndex",
        "Media",
        "MediaContentType",
        "MediaFilename",
        "MediaSid",
        "MediaSize",
        "MemberSid",
        "MessageSid",
        "ModifiedBy",
        "ParticipantSid",
        "Reason",
        "RetryCount",
        "RoleSid",
        "Source",
        "State",
        "StateFrom",
        "StateTo",
        "StateUpdated",
        "UniqueName",
        "UserSid",
        "WebhookSid",
        "WebhookType",
    }
)
"""The names Twilio is known to send. There may be more; only what could be one of these, cut elsewhere, may not."""

_IN_ORDER = sorted(KNOWN)
_HALVES: dict[str, list[tuple[str, str]]] = {}
for _known in _IN_ORDER:
    for _at in range(1, len(_known)):
        _HALVES.setdefault(_known[_at], []).append((_known[:_at], _known[_at:]))
_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_NUMBER = re.compile(r"[0-9]+")
_SHAPES: Mapping[str, re.Pattern[str]] = {
    **{name: _SID for name in KNOWN if name.endswith("Sid")},
    **{name: _NUMBER for name in ("Index", "RetryCount", "MediaSize")},
    "EventType": re.compile(r"on[A-Z]"),
}
"""What the values of these look like; of others it cannot be told."""
_WHOLE = {name: shape for name, shape in _SHAPES.items() if name not in {"EventType", "Index"}}
"""These are checked here; the others by whoever reads them."""
_MARK = re.compile("|".join([*(name for name in _IN_ORDER if name.endswith("Sid")), "EventType", "RetryCount"]))
"""One of these stands in whatever is cut off the end of a form and hidden in another field."""
_OTHER_SID = re.compile(r"[a-z]Sid(?:$|[A-Z]{1,2}(?:$|[0-9a-fA-F]))")
"""A name that Twilio may have added, and its value or the beginning of it."""
_OPTIONAL = frozenset(
    {"Attributes", "Body", "DateCreated", "DateUpdated", "Media", "MediaFilename", "MediaSid", "Source", "StateTo"}
)
"""What is read and may be missing; whoever reads the others misses them."""
_FREE = frozenset({"Body", "Attributes"})
"""What people and programs write there may look like anything; each form needs a field that is sorted behind these."""


def check_boundaries(fields: Mapping[str, str]) -> None:
    """Raises `BadWebhook`."""
    plan = _plan(tuple(sorted(fields)))
    if plan.cut_off:
        raise BadWebhook("A field's name is a known one, cut elsewhere.")
    _check_shapes(plan, fields)
    _check_others([(name, fields[name]) for name in plan.held])
    for name, swallowed in plan.swallowed:
        if swallowed.search(fields[name]):
            raise BadWebhook(f"A field may hold the one behind it: {_told(name)}.")
    for name, behind in plan.behind:
        if _begins_in(fields[name], behind):
            raise BadWebhook("A field's name may begin in the value before it.")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked of forms of these names: `held` may hold no others, `behind` is what stands behind a field."""

    cut_off: bool
    whole: Sequence[tuple[str, re.Pattern[str]]]
    held: Sequence[str]
    swallowed: Sequence[tuple[str, re.Pattern[str]]]
    behind: Sequence[tuple[str, str]]


@lru_cache(maxsize=256)
def _plan(names: tuple[str, ...]) -> _Plan:
    """For forms with these fields, sorted: Twilio sends few kinds of them."""
    pairs = list(zip(names, [*names[1:], None], strict=True))
    swallowed = [(name, _swallowed(name, _missing_between(name, behind))) for name, behind in pairs]
    return _Plan(
        cut_off=any(name not in KNOWN and _could_be_cut_off(name) for name in names),
        whole=[(name, _WHOLE[name]) for name in names if name in _WHOLE],
        held=[name for name in names if name not in _FREE],
        swallowed=[(name, pattern) for name, pattern in swallowed if pattern is not None],
        behind=[(name, behind) for name, behind in pairs if behind is not None and behind not in KNOWN],
    )


def _check_shapes(plan: _Plan, fields: Mapping[str, str]) -> None:
    for name, whole in plan.whole:
        if not whole.fullmatch(fields[name]):
            raise BadWebhook(f"{name} is not {'a sid' if name.endswith('Sid') else 'a number'}.")
    if "Attributes" in fields and not _is_json(fields["Attributes"]):
        raise BadWebhook("Attributes is not JSON.")


def _check_others(held: Sequence[tuple[str, str]]) -> None:
    """None holds others. Each of these would have a mark in it, and there is none in most forms."""
    together = "\n".join([value for _, value in held])
    if "Sid" in together or "EventType" in together or "RetryCount" in together:
        for name, value in held:
            if _MARK.search(value) or _OTHER_SID.search(value):
                raise BadWebhook(f"A field holds others: {_told(name)}.")


def _told(name: str) -> str:
    return name if name in KNOWN else "an unknown one"


def _missing_between(name: str, behind: str | None) -> Sequence[str]:
    """The known names that would stand between these two, and do not."""
    return _IN_ORDER[bisect_right(_IN_ORDER, name) : None if behind is None else bisect_left(_IN_ORDER, behind)]


def _swallowed(name: str, others: Sequence[str]) -> re.Pattern[str] | None:
    """By what a value shows that another field, which is not there and would stand just behind it, may be in it."""
    if name not in _FREE:
        parts = [other for other in others if other in _OPTIONAL]
    else:
        parts = [f"{other}(?:{_SHAPES[other].pattern})" for other in others if other in _SHAPES]
    return re.compile("|".join(parts)) if parts else None


def _begins_in(value: str, name: str) -> bool:
    """Whether a known name lies over the boundary between a value and the name behind it."""
    return any(name.startswith(tail) and value.endswith(head) for head, tail in _HALVES.get(name[:1], ()))


def _is_json(text: str) -> bool:
    """Or nothing: a message may have no attributes."""
    try:
        read_json(text or "null")
    except ValueError:
        return False
    return True


def _could_be_cut_off(name: str) -> bool:
    return not name or any(known.startswith(name) or name.startswith(known) for known in KNOWN)
