"""Which back end, and which way: as the settings say."""

from typing import assert_never

from twilio.rest import Client

from middleware.flex.conversation_opening import Interactions, Studio, Way, WebChats
from middleware.flex.conversations import Conversations, Service
from middleware.flex.programmable_chat import FlexFlow, ProgrammableChat
from middleware.flex.rest import Credentials, Transport, twilio_client
from middleware.flex.webchat import ApiKey, WebchatDoor
from middleware.flex.webhook import Verifier
from middleware.relay.ports import Flex
from middleware.settings import Backend, BadSettings, Settings


def back_end(settings: Settings, transport: Transport) -> Flex:
    """The back end these settings describe, calling Twilio through this transport."""
    tokens = [
        token.get_secret_value() for token in (settings.twilio_auth_token, settings.twilio_auth_token_next) if token
    ]
    client = _client(settings, transport)
    verifier = Verifier(auth_tokens=tokens, account_sid=settings.twilio_account_sid, public_url=settings.public_url)
    match settings.backend:
        case Backend.PROGRAMMABLE_CHAT:
            return ProgrammableChat(client, flow=_flex_flow(settings), verifier=verifier)
        case Backend.CONVERSATIONS:
            return Conversations(client, way=_way(settings, client), service=_service(settings), verifier=verifier)
        case _:
            assert_never(settings.backend)


def webchat_door(settings: Settings, transport: Transport) -> WebchatDoor | None:
    """The door for Webchat React Apps, if the settings hold an API key."""
    sid, secret, address = settings.twilio_api_key_sid, settings.twilio_api_key_secret, settings.flex_address_sid
    if sid is None or secret is None or address is None:
        return None
    key = ApiKey(settings.twilio_account_sid, sid, secret.get_secret_value())
    way = WebChats(_client(settings, transport), address_sid=address)
    return WebchatDoor(way, key=key, service_sid=settings.flex_chat_service_sid)


def _client(settings: Settings, transport: Transport) -> Client:
    token = settings.twilio_auth_token.get_secret_value()
    return twilio_client(Credentials(settings.twilio_account_sid, token, api_url=settings.twilio_api_url), transport)


def _flex_flow(settings: Settings) -> FlexFlow:
    if settings.flex_flow_sid is None:
        raise BadSettings("FLEX_FLOW_SID is missing.")
    return FlexFlow(
        flow_sid=settings.flex_flow_sid,
        service_sid=settings.flex_chat_service_sid,
        workspace_sid=settings.flex_workspace_sid,
        public_url=settings.public_url,
    )


def _service(settings: Settings) -> Service:
    return Service(
        service_sid=settings.flex_chat_service_sid,
        workspace_sid=settings.flex_workspace_sid,
        public_url=settings.public_url,
        welcome=settings.welcome_text,
    )


def _way(settings: Settings, client: Client) -> Way:
    """The settings name exactly one; that was checked when they were read."""
    service, workspace = settings.flex_chat_service_sid, settings.flex_workspace_sid
    if settings.flex_address_sid is not None:
        return WebChats(client, address_sid=settings.flex_address_sid)
    if settings.flex_workflow_sid is not None:
        workflow = settings.flex_workflow_sid
        return Interactions(client, service_sid=service, workspace_sid=workspace, workflow_sid=workflow)
    if settings.flex_studio_flow_sid is not None:
        return Studio(client, service_sid=service, studio_flow_sid=settings.flex_studio_flow_sid)
    raise BadSettings("One of FLEX_ADDRESS_SID, FLEX_WORKFLOW_SID and FLEX_STUDIO_FLOW_SID is needed.")
