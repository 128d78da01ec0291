"""A bell that writes down what it rang."""

from collections.abc import Sequence

from middleware.relay.model import Chat, News


class FakeBell:
    """Keeps every piece of news in the order it was rung."""

    def __init__(self) -> None:
        self.rung: list[News] = []

    def ring(self, chat: Chat, news: Sequence[News]) -> None:
        """Write the news down."""
        del chat
        self.rung += news
