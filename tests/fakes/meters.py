"""Meters that remember what they were told."""

from middleware.relay.meters import Attempt
from middleware.relay.model import Delivery, DeliveryKind, News


class FakeMeters:
    """`heard` is every piece of news, `attempts` kind and end of every attempt, `filled` what Flex's list has told."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self.attempts: list[tuple[DeliveryKind, Attempt]] = []
        self.filled = 0
        self.to_sockets = 0

    def news(self, news: News) -> None:
        """One piece of news was committed."""
        self.heard.append(news)

    def told(self, messages: int) -> None:
        """So many messages were told to a socket."""
        self.to_sockets += messages

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt came to this."""
        self.attempts.append((delivery.kind, attempt))

    def filled_in(self, news: int) -> None:
        """So much was learned from Flex's list."""
        self.filled += news
