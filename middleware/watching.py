"""Who watches this node, as the settings say: counters if somebody may read them, and Flex's last word always."""

from collections.abc import Callable
from dataclasses import dataclass

import middleware
from middleware.relay.meters import UNCOUNTED, Meters
from middleware.relay.ports import Clock
from middleware.settings import Settings
from middleware.web.metrics import Metrics
from middleware.web.status import LastWord


@dataclass(frozen=True, slots=True)
class Watched:
    """Where each thing that happens is told: `called` for calls to Twilio, `webhook` for webhooks."""

    meters: Meters
    called: Callable[[str, float], None]
    webhook: Callable[[str], None]
    last_word: LastWord
    metrics: Metrics | None = None


def watch_over(settings: Settings, *, clock: Clock) -> Watched:
    """Nothing is counted that nobody may read."""
    last_word = LastWord()
    if settings.metrics_token is None:
        return Watched(UNCOUNTED, last_word.heard, lambda _outcome: None, last_word)
    token = settings.metrics_token.get_secret_value()
    about = {"version": middleware.__version__, "backend": settings.backend.value}
    metrics = Metrics(token, clock=clock, about=about)

    def called(code: str, seconds: float) -> None:
        last_word.heard(code, seconds)
        metrics.called(code, seconds)

    return Watched(metrics, called, metrics.webhook, last_word, metrics)
