"""What can go wrong, drawn as a tree; each class says what to do next.

HouseError
├── AskRefused            answer the ask with its `code` and words
│   ├── BadAsk            `bad_ask`: mend the ask, it will never be accepted as it is
│   ├── NotOpen           `not_open`: ask `open` first
│   ├── AlreadyEnded      `chat_ended`: ask `open` for a new chat, then ask again
│   ├── BadToken          `bad_token`: connect again without it
│   └── BadIdentity       `bad_identity`: fetch a fresh one, then connect again
├── StoreUnavailable      nothing was written: ask again a little later (`unavailable`)
├── FlexError             a delivery did not come through; `decide` reads which
│   ├── NotSent           Flex did not take it: send again, after `retry_after` if given
│   ├── OutcomeUnknown    Flex may have taken it: look first
│   └── Refused           Flex never will: bury it and tell the visitor
│       └── ChatGone      … because Flex no longer has the chat: end it here too
└── WebhookRefused        answer with its `status`; nothing was changed
    ├── BadWebhook        400/415: not a request Twilio makes
    └── Forged            403: not signed by Twilio for this address
"""

from typing import ClassVar


class HouseError(Exception):
    """Everything this house raises on purpose."""


class AskRefused(HouseError):
    """The visitor's ask cannot be granted; the text says what to do."""

    code: ClassVar[str] = "refused"


class BadAsk(AskRefused):
    """The ask is malformed."""

    code = "bad_ask"


class NotOpen(AskRefused):
    """The visitor has no chat yet."""

    code = "not_open"


class AlreadyEnded(AskRefused):
    """The visitor's chat is over."""

    code = "chat_ended"


class BadToken(AskRefused):
    """The visitor's token is forged, expired, taken away, or a copy of an older one."""

    code = "bad_token"


class BadIdentity(AskRefused):
    """What the page brought as proof of who the visitor is proves nothing."""

    code = "bad_identity"


class StoreUnavailable(HouseError):
    """The store could not commit; nothing was written."""


class FlexError(HouseError):
    """A call to Flex failed; the text is for the log and holds no visitor's words."""


class NotSent(FlexError):
    """Flex did not process the call (429, no connection); `retry_after` is in seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class OutcomeUnknown(FlexError):
    """The call may or may not have been processed (5xx, cut or late answer)."""


class Refused(FlexError):
    """Flex refuses the call for good (other 4xx)."""


class ChatGone(Refused):
    """Flex no longer knows the chat."""


class WebhookRefused(HouseError):
    """A request to a webhook route that is not accepted."""

    status: ClassVar[int] = 400


class BadWebhook(WebhookRefused):
    """The request is not of the form Twilio's webhooks have."""


class NoForm(BadWebhook):
    """The request is of another content type."""

    status = 415


class Forged(WebhookRefused):
    """The signature is missing or wrong."""

    status = 403
