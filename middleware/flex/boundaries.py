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
    names = sorted(fields)
    for name, behind in zip(names, [*names[1:], None], strict=True):
        value, told = fields[name], name if name in KNOWN else "an unknown one"
        if name not in KNOWN and _could_be_cut_off(name):
            raise BadWebhook("A field's name is a known one, cut elsewhere.")
        if name in _WHOLE and not _WHOLE[name].fullmatch(value):
            raise BadWebhook(f"{name} is not {'a sid' if name.endswith('Sid') else 'a number'}.")
        if name == "Attributes" and not _is_json(value):
            raise BadWebhook("Attributes is not JSON.")
        if name not in _FREE and (_MARK.search(value) or _OTHER_SID.search(value)):
            raise BadWebhook(f"A field holds others: {told}.")
        if any(_holds(name, value, other) for other in _missing_between(name, behind)):
            raise BadWebhook(f"A field may hold the one behind it: {told}.")
        if behind is not None and behind not in KNOWN and _begins_in(value, behind):
            raise BadWebhook("A field's name may begin in the value before it.")


def _missing_between(name: str, behind: str | None) -> Sequence[str]:
    """The known names that would stand between these two, and do not."""
    return _IN_ORDER[bisect_right(_IN_ORDER, name) : None if behind is None else bisect_left(_IN_ORDER, behind)]


def _holds(name: str, value: str, other: str) -> bool:
    """Whether the other field, which is not there and would stand just behind this one, may be in its value."""
    if name not in _FREE:
        return other in _OPTIONAL and other in value
    shape = _SHAPES.get(other)
    return shape is not None and any(shape.match(value, at.end()) for at in re.finditer(other, value))


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
