"""Who an agent is: TaskRouter knows the worker behind a chat identity."""

from typing import Any

from twilio.rest import Client

from middleware.flex.chat_events import parsed


async def worker_name(client: Client, *, workspace_sid: str, agent: str) -> str | None:
    """The full name of the worker with this chat identity, None if there is none."""
    quoted = agent.replace("\\", "\\\\").replace('"', '\\"')
    workers: list[Any] = await client.taskrouter.v1.workspaces(workspace_sid).workers.list_async(
        target_workers_expression=f'contact_uri == "client:{quoted}"', limit=1
    )
    if not workers:
        return None
    name = parsed(workers[0].attributes).get("full_name") or workers[0].friendly_name
    return str(name) if name else None
