"""Traces: one for each of a visitor's messages, from the ask until Flex has it, whoever delivers it and when."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanContext, StatusCode

from middleware.relay.deliver import Deliver
from middleware.relay.errors import NotSent, OutcomeUnknown, Refused
from middleware.relay.from_flex import FromFlex
from middleware.relay.from_visitor import FromVisitor
from middleware.relay.model import AskId, Message
from middleware.relay.outbox import Words
from middleware.relay.to_flex import ToFlex
from middleware.relay.to_visitor import ToVisitor
from middleware.traces import TracedMeters, Traces, opened
from tests.house.test_settings import GOOD
from tests.journeys.town import open_town
from tests.relay.house import ADA, PACE, Heart, open_heart
from tests.servers.http import serving
from tests.waiting import DEADLINE, until


class Traced:
    """A heart whose spans are kept in memory; `other` nodes have a heart of their own on the same store."""

    def __init__(self, heart: Heart) -> None:
        self.exporter = InMemorySpanExporter()
        self.heart = heart
        self.traces = Traces(SimpleSpanProcessor(self.exporter), clock=heart.clock)
        told = ToVisitor(heart.bell, meters=TracedMeters(heart.meters, self.traces))
        meters = TracedMeters(heart.meters, self.traces)
        deliver = Deliver(
            heart.store,
            flex=heart.flex,
            to_visitor=told,
            clock=heart.clock,
            pace=PACE,
            jitter=lambda: 1.0,
            meters=meters,
        )
        self.to_flex = ToFlex(heart.store, deliver=self.traces.deliver(deliver), clock=heart.clock, pace=PACE)
        wake = self.to_flex.wake
        self.from_visitor = FromVisitor(heart.store, to_visitor=told, wake=wake, clock=heart.clock)
        self.from_flex = FromFlex(heart.store, to_visitor=told, hands=self.to_flex, clock=heart.clock)

    async def says(self, text: str) -> Message:
        return await self.from_visitor.say(ADA, Words(AskId(text), text))

    async def deliver_all(self) -> None:
        while await self.to_flex.round():
            await self.to_flex.idle()

    def of(self, message: Message) -> dict[str, list[ReadableSpan]]:
        """The spans of a message's trace, by their names."""
        spans: dict[str, list[ReadableSpan]] = {}
        for span in self.exporter.get_finished_spans():
            if format(own(span).trace_id, "032x") == message.id:
                spans.setdefault(span.name, []).append(span)
        return spans


@pytest.fixture
async def traced(tmp_path: Path) -> AsyncIterator[Traced]:
    """An open chat."""
    async with open_heart(tmp_path) as heart:
        await heart.open()
        traced = Traced(heart)
        yield traced
        traced.traces.close()


def own(span: ReadableSpan) -> SpanContext:
    context = span.get_span_context()
    assert context is not None
    return context


def parent(span: ReadableSpan) -> int:
    assert span.parent is not None
    return span.parent.span_id


async def test_a_message_is_one_trace_from_its_ask_until_flex_has_it(traced: Traced) -> None:
    """Who asks where a message spent its time reads one picture."""
    message = await traced.says("Hello")
    traced.heart.clock.pass_seconds(3)
    await traced.deliver_all()
    spans = traced.of(message)
    assert {"message", "ask", "deliver say"} == set(spans)
    (root,), (ask,), (deliver,) = spans["message"], spans["ask"], spans["deliver say"]
    assert None is root.parent
    assert {own(root).span_id} == {parent(ask), parent(deliver)}
    assert (message.at * 1e9, 3e9) == (root.start_time, (root.end_time or 0) - (root.start_time or 0))
    assert {"sent", "settled"} == {(root.attributes or {})["relay.status"], (deliver.attributes or {})["relay.end"]}


async def test_every_attempt_is_in_the_trace_whoever_makes_it(traced: Traced) -> None:
    """A node that died has left nothing but the message's id, and that is enough."""
    message = await traced.says("Hello")
    traced.heart.flex.before.append(NotSent("429"))
    await traced.deliver_all()
    other = Traced(traced.heart)
    other.heart.clock.pass_seconds(PACE.backoff_most)
    await other.deliver_all()
    (first,), (second,) = traced.of(message)["deliver say"], other.of(message)["deliver say"]
    (root,) = other.of(message)["message"]
    assert ["again", "settled"] == [(span.attributes or {})["relay.end"] for span in (first, second)]
    assert parent(first) == parent(second) == own(root).span_id
    other.traces.close()


async def test_what_only_the_echo_settles_is_a_whole_trace_too(traced: Traced) -> None:
    """The call's answer was lost; the root is told once, by whoever learned it."""
    message = await traced.says("Hello")
    traced.heart.flex.after.append(OutcomeUnknown("reset"))
    await traced.deliver_all()
    assert "message" not in traced.of(message)
    (ref,) = traced.heart.flex.lists
    (echo,) = [event for event in traced.heart.flex.lists[ref] if event is not None]
    await traced.from_flex.accept(echo)
    traced.heart.clock.pass_seconds(PACE.backoff_most)
    await traced.deliver_all()
    assert 1 == len(traced.of(message)["message"])


async def test_a_message_that_was_given_up_is_an_error(traced: Traced) -> None:
    """To be found among thousands that came."""
    message = await traced.says("Hello")
    traced.heart.flex.before.append(Refused("50001"))
    await traced.deliver_all()
    spans = traced.of(message)
    assert {StatusCode.ERROR} == {spans[name][0].status.status_code for name in ("message", "deliver say")}


async def test_what_is_not_sampled_is_not_told_in_part(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    """`OTEL_TRACES_SAMPLER` of the environment holds for the whole trace, on every node alike."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    half = Traced(traced.heart)
    messages = [await half.says(str(number)) for number in range(40)]
    await half.deliver_all()
    seen = [len(half.of(message)) for message in messages]
    assert {0, 3} == set(seen)
    half.traces.close()


@asynccontextmanager
async def collector(seen: list[ExportTraceServiceRequest]) -> AsyncIterator[str]:
    """Something that takes traces by OTLP over HTTP."""

    async def take(request: web.Request) -> web.Response:
        seen.append(ExportTraceServiceRequest.FromString(await request.read()))
        return web.Response(content_type="application/x-protobuf")

    async with serving(web.post("/v1/traces", take)) as url:
        yield url


def spans_of(seen: list[ExportTraceServiceRequest]) -> Iterator[tuple[str, str]]:
    """Trace and name of every span."""
    for request in seen:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                yield from ((span.trace_id.hex(), span.name) for span in scope.spans)


async def test_the_server_sends_its_traces_to_a_collector(tmp_path: Path) -> None:
    """With the calls to Twilio, and without a word of what was said."""
    seen: list[ExportTraceServiceRequest] = []
    async with collector(seen) as url:
        async with open_town(tmp_path, otel_exporter_otlp_endpoint=url) as town:
            page, _ = await town.visitor("Ada Lovelace")
            await page.grant("say", {"ask_id": "1", "text": "a secret word"})
            channel = await town.accepted(name="Ada")
            await town.arrives(channel, "a secret word")
            await page.hears("status", lambda news: news["status"] == "sent")
        traces: dict[str, list[str]] = {}
        for trace, name in spans_of(seen):
            traces.setdefault(trace, []).append(name)
    (whole,) = [names for names in traces.values() if "message" in names]
    assert ["POST Messages", "ask", "deliver say", "message"] == sorted(whole)
    assert {"flex-relay"} == {_service(request) for request in seen}
    told = b"".join(request.SerializeToString() for request in seen)
    assert [] == [word for word in (b"secret", b"Ada", b"Lovelace") if word in told]


def _service(request: ExportTraceServiceRequest) -> str:
    (resource,) = request.resource_spans
    return next(str(pair.value.string_value) for pair in resource.resource.attributes if pair.key == "service.name")


async def test_a_collector_that_is_away_holds_nothing_up(tmp_path: Path) -> None:
    """Traces are for whoever looks; visitors come first."""
    async with collector([]) as gone:
        pass
    async with open_town(tmp_path, otel_exporter_otlp_endpoint=gone) as town:
        page, _ = await town.visitor("Ada")
        await page.grant("say", {"ask_id": "1", "text": "Hello"})
        await town.arrives(await town.accepted(name="Ada"), "Hello")


async def test_a_collector_that_never_answers_is_given_up_at_a_stop(tmp_path: Path) -> None:
    """What is under way may time out; what waits behind it is not tried any more, or a stop would take minutes."""
    asked = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        while await reader.read(65_536):
            pass
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, open_heart(tmp_path) as heart:
        await heart.open()
        message = await heart.say("Hello")
        async with opened(f"http://127.0.0.1:{port}", clock=heart.clock, service="s", version="1") as traces:
            for _ in range(5 * 512):
                traces.asked(message)
            await until(lambda: asked, what="the first batch")
    assert 1 == asked


async def python(code: str, **environment: str) -> tuple[int, str]:
    """Run this where OpenTelemetry is not installed; exit code and what it said of what went wrong."""
    absent = "import sys; sys.modules['opentelemetry'] = None\n"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", absent + code, env={"PATH": "", **environment}, stderr=asyncio.subprocess.PIPE
    )
    _, told = await asyncio.wait_for(process.communicate(), DEADLINE)
    return process.returncode or 0, told.decode()


async def test_the_server_runs_without_opentelemetry(tmp_path: Path) -> None:
    """It is an extra; most installations have none of it. Who wants traces then is told what to install."""
    assert (0, "") == await python("import middleware.cli, middleware.app")
    settings = GOOD | {"PORT": "0", "HOST": "127.0.0.1", "DATABASE_URL": f"sqlite:///{tmp_path}/relay.db"}
    serve = "from middleware.cli import main; main(['serve'])"
    code, told = await python(serve, **settings, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:4318")
    assert (1, True, False) == (code, "pip install 'flex-socketio-middleware[otel]'" in told, "Traceback" in told)
