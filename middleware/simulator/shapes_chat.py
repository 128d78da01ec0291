"""Programmable Chat's things as the REST API writes them."""

from aiohttp import web

from middleware.simulator.account import Account
from middleware.simulator.answers import Shape, origin, rest_date
from middleware.simulator.keys import ACCOUNT
from middleware.simulator.nouns import ChatChannel, ChatService, Member, Message, User, Webhook, WebhookKind

# Roles, bindings and media settings are not simulated; the API shows them, so they are shown as they are at first.
_NOTIFICATIONS = {"log_enabled": False}
_MEDIA = {"size_limit_mb": 150, "compatibility_message": "Media messages are not supported by your client"}


def chat_shapes(request: web.Request) -> "ChatShapes":
    """The shapes as this request's client should see them."""
    return ChatShapes(request.app[ACCOUNT], origin(request))


class ChatShapes:
    """Writes things with addresses that the client can follow."""

    def __init__(self, account: Account, origin: str) -> None:
        self._account = account
        service = account.tables.service.sid
        self._here = f"{origin}/v2/Services/{service}"
        self._owner = {"account_sid": account.seed.account_sid, "service_sid": service}

    def service(self, service: ChatService) -> Shape:
        """The chat service and its settings."""
        seed = self._account.seed
        links = {name: f"{self._here}/{name.capitalize()}" for name in ("channels", "users", "roles", "bindings")}
        return {
            "sid": service.sid,
            "account_sid": seed.account_sid,
            "friendly_name": service.friendly_name,
            "date_created": rest_date(service.created),
            "date_updated": rest_date(service.updated),
            "default_service_role_sid": seed.service_role_sid,
            "default_channel_role_sid": seed.channel_role_sid,
            "default_channel_creator_role_sid": seed.channel_role_sid,
            "read_status_enabled": service.read_status_enabled,
            "reachability_enabled": service.reachability_enabled,
            "typing_indicator_timeout": service.typing_indicator_timeout,
            "consumption_report_interval": service.consumption_report_interval,
            "limits": {"channel_members": service.channel_members, "user_channels": service.user_channels},
            "pre_webhook_url": service.pre_webhook_url,
            "post_webhook_url": service.post_webhook_url,
            "webhook_method": service.webhook_method,
            "webhook_filters": list(service.webhook_filters),
            "pre_webhook_retry_count": service.pre_webhook_retry_count,
            "post_webhook_retry_count": service.post_webhook_retry_count,
            "notifications": _NOTIFICATIONS,
            "media": _MEDIA,
            "url": self._here,
            "links": links,
        }

    def channel(self, channel: ChatChannel) -> Shape:
        """A channel with its counts."""
        here = f"{self._here}/Channels/{channel.sid}"
        messages = self._account.tables.messages.get(channel.sid, {})
        links = {part.lower(): f"{here}/{part}" for part in ("Members", "Messages", "Invites", "Webhooks")}
        last = next(reversed(messages), None)
        return {
            **self._owner,
            "sid": channel.sid,
            "friendly_name": channel.friendly_name,
            "unique_name": channel.unique_name,
            "attributes": channel.attributes,
            "type": channel.type,
            "date_created": rest_date(channel.created),
            "date_updated": rest_date(channel.updated),
            "created_by": channel.created_by,
            "members_count": len(self._account.tables.members.get(channel.sid, ())),
            "messages_count": len(messages),
            "url": here,
            "links": {**links, "last_message": last and f"{here}/Messages/{last}"},
        }

    def message(self, message: Message) -> Shape:
        """A message; `media` tells of its file."""
        media = message.media
        return {
            **self._owner,
            "sid": message.sid,
            "to": message.channel_sid,
            "channel_sid": message.channel_sid,
            "attributes": message.attributes,
            "date_created": rest_date(message.created),
            "date_updated": rest_date(message.updated),
            "last_updated_by": message.last_updated_by,
            "was_edited": message.was_edited,
            "from": message.sender,
            "body": message.body,
            "index": message.index,
            "type": "media" if media else "text",
            "media": media
            and {
                "sid": media.sid,
                "size": media.size,
                "content_type": media.content_type,
                "filename": media.filename,
            },
            "url": f"{self._here}/Channels/{message.channel_sid}/Messages/{message.sid}",
        }

    def member(self, member: Member) -> Shape:
        """A member and how far they have read."""
        return {
            **self._owner,
            "sid": member.sid,
            "channel_sid": member.channel_sid,
            "identity": member.identity,
            "role_sid": member.role_sid,
            "attributes": member.attributes,
            "last_consumed_message_index": member.last_consumed_message_index,
            "last_consumption_timestamp": rest_date(member.last_consumption_timestamp),
            "date_created": rest_date(member.created),
            "date_updated": rest_date(member.updated),
            "url": f"{self._here}/Channels/{member.channel_sid}/Members/{member.sid}",
        }

    def webhook(self, webhook: Webhook) -> Shape:
        """A channel's webhook; Studio's own shows its flow and nothing else."""
        configuration: Shape = {
            "url": webhook.url,
            "method": webhook.method,
            "filters": list(webhook.filters),
            "retry_count": webhook.retry_count,
        }
        if webhook.type is WebhookKind.STUDIO:
            configuration = {"flow_sid": webhook.flow_sid}
        return {
            **self._owner,
            "sid": webhook.sid,
            "channel_sid": webhook.channel_sid,
            "type": webhook.type,
            "configuration": configuration,
            "date_created": rest_date(webhook.created),
            "date_updated": rest_date(webhook.updated),
            "url": f"{self._here}/Channels/{webhook.channel_sid}/Webhooks/{webhook.sid}",
        }

    def user(self, user: User) -> Shape:
        """A user. Nobody relayed over REST is ever online."""
        here = f"{self._here}/Users/{user.sid}"
        joined = sum(
            any(member.identity == user.identity for member in members.values())
            for members in self._account.tables.members.values()
        )
        return {
            **self._owner,
            "sid": user.sid,
            "identity": user.identity,
            "friendly_name": user.friendly_name,
            "attributes": user.attributes,
            "role_sid": user.role_sid,
            "is_online": None,
            "is_notifiable": None,
            "joined_channels_count": joined,
            "date_created": rest_date(user.created),
            "date_updated": rest_date(user.updated),
            "links": {"user_channels": f"{here}/Channels", "user_bindings": f"{here}/Bindings"},
            "url": here,
        }
