"""What tests do with conversations, over real HTTP."""

from typing import Any

from tests.simulator.house import HEARD, Answer, House
from tests.simulator.receiver import Delivery

EVERYTHING = [
    "onMessageAdded",
    "onMessageUpdated",
    "onMessageRemoved",
    "onConversationUpdated",
    "onConversationRemoved",
    "onConversationStateUpdated",
    "onParticipantAdded",
    "onParticipantUpdated",
    "onParticipantRemoved",
]


async def make(house: House, **changes: Any) -> str:
    """The sid of a conversation with vera in it."""
    made = await house.rest("POST", "/v1/Conversations", **{"FriendlyName": "Chat with Vera", **changes})
    assert made.status == 201, made
    await house.rest("POST", f"/v1/Conversations/{made.json['sid']}/Participants", Identity="vera")
    return str(made.json["sid"])


async def webchat(house: House, **changes: Any) -> Answer:
    """A webchat at the seeded address."""
    form = {"AddressSid": house.seed.address_sid, "CustomerFriendlyName": "Vera", "Identity": "vera", **changes}
    return await house.rest("POST", "/v2/WebChats", **form)


async def hang(house: House, talk: str, *filters: str, path: str = "/hook", **changes: Any) -> Answer:
    """A webhook that brings these events of a conversation to the receiver."""
    form = {"Target": "webhook", "Configuration__Url": house.receiver.address + path, **changes}
    if filters:
        form["Configuration__Filters"] = list(filters)
    return await house.rest("POST", f"/v1/Conversations/{talk}/Webhooks", **form)


async def say(house: House, talk: str, body: str = "hello", *, heard: bool = True, **changes: Any) -> Answer:
    """The customer's words, as a REST client posts them."""
    headers = HEARD if heard else None
    form = {"Author": "vera", "Body": body, **changes}
    return await house.rest("POST", f"/v1/Conversations/{talk}/Messages", headers=headers, **form)


async def task_of(house: House, talk: str) -> Any:
    """The conversation's task, or None."""
    expression = f'conversationSid == "{talk}"'
    found = await house.rest("GET", f"{house.workspace}/Tasks", EvaluateTaskAttributes=expression)
    return found.json["tasks"][0] if found.json["tasks"] else None


async def accepted(house: House, **changes: Any) -> tuple[str, str]:
    """A webchat with a hook for everything, whose task the agent has accepted: (conversation, task)."""
    talk = str((await webchat(house, **changes)).json["conversation_sid"])
    await say(house, talk)
    await hang(house, talk, *EVERYTHING)
    task = str((await task_of(house, talk))["sid"])
    assert (await house.desk("POST", f"tasks/{task}/accept")).status == 200
    return talk, task


async def event(house: House, name: str) -> Delivery:
    """The first delivery of this event."""
    arrived = await house.receiver.until(lambda all_: any(each.fields["EventType"] == name for each in all_))
    return next(each for each in arrived if each.fields["EventType"] == name)
