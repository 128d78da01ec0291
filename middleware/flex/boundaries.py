"""Whether a signed form can be read in one way only.

Twilio's signature runs over names and values joined without a mark between them, sorted by name: `Body=Hello` and
`BodyH=ello` are signed alike, and a text with `ChannelSidCH…` in it can be cut into two fields. Whoever holds one
webhook that was really signed could make others of it; so a form is refused if its boundaries can lie elsewhere:
if a field is not what it must be, or may hold the one that is missing behind it.
https://www.twilio.com/docs/usage/security#validating-requests
"""

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

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
    for check in _checks(tuple(sorted(fields))):
        check(fields[check.name])


class _Check(NamedTuple):
    """What is asked of one field's value in forms of these names."""

    name: str
    whole: re.Pattern[str] | None
    swallowed: re.Pattern[str] | None
    behind: str | None

    def __call__(self, value: str) -> None:
        told = self.name if self.name in KNOWN else "an unknown one"
        if self.name not in KNOWN and _could_be_cut_off(self.name):
            raise BadWebhook("A field's name is a known one, cut elsewhere.")
        if self.whole is not None and not self.whole.fullmatch(value):
            raise BadWebhook(f"{self.name} is not {'a sid' if self.name.endswith('Sid') else 'a number'}.")
        if self.name == "Attributes" and not _is_json(value):
            raise BadWebhook("Attributes is not JSON.")
        if self.name not in _FREE and _may_hold_others(value):
            raise BadWebhook(f"A field holds others: {told}.")
        if self.swallowed is not None and self.swallowed.search(value):
            raise BadWebhook(f"A field may hold the one behind it: {told}.")
        if self.behind is not None and _begins_in(value, self.behind):
            raise BadWebhook("A field's name may begin in the value before it.")


@lru_cache(maxsize=256)
def _checks(names: tuple[str, ...]) -> Sequence[_Check]:
    """For forms with these fields, sorted: Twilio sends few kinds of them."""
    return [
        _Check(
            name,
            _WHOLE.get(name),
            _swallowed(name, _missing_between(name, behind)),
            None if behind in KNOWN else behind,
        )
        for name, behind in zip(names, [*names[1:], None], strict=True)
    ]


def _missing_between(name: str, behind: str | None) -> Sequence[str]:
    """The known names that would stand between these two, and do not."""
    return _IN_ORDER[bisect_right(_IN_ORDER, name) : None if behind is None else bisect_left(_IN_ORDER, behind)]


def _may_hold_others(value: str) -> bool:
    if not ("Sid" in value or "EventType" in value or "RetryCount" in value):
        return False  # Each of the others has one of these in it.
    return bool(_MARK.search(value) or _OTHER_SID.search(value))


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
        json.loads(text or "null")
    except (ValueError, RecursionError):
        return False
    return True


def _could_be_cut_off(name: str) -> bool:
    return not name or any(known.startswith(name) or name.startswith(known) for known in KNOWN)
