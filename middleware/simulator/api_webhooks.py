"""What the webhooks of channels and those of conversations have in common: how they may be set up."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from middleware.simulator.asks import Ask, known
from middleware.simulator.nouns import Webhook, WebhookKind
from middleware.simulator.refusals import Malformed, Refusal

_MOST_TRIGGERS = 5
_LONGEST_URL = 2048


def configuration(ask: Ask, kind: WebhookKind, *, methods: type[StrEnum], events: Iterable[str]) -> dict[str, Any]:
    """The fields of a webhook that the request names. For a trigger, the filters are the words it listens for."""
    triggers = ask.many("Configuration.Triggers")
    if len(triggers or ()) > _MOST_TRIGGERS:
        raise Refusal(400, 50322, f"Too many webhook triggers: at most {_MOST_TRIGGERS}")
    url = ask.text("Configuration.Url")
    if len(url or "") > _LONGEST_URL:
        raise Refusal(400, 50332, f"Webhook URL is too long: at most {_LONGEST_URL} characters")
    method = ask.choice("Configuration.Method", methods)
    told = {
        "url": url,
        "method": method and method.upper(),
        "filters": triggers if kind is WebhookKind.TRIGGER else ask.events("Configuration.Filters", events),
        "flow_sid": ask.sid("Configuration.FlowSid", "FW"),
    }
    return known(told)


def check_way(hook: Webhook) -> None:
    """Refuse a webhook that does not say where it leads."""
    if hook.type is WebhookKind.STUDIO and not hook.flow_sid:
        raise Malformed("Missing required parameter Configuration.FlowSid in the post body")
    if hook.type is not WebhookKind.STUDIO and not hook.url:
        raise Malformed("Missing required parameter Configuration.Url in the post body")
