"""The transport tells errors apart, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from middleware.flex.rest import Rejected, Transport
from middleware.relay.errors import FlexError, NotSent, OutcomeUnknown
from tests.servers.http import serving

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def twilio(handler: Handler) -> AsyncIterator[str]:
    async with serving(web.route("*", "/{tail:.*}", handler)) as url:
        yield f"{url}/v1/Things"


async def failure(handler: Handler) -> FlexError:
    async with twilio(handler) as url, Transport() as transport:
        with pytest.raises(FlexError) as raised:
            await transport.request("POST", url, data={"Body": "a secret word"})
    assert "secret" not in str(raised.value)
    return raised.value


def answering(status: int, text: str = "{}", **headers: str) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, text=text, headers=headers)

    return answer


async def test_an_answer_comes_back_whole() -> None:
    """Status, headers and text, as the twilio client wants them."""
    async with twilio(answering(201, '{"sid":"IM1"}')) as url, Transport() as transport:
        answer = await transport.request("POST", url, data={"Body": "x", "Filters": ["a", "b"]})
    assert (answer.status_code, answer.text) == (201, '{"sid":"IM1"}')


async def test_forms_repeat_a_listed_parameter_and_carry_utf8() -> None:
    """As Twilio reads arrays."""
    seen: list[object] = []

    async def answer(request: web.Request) -> web.Response:
        seen.extend((await request.post()).items())
        seen.append(request.query_string)
        seen.append(request.headers["Authorization"])
        return web.json_response({})

    async with twilio(answer) as url, Transport() as transport:
        await transport.request(
            "POST", url, params={"Page": 2}, data={"F": ["a", "b"], "Body": "ü&=👋"}, auth=("u", "p")
        )
    assert [("F", "a"), ("F", "b"), ("Body", "ü&=👋"), "Page=2", "Basic dTpw"] == seen


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("0.5", 0.5), ("soon", None), ("-1", None), ("nan", None)])
async def test_429_was_not_processed_and_tells_how_long_to_wait(header: str, seconds: float | None) -> None:
    """It is always safe to repeat."""
    error = await failure(answering(429, "{}", **{"Retry-After": header}))
    assert isinstance(error, NotSent)
    assert seconds == error.retry_after


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_after_5xx_nobody_knows(status: int) -> None:
    """Twilio may have taken it before it stumbled."""
    assert isinstance(await failure(answering(status)), OutcomeUnknown)


@pytest.mark.parametrize("text", ["", "<html>", '{"sid": "IM', "[]", "null"])
async def test_a_success_that_cannot_be_read_is_an_unknown_outcome(text: str) -> None:
    """Half a body is not a receipt."""
    assert isinstance(await failure(answering(201, text)), OutcomeUnknown)


@pytest.mark.parametrize("status", [401, 403])
async def test_an_account_that_is_refused_is_waited_for(status: int) -> None:
    """The token is being changed: no visitor's words should be given up for that."""
    error = await failure(answering(status, '{"code":20003,"message":"no"}'))
    assert isinstance(error, NotSent)
    assert "TWILIO_AUTH_TOKEN" in str(error)


@pytest.mark.parametrize("status", [302, 400, 404, 409])
async def test_a_refusal_is_for_good(status: int) -> None:
    """Repeating it would get the same answer."""
    error = await failure(answering(status, '{"code":20001,"message":"Body a secret word is bad"}'))
    assert isinstance(error, Rejected)
    assert status == error.status


async def test_a_refusal_carries_twilios_code() -> None:
    """And its address, where it is explained."""
    error = await failure(answering(400, '{"code":50353,"message":"exists"}'))
    assert isinstance(error, Rejected)
    assert error.code == 50353
    assert "https://www.twilio.com/docs/errors/50353" in str(error)


async def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    """No connection, no message."""
    async with Transport() as transport:
        with pytest.raises(NotSent):
            await transport.request("POST", f"http://127.0.0.1:{unused_port()}/v1")


async def test_a_cut_connection_leaves_the_outcome_unknown() -> None:
    """The request may have been read to its end."""

    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert isinstance(await failure(cut), OutcomeUnknown)


async def test_half_a_body_leaves_the_outcome_unknown() -> None:
    """The headers promised more than came."""

    async def half(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=201, headers={"Content-Length": "100"})
        await answer.prepare(request)
        await answer.write(b'{"sid":')
        assert request.transport is not None
        request.transport.close()
        return answer

    assert isinstance(await failure(half), OutcomeUnknown)


async def test_answers_of_concurrent_calls_are_not_mixed_up() -> None:
    """One transport serves all chats at once; a mix-up would be a leak between visitors."""

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({"said": (await request.post())["Body"]})

    async with twilio(echo) as url, Transport(connections=8) as transport:
        answers = await asyncio.gather(*(transport.request("POST", url, data={"Body": str(n)}) for n in range(200)))
    assert [f'{{"said": "{n}"}}' for n in range(200)] == [answer.text for answer in answers]
