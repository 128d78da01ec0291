"""Hands at the agents' desk, and eyes on what has arrived at Flex: the same whatever the house is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.flex.twilio import Twilio
from tests.waiting import until


@dataclass(slots=True)
class Desk:
    """The desk of this pretend Twilio."""

    twilio: Twilio

    async def task(self, *status: str, name: str = "") -> Any:
        """The newest task of this status (else: that waits) at the desk, of the visitor with this name."""
        wanted = status or ("reserved",)

        async def find() -> Any:
            tasks = (await self.twilio.state())["tasks"]
            return [task for task in tasks if task["status"] in wanted and name in _name(task)][-1:]

        return (await until(find, what=f"a task that is {wanted}"))[0]

    async def accepted(self, *, name: str = "") -> str:
        """Accept the visitor's task; the channel's sid."""
        task = await self.task(name=name)
        await self.twilio.desk(f"tasks/{task['sid']}/accept")
        return str(task["channel_sid"])

    async def agent_says(self, channel: str, body: str, **more: object) -> None:
        """The agent types."""
        await self.twilio.desk(f"channels/{channel}/messages", {"body": body, **more})

    async def befall(self, *rules: Mapping[str, object]) -> None:
        """From now on these faults strike; none: no more."""
        plan = {"rules": list(rules), "seed": 1}
        async with self.twilio.http.put(f"{self.twilio.url}/desk/api/mischief", json=plan) as answer:
            assert answer.ok, await answer.text()

    async def at_flex(self, channel: str) -> list[str]:
        """The texts in a channel, in order."""
        return [message["body"] for message in (await self.twilio.state())["channels"][channel]["messages"]]

    async def arrives(self, channel: str, *texts: str, in_order: bool = True) -> None:
        """Wait until exactly these texts are in the channel, none twice; `in_order`: as they are named here."""
        wanted = list(texts) if in_order else sorted(texts)

        async def there() -> bool:
            found = await self.at_flex(channel)
            return (found if in_order else sorted(found)) == wanted

        await until(there, what=f"{texts} at Flex")


def _name(task: Any) -> str:
    return f"{task['name']} {task['attributes'].get('customerName')}"
