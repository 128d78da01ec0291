"""`/metrics`, for Prometheus: what this node has done, and how the store is that all nodes share.

Counters are counted where things happen, at well below a microsecond; what stands somewhere already is read when
somebody asks. docs/operations.md explains every figure.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge, Metric, ProcessCollector, generate_latest
from prometheus_client.core import InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from middleware.relay.applying import Fate
from middleware.relay.errors import StoreUnavailable
from middleware.relay.meters import Attempt, Load
from middleware.relay.model import (
    Author,
    ChatEnded,
    ChatOpened,
    Delivery,
    DeliveryKind,
    MessageSaid,
    MessageStatus,
    News,
    StatusChanged,
)
from middleware.relay.ports import Clock, Reading, Store
from middleware.web.fresh import Fresh
from middleware.web.tally import Counts, Times

WEBHOOKS: Final = (*(fate.value for fate in Fate), "not_for_us", "forged", "refused", "unavailable", "fault")
"""What can become of a webhook."""
_DIRECTIONS = ("from_visitor", "to_flex", "from_flex", "to_visitor")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800)
_LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_STORE_SECONDS = 1.0
"""How long the store's figures stand for whoever asks: it counts its open chats one by one."""
_BEAT_SECONDS = 0.25


class Metrics(Collector):
    """The figures, in a registry of their own, for whoever shows the token; the heart's `Meters`.

    `clock` is the house's; `about` says what runs here.
    """

    def __init__(self, token: str, *, clock: Clock, about: Mapping[str, str]) -> None:
        self.token = token
        self._clock = clock
        self._messages = _counts("messages", "Messages, by the way they took.", label="direction", keys=_DIRECTIONS)
        self._failed = Counts("flex_relay_messages_failed", "Visitors' messages that were given up.")
        self._chats = _counts("chats", "Chats that were opened and ended.", label="event", keys=("opened", "ended"))
        self._delivery = Times(
            "flex_relay_delivery_seconds", "From a visitor's words till Flex has them.", bounds=_SECONDS
        )
        self._attempts = Counts(
            "flex_relay_attempts",
            "Attempts at deliveries, by what came of them.",
            labels=("kind", "end"),
            keys=[(kind.value, end.value) for kind in DeliveryKind for end in Attempt],
        )
        self._filled_in = Counts("flex_relay_filled_in", "News that Flex's list told, and no webhook.")
        self._webhooks = _counts("webhooks", "Webhooks, by what became of them.", label="outcome", keys=WEBHOOKS)
        self._calls = _counts("twilio_calls", "Calls to Twilio, by HTTP status or fault.", label="code", keys=())
        self._call = Times("flex_relay_twilio_seconds", "How long calls to Twilio took.", bounds=_SECONDS)
        self._lag = Times("flex_relay_loop_lag_seconds", "How late the event loop is.", bounds=_LAG_SECONDS)
        self._told: dict[type, Callable[[Any], None]] = {
            MessageSaid: self._said,
            StatusChanged: self._came,
            ChatOpened: lambda _: self._chats.add("opened"),
            ChatEnded: lambda _: self._chats.add("ended"),
        }
        self._build = InfoMetricFamily("flex_relay_build", "What runs here.", dict(about))
        self.registry = CollectorRegistry()
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def collect(self) -> Iterator[Metric]:
        """All of it, in Prometheus's form."""
        yield self._build
        for figure in vars(self).values():
            if isinstance(figure, Counts | Times):
                yield figure.family()

    def news(self, news: News) -> None:
        """One piece of news was committed."""
        tell = self._told.get(type(news))
        if tell is not None:
            tell(news)

    def told(self, messages: int) -> None:
        """So many messages were told to a socket."""
        self._messages.add("to_visitor", count=messages)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt at a delivery came to this."""
        self._attempts.add(delivery.kind, attempt)

    def filled_in(self, news: int) -> None:
        """So much was learned from Flex's own list."""
        self._filled_in.add(count=news)

    def webhook(self, outcome: str) -> None:
        """A webhook came, and this became of it: one of `WEBHOOKS`."""
        self._webhooks.add(outcome)

    def called(self, method: str, url: str, code: str, seconds: float) -> None:
        """A call to Twilio ended with this HTTP status, or without one."""
        del method, url
        self._calls.add(code)
        self._call.add(seconds)

    async def run(self) -> None:
        """Measure the loop's lag until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            due = now() + _BEAT_SECONDS
            await asyncio.sleep(_BEAT_SECONDS)
            self._lag.add(max(now() - due, 0.0))

    def _said(self, news: Any) -> None:
        self._messages.add("from_visitor" if news.message.author is Author.VISITOR else "from_flex")

    def _came(self, news: Any) -> None:
        if news.status is MessageStatus.SENT:
            self._messages.add("to_flex")
            self._delivery.add(max(self._clock.now() - news.said_at, 0.0))
        else:
            self._failed.add()


class StoreFigures:
    """The store's figures, read when they are asked for."""

    def __init__(self, store: Store, *, clock: Clock, registry: CollectorRegistry) -> None:
        self._store, self._clock = store, clock
        self._up = _gauge("store_up", "Whether the store could be read.", registry)
        self._chats = _gauge("chats_open", "Open chats, on all nodes together.", registry)
        self._depth = _gauge("outbox_depth", "Deliveries owed to Flex, on all nodes together.", registry)
        self._oldest = _gauge("outbox_oldest_seconds", "For how long the oldest delivery is owed.", registry)
        self.look = Fresh(self._look, _STORE_SECONDS)

    async def _look(self) -> None:
        """While the store cannot be read its figures are not a number: an old one would look like news."""
        try:
            load, oldest = await self._store.read(_figures)
        except StoreUnavailable:
            self._up.set(0)
            for figure in (self._chats, self._depth, self._oldest):
                figure.set(float("nan"))
            return
        self._up.set(1)
        self._chats.set(load.chats_open)
        self._depth.set(load.owed)
        self._oldest.set(0.0 if oldest is None else max(self._clock.now() - oldest, 0.0))


def add_metrics(
    app: web.Application, metrics: Metrics, *, store: Store, clock: Clock, sockets: Callable[[], int]
) -> None:
    """Serve `/metrics` to whoever shows the token, as `Authorization: Bearer …`."""
    figures = StoreFigures(store, clock=clock, registry=metrics.registry)
    _gauge("sockets", "Connected sockets of this node.", metrics.registry).set_function(sockets)

    async def tell(request: web.Request) -> web.Response:
        if not _shows(request.headers.get("Authorization", ""), metrics.token):
            raise web.HTTPUnauthorized(text="Show METRICS_TOKEN.", headers={"WWW-Authenticate": "Bearer"})
        await figures.look()
        told = generate_latest(metrics.registry)
        return web.Response(body=told, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    app.router.add_get("/metrics", tell)


def _shows(header: str, token: str) -> bool:
    scheme, _, shown = header.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(shown.encode(errors="surrogateescape"), token.encode())


async def _figures(view: Reading) -> tuple[Load, float | None]:
    return await view.load(), await view.oldest_owed()


def _counts(name: str, about: str, *, label: str, keys: Sequence[str]) -> Counts:
    return Counts(f"flex_relay_{name}", about, labels=(label,), keys=[(key,) for key in keys])


def _gauge(name: str, about: str, registry: CollectorRegistry) -> Gauge:
    return Gauge(f"flex_relay_{name}", about, registry=registry)
