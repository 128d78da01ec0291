"""A running simulator and everything a test does with it, over real HTTP."""

import base64
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession, web

from middleware.simulator import COURIER, LOG, Seed
from tests.simulator.receiver import Receiver

HEARD = {"X-Twilio-Webhook-Enabled": "true"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    json: Any
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class House:
    """The simulator at `address`, a client for it, and a receiver for its webhooks."""

    app: web.Application
    address: str
    seed: Seed
    http: ClientSession
    receiver: Receiver

    @property
    def service(self) -> str:
        """The path of the chat service."""
        return f"/v2/Services/{self.seed.chat_service_sid}"

    @property
    def workspace(self) -> str:
        """The path of the workspace."""
        return f"/v1/Workspaces/{self.seed.workspace_sid}"

    async def rest(self, method: str, path: str, *, headers: dict[str, str] | None = None, **form: Any) -> Answer:
        """One REST request with the account's credentials; `__` in a name stands for a dot, a list for repetition."""
        pairs = [
            (name.replace("__", "."), str(each))
            for name, value in form.items()
            for each in (value if isinstance(value, list) else [value])
        ]
        sent = {"params": pairs} if method == "GET" else {"data": pairs}
        told = base64.b64encode(f"{self.seed.account_sid}:{self.seed.auth_token}".encode()).decode()
        return await self.ask(method, path, headers={"Authorization": f"Basic {told}", **(headers or {})}, **sent)

    async def desk(self, method: str, path: str, told: Any = None) -> Answer:
        """One request to the desk's API."""
        return await self.ask(method, f"/desk/api/{path}", headers={}, json=told)

    async def open_channel(self, **changes: Any) -> str:
        """The sid of a channel of the seeded flow; every call with its own target unless told otherwise."""
        form = {
            "FlexFlowSid": self.seed.flow_sid,
            "Identity": "vera",
            "ChatUserFriendlyName": "Vera",
            "ChatFriendlyName": "Chat with Vera",
            **changes,
        }
        answer = await self.rest("POST", "/v1/Channels", **form)
        assert answer.status == 201, answer
        return str(answer.json["sid"])

    async def hang(self, channel: str, *filters: str, path: str = "/hook", **changes: Any) -> str:
        """The sid of a webhook that brings these events of a channel to the receiver."""
        form = {"Type": "webhook", "Configuration__Url": self.receiver.address + path, **changes}
        if filters:
            form["Configuration__Filters"] = list(filters)
        answer = await self.rest("POST", f"{self.service}/Channels/{channel}/Webhooks", **form)
        assert answer.status == 201, answer
        return str(answer.json["sid"])

    async def say(self, channel: str, body: str = "hello", *, heard: bool = True, **changes: Any) -> Answer:
        """The customer's words, as a REST client posts them."""
        path = f"{self.service}/Channels/{channel}/Messages"
        return await self.rest("POST", path, headers=HEARD if heard else None, From="vera", Body=body, **changes)

    async def task_of(self, channel: str) -> Any:
        """The channel's task, or None."""
        expression = f'channelSid == "{channel}"'
        found = await self.rest("GET", f"{self.workspace}/Tasks", EvaluateTaskAttributes=expression)
        return found.json["tasks"][0] if found.json["tasks"] else None

    async def accepted(self, **changes: Any) -> tuple[str, str]:
        """A channel with a hook for everything, whose task the agent has accepted: (channel, task)."""
        channel = await self.open_channel(**changes)
        await self.say(channel)
        task = await self.task_of(channel)
        await self.hang(channel, *EVERYTHING)
        assert (await self.desk("POST", f"tasks/{task['sid']}/accept")).status == 200
        return channel, task["sid"]

    async def delivered(self) -> list[str]:
        """The types of all events delivered, once nothing is under way."""
        await self.app[COURIER].idle()
        return [each.fields["EventType"] for each in self.receiver.deliveries]

    @property
    def log(self) -> list[dict[str, Any]]:
        """The whole wire log."""
        return [entry.as_json() for entry in self.app[LOG].after(0)]

    async def ask(self, method: str, path: str, **sent: Any) -> Answer:
        """One request, exactly as told."""
        async with self.http.request(method, self.address + path, allow_redirects=False, **sent) as answer:
            is_json = answer.content_type == "application/json"
            return Answer(answer.status, await answer.json() if is_json else None, dict(answer.headers))


EVERYTHING = [
    "onMessageSent",
    "onMediaMessageSent",
    "onMessageUpdated",
    "onMessageRemoved",
    "onChannelUpdated",
    "onChannelDestroyed",
    "onMemberAdded",
    "onMemberUpdated",
    "onMemberRemoved",
]
