"""Traces for OpenTelemetry: one for each of a visitor's messages, from their ask until Flex has it.

A message's id is its trace's id, and the root span's id follows from it. So nothing about traces is kept in the store,
and an attempt by another node, after a restart, an hour later, still lands in the same trace.

    message                   from the ask until Flex has it, or it is given up
    ├── ask                   until it is committed, and so acknowledged
    └── deliver say           one attempt; `relay.end` says what came of it
        └── POST Messages     one call to Twilio

Texts, names and tokens are never told. This file needs the extra `otel`, and is imported only where it is wanted.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from hashlib import blake2b
from typing import Any, cast

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from middleware.relay.hands import Delivering, Delivers, Hands
from middleware.relay.meters import Attempt, Meters
from middleware.relay.model import (
    Author,
    Delivery,
    Message,
    MessageId,
    MessageSaid,
    MessageStatus,
    News,
    StatusChanged,
)
from middleware.relay.ports import Clock

_NANOSECONDS = 1_000_000_000
_CLOSE_SECONDS = 2.0
_PATIENCE = 5.0
"""Seconds until a collector must have taken a batch."""


@asynccontextmanager
async def opened(endpoint: str, *, clock: Clock, service: str, version: str) -> AsyncIterator["Traces"]:
    """Traces that are sent to this OTLP address, in batches, by a thread of their own."""
    resource = Resource.create({"service.name": service, "service.version": version})
    exporter = OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=_PATIENCE)
    traces = Traces(BatchSpanProcessor(exporter), clock=clock, resource=resource)
    try:
        yield traces
    finally:
        closing = asyncio.create_task(asyncio.to_thread(traces.close))
        await asyncio.wait({closing}, timeout=_CLOSE_SECONDS)
        if not closing.done():
            exporter.shutdown()  # type: ignore[no-untyped-call]  # It tries no more, and what it has is lost: a stop waits for nobody's collector.
        await closing


class Traces:
    """Makes spans of what it is told."""

    def __init__(self, processor: SpanProcessor, *, clock: Clock, resource: Resource | None = None) -> None:
        self._clock = clock
        self._ids = _Ids()
        self._provider = TracerProvider(resource=resource, id_generator=self._ids, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("middleware")

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()

    def deliver(self, deliver: Delivers) -> Delivers:
        """The same, each attempt in a span."""

        async def traced(delivery: Delivery, hands: Hands) -> bool:
            about: dict[str, str | int | bool] = {
                "relay.chat": delivery.chat.id,
                "relay.attempt": delivery.attempts,
                "relay.unsure": delivery.unsure,
            }
            span = self._tracer.start_span(
                f"deliver {delivery.kind.value}",
                context=None if delivery.message is None else self._in_trace_of(delivery.message.id),
                attributes=about,
            )
            settling = False
            try:
                with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                    settling = await deliver(delivery, cast(Hands, _UntilSettled(hands, span)))
            finally:
                if not settling:
                    span.end()
            return settling

        return traced

    def called(self, method: str, url: str, code: str, seconds: float) -> None:
        """A call to Twilio ended: a span below the attempt that made it. Looks back at Flex's list are not traced."""
        if not trace.get_current_span().is_recording():
            return
        end = self._clock.now()
        path = url.partition("?")[0].split("/")[3:]
        noun = next((part for part in reversed(path) if len(part) != 34), "")
        span = self._tracer.start_span(f"{method} {noun}", kind=SpanKind.CLIENT, start_time=_ns(end - seconds))
        span.set_attribute("http.request.method", method)
        span.set_attribute("http.response.status_code" if code.isdigit() else "error.type", code)
        if not code.startswith(("2", "3")):
            span.set_status(Status(StatusCode.ERROR))
        span.end(_ns(end))

    def asked(self, message: Message) -> None:
        """A visitor's words are committed."""
        context = self._in_trace_of(message.id)
        span = self._tracer.start_span("ask", context=context, kind=SpanKind.SERVER, start_time=_ns(message.at))
        span.set_attribute("relay.chat", message.chat)
        span.set_attribute("relay.seq", message.seq)
        span.end(_ns(self._clock.now()))

    def came(self, news: StatusChanged) -> None:
        """Flex has a message, or it was given up: its root span, once, wherever that was learned."""
        with self._ids.of(news.message):
            span = self._tracer.start_span("message", context=Context(), start_time=_ns(news.said_at))
        span.set_attribute("relay.seq", news.seq)
        span.set_attribute("relay.status", news.status)
        if news.status is MessageStatus.FAILED:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_ns(self._clock.now()))

    def _in_trace_of(self, message: MessageId) -> Context:
        trace_id, root = _trace_of(message)
        decision = self._provider.sampler.should_sample(None, trace_id, "message").decision
        flags = TraceFlags.SAMPLED if decision is Decision.RECORD_AND_SAMPLE else TraceFlags.DEFAULT
        parent = SpanContext(trace_id, root, is_remote=True, trace_flags=TraceFlags(flags))
        return trace.set_span_in_context(NonRecordingSpan(parent), Context())


class _UntilSettled:
    """Hands that end an attempt's span when it is settled, or could not be."""

    def __init__(self, hands: Hands, span: Span) -> None:
        self._hands = hands
        self._span = span

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hands, name)

    def settled(self, delivery: Delivery) -> None:
        """It is."""
        self._span.end()
        self._hands.settled(delivery)

    def unsettled(self, delivery: Delivery, then: Delivering) -> None:
        """It could not be."""
        self._span.end()
        self._hands.unsettled(delivery, then)


class TracedMeters:
    """Tells meters and traces alike."""

    def __init__(self, meters: Meters, traces: Traces) -> None:
        self._meters = meters
        self._traces = traces

    def news(self, news: News) -> None:
        """One piece of news was committed."""
        self._meters.news(news)
        if isinstance(news, MessageSaid) and news.message.author is Author.VISITOR:
            self._traces.asked(news.message)
        elif isinstance(news, StatusChanged):
            self._traces.came(news)

    def told(self, messages: int) -> None:
        """So many messages were told to a socket."""
        self._meters.told(messages)

    def attempted(self, delivery: Delivery, attempt: Attempt) -> None:
        """An attempt came to this: the span that is under way says so."""
        self._meters.attempted(delivery, attempt)
        span = trace.get_current_span()
        span.set_attribute("relay.end", attempt)
        if attempt is Attempt.BURIED:
            span.set_status(Status(StatusCode.ERROR))

    def filled_in(self, news: int) -> None:
        """So much was learned from Flex's own list."""
        self._meters.filled_in(news)


class _Ids(RandomIdGenerator):
    """Random ids, but those of a message's root span."""

    def __init__(self) -> None:
        super().__init__()
        self._given: tuple[int, int] | None = None

    @contextmanager
    def of(self, message: MessageId) -> Iterator[None]:
        """The span that is started here is the message's root."""
        self._given = _trace_of(message)
        try:
            yield
        finally:
            self._given = None

    def generate_trace_id(self) -> int:
        return super().generate_trace_id() if self._given is None else self._given[0]

    def generate_span_id(self) -> int:
        return super().generate_span_id() if self._given is None else self._given[1]


def _trace_of(message: MessageId) -> tuple[int, int]:
    """The ids of the message's trace and of its root span: 128 and 64 bits, the same on every node."""
    return int(message, 16), int.from_bytes(blake2b(message.encode(), digest_size=8).digest())


def _ns(seconds: float) -> int:
    return round(seconds * _NANOSECONDS)
