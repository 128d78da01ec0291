"""The agents' desk, as an HTTP API: see what there is, accept or decline, answer, reword, withdraw, end, complete.

What is done here is done as an agent's SDK does it: `Source` is SDK, and `ClientIdentity` names the agent.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from middleware.simulator import agent, duty
from middleware.simulator.account import Account
from middleware.simulator.agent import Impossible, Words
from middleware.simulator.desk_view import desk_state, message_view
from middleware.simulator.events import Source, by_api, by_sdk
from middleware.simulator.keys import ACCOUNT, LOG
from middleware.simulator.live import follow
from middleware.simulator.nouns import ChatChannel, Media, Message, Task
from middleware.simulator.nouns_conversations import Conversation

_API = "/desk/api"


def desk_routes() -> list[web.AbstractRouteDef]:
    """The API that the desk's page uses."""
    return [
        web.get(_API + "/state", show_state),
        web.get(_API + "/live", follow),
        web.get(_API + "/wire", show_wire),
        web.post(_API + "/reset", reset),
        web.post(_API + "/activity", change_activity),
        web.post(_API + "/tasks/{task}/accept", _task_deed(agent.accept)),
        web.post(_API + "/tasks/{task}/decline", _task_deed(duty.decline)),
        web.post(_API + "/tasks/{task}/take", _task_deed(duty.take)),
        web.post(_API + "/tasks/{task}/end", _task_deed(agent.end)),
        web.post(_API + "/tasks/{task}/complete", _task_deed(agent.complete)),
        web.post(_API + "/channels/{channel}/messages", say),
        web.post(_API + "/channels/{channel}/messages/{message}", reword),
        web.delete(_API + "/channels/{channel}/messages/{message}", withdraw),
    ]


@web.middleware
async def speak_plainly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what goes wrong at the desk with `{"error": "what is wrong and what to do"}`."""
    if not request.path.startswith("/desk"):
        return await handler(request)
    try:
        return await handler(request)
    except Impossible as impossible:
        return web.json_response({"error": str(impossible)}, status=409)
    except (web.HTTPNotFound, web.HTTPBadRequest, web.HTTPMethodNotAllowed) as error:
        return web.json_response({"error": error.text or error.reason}, status=error.status)


async def show_state(request: web.Request) -> web.Response:
    """Everything an agent can see."""
    return web.json_response(desk_state(request.app[ACCOUNT]))


async def show_wire(request: web.Request) -> web.Response:
    """The wire log, oldest first; `?after=n` leaves out the entries up to number n."""
    after = request.query.get("after", "0")
    if not after.isdigit():
        raise web.HTTPBadRequest(text="after must be the number of an entry.")
    return web.json_response([entry.as_json() for entry in request.app[LOG].after(int(after))])


async def reset(request: web.Request) -> web.Response:
    """Make the account as it was at first, and forget the log."""
    request.app[LOG].clear()
    request.app[ACCOUNT].reset()
    return web.json_response(desk_state(request.app[ACCOUNT]))


async def change_activity(request: web.Request) -> web.Response:
    """Let the agent be available or away: `{"activity": its sid}`; only who is available is offered tasks."""
    account, sid = request.app[ACCOUNT], (await _json(request)).get("activity")
    if sid not in account.tables.activities:
        raise web.HTTPBadRequest(text=f"activity must be one of {', '.join(account.tables.activities)}.")
    worker = account.tables.workers[account.seed.worker_sid]
    duty.change_worker(account, replace(worker, activity_sid=sid))
    return web.json_response(desk_state(account))


async def say(request: web.Request) -> web.Response:
    """Say something as the agent, or (`from`) as a bot, or (`source`: API) as a heard REST request would."""
    account, told = request.app[ACCOUNT], await _json(request)
    channel = _channel(request)
    sender, source = told.get("from"), told.get("source", Source.SDK)
    if source not in list(Source) or not isinstance(sender, str | None):
        raise web.HTTPBadRequest(text="from must be a name, and source SDK or API.")
    by = by_api(heard=True) if source == Source.API else by_sdk(account.seed.agent_identity)
    message = agent.say(account, channel, _words(told), sender=sender, by=by)
    return web.json_response(message_view(account, message), status=201)


async def reword(request: web.Request) -> web.Response:
    """Change a message of the agent's own."""
    account, channel, message = request.app[ACCOUNT], _channel(request), _message(request)
    body = (await _json(request)).get("body")
    if not isinstance(body, str) or not body:
        raise web.HTTPBadRequest(text='Send {"body": "text"}.')
    return web.json_response(message_view(account, agent.reword(account, channel, message, body)))


async def withdraw(request: web.Request) -> web.Response:
    """Take out a message of the agent's own."""
    agent.withdraw(request.app[ACCOUNT], _channel(request), _message(request))
    return web.Response(status=204)


def _words(told: dict[str, Any]) -> Words:
    body, media = told.get("body", ""), told.get("media")
    if not isinstance(body, str) or not (body or media):
        raise web.HTTPBadRequest(text='Send {"body": "text"} or {"media": {"filename": …, "content_type": …}}.')
    if media is None:
        return Words(body)
    if not isinstance(media, dict) or not isinstance(media.get("filename"), str):
        raise web.HTTPBadRequest(text="media must be an object with filename and content_type.")
    content_type = str(media.get("content_type") or "application/octet-stream")
    return Words(body, Media(filename=media["filename"], content_type=content_type, size=1024))


def _task_deed(deed: Callable[[Account, Task], Task]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        account = request.app[ACCOUNT]
        task = account.tables.tasks.get(request.match_info["task"])
        if task is None:
            raise web.HTTPNotFound(text="There is no such task; it may be from before a reset.")
        deed(account, task)
        return web.json_response(desk_state(account))

    return handle


def _channel(request: web.Request) -> ChatChannel | Conversation:
    tables, sid = request.app[ACCOUNT].tables, request.match_info["channel"]
    channel = tables.channels.get(sid) or tables.conversations.get(sid)
    if channel is None:
        raise web.HTTPNotFound(text="There is no such channel; it may be from before a reset.")
    return channel


def _message(request: web.Request) -> Message:
    messages = request.app[ACCOUNT].tables.messages[_channel(request).sid]
    message = messages.get(request.match_info["message"])
    if message is None:
        raise web.HTTPNotFound(text="There is no such message; it may have been taken out.")
    return message


async def _json(request: web.Request) -> dict[str, Any]:
    try:
        told = await request.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise web.HTTPBadRequest(text="The body must be a JSON object.")
    return told
