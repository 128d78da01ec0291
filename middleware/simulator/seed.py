"""What an account contains before anybody has touched it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seed:
    """An account that is ready to use: credentials, one flow, one address, one chat service, one workspace, one agent.

    The chat service is the default one of Conversations too. The address sends its chats to the same Studio flow.
    The defaults are well-formed, fixed, and secret to nobody: they are for a machine of one's own.
    """

    account_sid: str = "AC" + "51" * 16
    auth_token: str = "70" * 16
    api_key_sid: str = "SK" + "52" * 16
    api_key_secret: str = "simulated-api-key-secret"  # noqa: S105 - opens nothing but the simulator
    flow_sid: str = "FO" + "53" * 16
    chat_service_sid: str = "IS" + "54" * 16
    studio_flow_sid: str = "FW" + "55" * 16
    workspace_sid: str = "WS" + "56" * 16
    workflow_sid: str = "WW" + "57" * 16
    task_queue_sid: str = "WQ" + "58" * 16
    task_channel_sid: str = "TC" + "59" * 16
    worker_sid: str = "WK" + "5a" * 16
    available_activity_sid: str = "WA" + "5b" * 16
    offline_activity_sid: str = "WA" + "5c" * 16
    service_role_sid: str = "RL" + "5d" * 16
    channel_role_sid: str = "RL" + "5e" * 16
    address_sid: str = "IG" + "5f" * 16
    agent_identity: str = "alex"
    agent_name: str = "Alex Rivera"

    def opens(self, user: str, password: str) -> bool:
        """Whether these credentials are the account's own, or those of its API key."""
        return (user, password) in ((self.account_sid, self.auth_token), (self.api_key_sid, self.api_key_secret))
