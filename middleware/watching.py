"""Who watches this node, as the settings say: counters and traces if somebody wants them, Flex's last word always."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

import middleware
from middleware.relay.hands import Delivers
from middleware.relay.meters import UNCOUNTED, Meters
from middleware.relay.ports import Clock
from middleware.settings import BadSettings, Settings
from middleware.web.metrics import Metrics
from middleware.web.status import LastWord

if TYPE_CHECKING:
    from middleware.traces import Traces


@dataclass(frozen=True, slots=True)
class Watched:
    """Where each thing that happens is told. Nothing is counted or traced that nobody reads."""

    metrics: Metrics | None = None
    traces: "Traces | None" = None
    meters: Meters = UNCOUNTED
    last_word: LastWord = field(default_factory=LastWord)

    def called(self, method: str, url: str, code: str, seconds: float) -> None:
        """A call to Twilio came to this."""
        self.last_word.heard(method, url, code, seconds)
        if self.metrics is not None:
            self.metrics.called(method, url, code, seconds)
        if self.traces is not None:
            self.traces.called(method, url, code, seconds)

    def webhook(self, outcome: str) -> None:
        """A webhook came to this."""
        if self.metrics is not None:
            self.metrics.webhook(outcome)

    def deliver(self, deliver: Delivers) -> Delivers:
        """The same, watched."""
        return deliver if self.traces is None else self.traces.deliver(deliver)


@asynccontextmanager
async def watch_over(settings: Settings, *, clock: Clock) -> AsyncIterator[Watched]:
    """As the settings want it. Raises `BadSettings` if what traces need is not installed."""
    metrics: Metrics | None = None
    meters: Meters = UNCOUNTED
    if settings.metrics_token is not None:
        about = {"version": middleware.__version__, "backend": settings.backend.value}
        meters = metrics = Metrics(settings.metrics_token.get_secret_value(), clock=clock, about=about)
    if settings.otel_exporter_otlp_endpoint is None:
        yield Watched(metrics, meters=meters)
        return
    traces = _room()
    service = os.environ.get("OTEL_SERVICE_NAME", "flex-relay")
    endpoint = settings.otel_exporter_otlp_endpoint
    async with traces.opened(endpoint, clock=clock, service=service, version=middleware.__version__) as tracing:
        yield Watched(metrics, tracing, meters=traces.TracedMeters(meters, tracing))


def _room() -> Any:
    try:
        return import_module("middleware.traces")
    except ImportError as error:
        raise BadSettings(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces, for which OpenTelemetry is needed:"
            " pip install 'flex-socketio-middleware[otel]', or leave it out."
        ) from error
