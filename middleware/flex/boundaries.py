"""Whether a signed form can be read in one way only.

Twilio's signature runs over names and values joined without a mark between them, sorted by name: `Body=Hello` and
`BodyH=ello` are signed alike, and a text with `ChannelSidCH…` in it can be cut into two fields. Whoever holds one
webhook that was really signed could make others of it; so a form is refused if its boundaries can lie elsewhere.
https://www.twilio.com/docs/usage/security#validating-requests
"""

import re
from collections.abc import Mapping

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

_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_MARKS = (*(name for name in sorted(KNOWN) if name.endswith("Sid")), "EventType", "RetryCount")
"""One of these stands in whatever is cut off the end of a form and hidden in another field."""
_FREE = frozenset({"Body", "Attributes"})
"""What people and programs write there may look like anything; each form needs a field that is sorted behind these."""


def check_boundaries(fields: Mapping[str, str]) -> None:
    """Raises `BadWebhook`."""
    for name, value in fields.items():
        if name not in KNOWN and _could_be_cut_off(name):
            raise BadWebhook("A field's name is a known one, cut elsewhere.")
        if name in KNOWN and name.endswith("Sid") and not _SID.fullmatch(value):
            raise BadWebhook(f"{name} is not a sid.")
        if name not in _FREE and any(mark in value for mark in _MARKS):
            raise BadWebhook(f"A field holds others: {name if name in KNOWN else 'an unknown one'}.")


def _could_be_cut_off(name: str) -> bool:
    return not name or any(known.startswith(name) or name.startswith(known) for known in KNOWN)
