"""Holds exchanges against Twilio's own OpenAPI documents.

`violations(exchange)` lists what is wrong with one request and its answer; `assert_contract(entries)` takes the
simulator's wire log. The documents lie beside the checkout (`shared/openapi/`, see its README) and are not ours to
change; where they say less than they mean, `_corrected` and `_FORMATS` put it right, and nothing else does.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.templating.paths.finders import APICallPathFinder
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from werkzeug.datastructures import Headers, ImmutableMultiDict

from middleware.simulator import Entry
from tests.shared import need_shared

FORM = "application/x-www-form-urlencoded"
Pairs = Sequence[tuple[str, str]]

_DOCUMENTS = {
    "/v1/FlexFlows": "twilio_flex_v1",
    "/v1/Channels": "twilio_flex_v1",
    "/v1/WebChannels": "twilio_flex_v1",
    "/v1/Interactions": "twilio_flex_v1",
    "/v2/WebChats": "twilio_flex_v2",
    "/v2/Services": "twilio_chat_v2",
    "/v1/Workspaces": "twilio_taskrouter_v1",
    "/v1/Conversations": "twilio_conversations_v1",
    "/v1/Services": "twilio_conversations_v1",
    "/v1/Configuration": "twilio_conversations_v1",
    "/v1/Users": "twilio_conversations_v1",
    "/v1/ParticipantConversations": "twilio_conversations_v1",
}
_ERROR_KEYS = {"code", "message", "more_info", "status"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer; `status` is None when no answer came, and then only the request counts."""

    method: str
    path: str
    query: Pairs = ()
    form: Pairs = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    answer: Any = None


def assert_contract(entries: Iterable[Entry | Mapping[str, Any]]) -> None:
    """Fail with everything wrong in the REST exchanges of a wire log: the log's own entries, or the desk's JSON."""
    told = [entry if isinstance(entry, Mapping) else entry.as_json() for entry in entries]
    wrong = [
        f"{entry['method']} {entry['path']}: {violation}"
        for entry in told
        if entry["kind"] == "rest"
        for violation in violations(exchange_of(entry))
    ]
    assert not wrong, "Twilio's documents say otherwise:\n" + "\n".join(wrong)


def exchange_of(entry: Mapping[str, Any]) -> Exchange:
    """The part of a log entry that the documents speak of; an answer that mischief gave is not Twilio's."""
    return Exchange(
        method=entry["method"],
        path=entry["path"],
        query=[(name, value) for name, value in entry["query"]],
        form=[(name, value) for name, value in entry["form"]],
        headers=entry["headers"],
        status=None if entry["fault"] else entry["status"],
        answer=entry["response"],
    )


def violations(exchange: Exchange) -> list[str]:
    """Everything in the exchange that Twilio's document forbids: [] when it keeps to it."""
    document = _document_of(exchange.path)
    if document is None:
        return [f"no document describes {exchange.path}"]
    request = _Request(exchange, host=document.host)
    try:
        operation = document.operation(request)
    except PathError as error:
        return [str(error)]
    found = [*_unknown_parameters(exchange, operation)]
    found += [_told(error) for error in document.api.iter_request_errors(request)]
    if exchange.status is not None:
        found += _wrong_answer(exchange, request, document)
    return found


@dataclass(frozen=True, slots=True)
class _Document:
    api: OpenAPI
    host: str

    def operation(self, request: "_Request") -> Mapping[str, Any]:
        """What the document says of the operation that the request is for."""
        path = APICallPathFinder(self.api.spec).find(request.method, f"{request.host_url}{request.path}")
        with path.operation.open() as operation:
            return dict(operation)


class _Request:
    """A request as openapi-core wants to see it."""

    def __init__(self, exchange: Exchange, *, host: str) -> None:
        self.host_url = host
        self.path = exchange.path
        self.method = exchange.method.lower()
        self.content_type = exchange.headers.get("Content-Type", FORM).lower()
        self.body = urlencode(exchange.form).encode()
        # Credentials are never logged; that they were there, the simulator has seen to.
        headers = Headers({**exchange.headers, "Authorization": "Basic checked-elsewhere"})
        self.parameters = RequestParameters(query=ImmutableMultiDict(exchange.query), header=headers)


class _Response:
    """An answer as openapi-core wants to see it."""

    def __init__(self, exchange: Exchange) -> None:
        self.status_code = exchange.status or 0
        self.headers = Headers({"Content-Type": "application/json"})
        self.content_type = "application/json"
        self.data = b"" if exchange.answer is None else json.dumps(exchange.answer).encode()


def _document_of(path: str) -> _Document | None:
    root = "/" + "/".join(path.split("/")[1:3])
    name = _DOCUMENTS.get(root)
    return _document(name) if name else None


@cache
def _document(name: str) -> _Document:
    data = _corrected(json.loads((need_shared("openapi") / f"{name}.json").read_text()))
    config = Config(
        additional_properties_default_policy="forbid",
        response_properties_default_policy="required",
        extra_format_validators=_FORMATS,
        spec_validator_cls=None,  # the documents are what they are, and checking one takes seconds
    )
    return _Document(OpenAPI.from_dict(data, config=config), data["servers"][0]["url"])


def _unknown_parameters(exchange: Exchange, operation: Mapping[str, Any]) -> Iterator[str]:
    """Parameters and Twilio's own headers that the operation does not list: openapi-core lets them be."""
    listed = {(parameter["in"], parameter["name"].lower()) for parameter in operation.get("parameters", ())}
    for name in dict(exchange.query):
        if ("query", name.lower()) not in listed:
            yield f"unknown query parameter {name}"
    for name in exchange.headers:
        if name.lower().startswith(("x-twilio-", "if-match")) and ("header", name.lower()) not in listed:
            yield f"unknown header {name}"
    body = operation["requestBody"]["content"].get(FORM, {}) if "requestBody" in operation else {}
    known = body.get("schema", {}).get("properties", {})
    for name in dict(exchange.form):
        if name not in known:
            yield f"unknown form parameter {name}"


def _wrong_answer(exchange: Exchange, request: _Request, document: _Document) -> list[str]:
    if exchange.status is not None and exchange.status >= 400:
        return _wrong_error(exchange)
    return [_told(error) for error in document.api.iter_response_errors(request, _Response(exchange))]


def _wrong_error(exchange: Exchange) -> list[str]:
    """The documents leave errors out; https://www.twilio.com/docs/usage/troubleshooting/debugging has their shape."""
    if not isinstance(exchange.answer, dict) or set(exchange.answer) != _ERROR_KEYS:
        return [f"an error must be {sorted(_ERROR_KEYS)}: {exchange.answer!r}"]
    if exchange.answer["status"] != exchange.status:
        return [f"the error says status {exchange.answer['status']}, the answer has {exchange.status}"]
    return []


def _told(error: BaseException) -> str:
    """An openapi-core error with what is behind it."""
    words = [str(error).partition(" not valid for schema")[0]]
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, InvalidSchemaValue):
            words += [_told_part(part) for part in cause.schema_errors]
        else:
            words.append(str(cause))
        cause = cause.__cause__
    return "; ".join(words)


def _told_part(part: Exception) -> str:
    if not isinstance(part, ValidationError):
        return str(part)
    return f"{'.'.join(map(str, part.absolute_path)) or 'value'}: {part.message}"


def _is_uri(value: object) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return parts is not None and bool(parts.scheme and parts.netloc)


def _corrected(document: dict[str, Any]) -> dict[str, Any]:
    """The document with its oddities put right.

    A `uri-map` lists no names, so any name may be in it. A body with required parameters is itself required.
    """
    better = {name: _corrected_part(part) for name, part in document.items()}
    if better.get("format") == "uri-map":
        better["additionalProperties"] = True
    body = better.get("requestBody")
    if body and "required" in body["content"].get(FORM, {}).get("schema", {}):
        body["required"] = True
    return better


def _corrected_part(part: Any) -> Any:
    if isinstance(part, dict):
        return _corrected(part)
    return [_corrected_part(item) for item in part] if isinstance(part, list) else part


_FORMATS: dict[str, Callable[[Any], bool]] = {"uri": _is_uri}
