"""The ways Twilio says no.

Codes: https://www.twilio.com/docs/api/errors
"""


class Refusal(Exception):
    """A request that is answered with Twilio's error body, `{code, message, more_info, status}`."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def body(self) -> dict[str, str | int]:
        """The error as Twilio writes it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


class Unknown(Refusal):
    """There is no such thing."""

    def __init__(self, path: str) -> None:
        super().__init__(404, 20404, f"The requested resource {path} was not found")


class Malformed(Refusal):
    """A parameter is missing or is not what it must be."""

    def __init__(self, message: str) -> None:
        super().__init__(400, 20001, message)


class Unauthorized(Refusal):
    """The credentials are missing or wrong."""

    def __init__(self) -> None:
        super().__init__(401, 20003, "Authentication Error - invalid username")


class NameTaken(Refusal):
    """Another channel, or conversation, has this unique name."""

    def __init__(self, name: str, *, what: str = "Channel") -> None:
        super().__init__(409, 50353, f"{what} with provided unique name already exists: {name}")


class TooManyWebhooks(Refusal):
    """The channel has its five webhooks already."""

    def __init__(self) -> None:
        super().__init__(400, 50321, "Too many webhooks for this channel: at most five, Studio's own included")


class TooManyConversationWebhooks(Refusal):
    """The conversation has its five webhooks already."""

    def __init__(self) -> None:
        super().__init__(400, 50361, "Too many webhooks for this conversation: at most five, Studio's own included")


class ConversationClosed(Refusal):
    """Nothing can be written to a conversation that has been closed."""

    def __init__(self, sid: str) -> None:
        super().__init__(400, 50377, f"Conversation {sid} is closed, which is final: it cannot be changed")


class TooMany(Refusal):
    """More requests than Twilio takes; this one had no effect."""

    def __init__(self) -> None:
        super().__init__(429, 20429, "Too Many Requests")
