"""`POST /initWebchat` and `POST /refreshToken`, as Twilio's Webchat React App calls them, from allowed origins."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Protocol, TypeAlias, TypeVar

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from middleware.relay.errors import BadToken, FlexError
from middleware.relay.ports import Clock
from middleware.web.bodies import JSON, read_body
from middleware.web.door import Door as Wall
from middleware.web.door import TurnedAway
from middleware.web.refusals import refusal

MOST_BYTES = 16_384


class Pass(Protocol):
    """A token, when it ends, and the conversation, where it is a new one."""

    @property
    def token(self) -> str:
        """For Twilio's SDK."""

    @property
    def expires(self) -> float:
        """Seconds since the Unix epoch."""

    @property
    def conversation_sid(self) -> str | None:
        """Of a new one."""


class Door(Protocol):
    """Lets a Webchat React App in."""

    async def open(self, form: Mapping[str, str], *, now: float) -> Pass:
        """A new webchat, and a token for it. May raise `FlexError`."""

    def renew(self, token: str, *, now: float) -> Pass:
        """A fresh token for the same customer. Raises `BadToken`."""


Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]
_Word: TypeAlias = Annotated[str, StringConstraints(max_length=2048)]


_Form = TypeVar("_Form", bound=BaseModel)


class _Visit(BaseModel):
    form: dict[_Word, _Word] = Field(default_factory=dict, alias="formData")


class _Renewal(BaseModel):
    token: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


def add_webchat(app: web.Application, *, door: Door, wall: Wall, clock: Clock) -> None:
    """Serve the two routes, with their preflights. Each of these asks counts as a handshake of its address."""

    async def open_one(request: web.Request) -> web.Response:
        visit = _read(_Visit, await read_body(request, kind=JSON, most=MOST_BYTES))
        try:
            given = await door.open(visit.form, now=clock.now())
        except FlexError as error:
            raise web.HTTPServiceUnavailable(
                text="Twilio did not open the webchat: ask again a little later."
            ) from error
        return web.json_response(
            {"token": given.token, "conversationSid": given.conversation_sid, "expiration": _milliseconds(given)}
        )

    async def renew(request: web.Request) -> web.Response:
        renewal = _read(_Renewal, await read_body(request, kind=JSON, most=MOST_BYTES))
        try:
            given = door.renew(renewal.token, now=clock.now())
        except BadToken as error:
            raise web.HTTPForbidden(text=str(error)) from error
        return web.json_response({"token": given.token, "expiration": _milliseconds(given)})

    for path, handler in (("/initWebchat", open_one), ("/refreshToken", renew)):
        app.router.add_post(path, _through(wall, _paced(wall, handler)))
        app.router.add_options(path, _through(wall, _preflight))


async def _preflight(request: web.Request) -> web.Response:
    del request
    allowed = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "Content-Type"}
    return web.Response(status=204, headers=allowed)


def _paced(wall: Wall, handler: Handler) -> Handler:
    """Each opens a webchat at Twilio, with a task for an agent: a stranger must not open them by the thousand."""

    async def paced(request: web.Request) -> web.Response:
        try:
            wall.check_room(wall.address(request))
        except TurnedAway as error:
            return refusal(error.status, str(error), headers={"Retry-After": str(error.retry_after)})
        return await handler(request)

    return paced


def _through(wall: Wall, handler: Handler) -> Handler:
    """Answer pages of allowed origins only, and in words their browsers let them read."""

    async def guarded(request: web.Request) -> web.Response:
        origin = request.headers.get("Origin", "")
        if not wall.origin_may_come(origin):
            raise web.HTTPForbidden(text="Pages of this origin may not ask: add it to ALLOWED_ORIGINS.")
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = refusal(error.status, error.text or error.reason)
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Vary"] = "Origin"
        return response

    return guarded


def _read(form: type[_Form], body: bytes) -> _Form:
    try:
        return form.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise web.HTTPBadRequest(text=f"The body is not as expected: {where} {first['msg']}".strip()) from None


def _milliseconds(given: Pass) -> int:
    return round(given.expires * 1000)
