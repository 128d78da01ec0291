"""Requests made up from docs/openapi.yaml, right and wrong, at a running server: each is answered as it says."""

import asyncio
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from twilio.request_validator import RequestValidator

from middleware.web.webhooks import PATHS as WEBHOOKS
from tests.journeys.town import BACK_ENDS, SEED, open_town
from tests.waiting import DEADLINE

DOCUMENT = Path(__file__).parents[2] / "docs/openapi.yaml"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NEEDS_MORE = {
    "GET /page/{file}": "a file's name",
    "GET /widget/{file}": "a file's name",
    "GET /widget.js": "a build",
    "GET /widget.js.map": "a development build",
    "GET /socket.io/socket.io.js": "a build",
    "GET /socket.io/socket.io.esm.js": "a build",
    "POST /socket.io/": "a socket's id",
    "POST /refreshToken": "a token",
}
"""What cannot be made up, so that nothing is granted here."""
FIGURES = "m" * 32
JSON = "application/json"
EVERY_TIME = settings(
    max_examples=15,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server in a thread of its own, with every route that a setting can add."""
    folder = tmp_path_factory.mktemp("town")
    more: dict[str, Any] = {
        **BACK_ENDS["webchats"],
        "twilio_api_key_sid": SEED.api_key_sid,
        "twilio_api_key_secret": "s" * 32,
        "metrics_token": FIGURES,
        "sockets_per_address": 100_000,
    }
    opened: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        try:
            async with open_town(folder, **more) as town:
                stop = asyncio.Event()
                opened.set_result((town.url, asyncio.get_running_loop(), stop))
                await stop.wait()
        except BaseException as error:
            if not opened.done():
                opened.set_exception(error)
            raise

    thread = threading.Thread(target=lambda: asyncio.run(live()))
    thread.start()
    address, loop, stop = opened.result(DEADLINE)
    yield address
    loop.call_soon_threadsafe(stop.set)
    thread.join()


def _papers(case: Case[Any], url: str) -> Mapping[str, str]:
    """What lets a request in: a page's origin, a token, Twilio's signature."""
    headers, form = {"Origin": url, "Authorization": f"Bearer {FIGURES}"}, case.body
    if case.path in WEBHOOKS and isinstance(form, dict) and all(isinstance(value, str) for value in form.values()):
        form["AccountSid"] = SEED.account_sid
        headers["X-Twilio-Signature"] = RequestValidator(SEED.auth_token).compute_signature(url + case.path, form)
    return headers


def _can_be_wrong(operation: schemathesis.APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether there is anything that the page says what it must be like."""
    return bool(operation.body) or any(parameter.location != "path" for parameter in operation.iter_parameters())


@pytest.mark.parametrize(
    ("label", "mode"),
    [
        *((label, GenerationMode.POSITIVE) for label in OPERATIONS),
        *((label, GenerationMode.NEGATIVE) for label, found in OPERATIONS.items() if _can_be_wrong(found)),
    ],
    ids=lambda value: value.value if isinstance(value, GenerationMode) else value,
)
def test_every_request_is_answered_as_described(url: str, label: str, mode: GenerationMode) -> None:
    """With a status, a kind, headers and a body that are written there; never with a fault. Every other wrong one has
    papers, so that it comes as far as right ones do.
    """
    seen: list[int] = []

    @EVERY_TIME
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def ask(case: Case[Any]) -> None:
        papers = _papers(case, url) if mode is GenerationMode.POSITIVE or len(seen) % 2 else {}
        response = case.call(base_url=url, headers=dict(papers), timeout=DEADLINE)
        seen.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert 500 not in seen
    if mode is GenerationMode.POSITIVE and label not in NEEDS_MORE:
        assert {200, 204} & set(seen), f"nothing was granted: {seen}"


@pytest.mark.parametrize(("folder", "file"), [("page", "page.js"), ("page", "page.css"), ("page", "icon.svg")])
def test_files_are_handed_out_as_described(url: str, folder: str, file: str) -> None:
    """By their names, which nobody makes up."""
    case = OPERATIONS[f"GET /{folder}/{{file}}"].Case(path_parameters={"file": file})
    response = case.call(base_url=url, timeout=DEADLINE)
    assert 200 == response.status_code
    case.validate_response(response, checks=CHECKS)


def test_a_token_is_renewed_as_described(url: str) -> None:
    """Only one that was given."""
    first, then = (OPERATIONS[f"POST {path}"] for path in ("/initWebchat", "/refreshToken"))
    given = first.Case(body={"formData": {}}, media_type=JSON).call(base_url=url, headers={"Origin": url}).json()
    case = then.Case(body={"token": given["token"]}, media_type=JSON)
    response = case.call(base_url=url, headers={"Origin": url}, timeout=DEADLINE)
    assert 200 == response.status_code
    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Range": "bytes=0-9"}, 206),
        ({"Range": "bytes=99999999-"}, 416),
        ({"If-Match": '"another"'}, 412),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
    ],
)
def test_parts_and_conditions_are_answered_as_described(url: str, headers: Mapping[str, str], status: int) -> None:
    """Browsers and caches ask so; the page's own file is always there."""
    case = OPERATIONS["GET /"].Case()
    response = case.call(base_url=url, headers=dict(headers), timeout=DEADLINE)
    assert status == response.status_code
    case.validate_response(response, checks=CHECKS)


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS.values()}))
def test_another_method_is_405_and_told_which_there_are(url: str, path: str) -> None:
    """In JSON, with `Allow`; a path that is not there in this build is 404."""
    methods = {operation.method.upper() for operation in OPERATIONS.values() if operation.path == path}
    answer = requests.request("DELETE", url + path.replace("{file}", "x"), timeout=DEADLINE)
    told = answer.json()
    assert {"error", "request_id"} == set(told)
    if answer.status_code != 404:
        assert 405 == answer.status_code
        assert methods == set(answer.headers["Allow"].split(",")) - {"HEAD"}
