"""Twilio's own client, unmodified but for the address, cannot tell the difference."""

import json

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.simulator.house import House


async def test_a_visitor_is_brought_to_an_agent(house: House, twilio_client: Client) -> None:
    """The recipe every integration uses: channel, webhooks, first message; then there is a task."""
    seed = house.seed
    opened = await twilio_client.flex_api.v1.channel.create_async(
        flex_flow_sid=seed.flow_sid,
        identity="vera",
        chat_user_friendly_name="Vera",
        chat_friendly_name="Chat with Vera",
        target="vera-1",
    )
    channel = twilio_client.chat.v2.services(seed.chat_service_sid).channels(str(opened.sid))
    hook = await channel.webhooks.create_async(
        type="webhook",
        configuration_url=house.receiver.address + "/new-message",
        configuration_method="POST",
        configuration_filters=["onMessageSent", "onMediaMessageSent"],
        configuration_retry_count=3,
    )
    message = await channel.messages.create_async(x_twilio_webhook_enabled="true", from_="vera", body="Hello?")
    workspace = twilio_client.taskrouter.v1.workspaces(seed.workspace_sid)
    tasks = await workspace.tasks.list_async(evaluate_task_attributes=f'channelSid == "{opened.sid}"')
    attributes = json.loads(str((await channel.fetch_async()).attributes))

    assert message.index == 0
    assert ["reserved"] == [task.assignment_status for task in tasks]
    assert {
        "from": "vera-1",
        "channel_type": "custom",
        "status": "ACTIVE",
        "long_lived": False,
        "task_sid": tasks[0].sid,
    } == attributes
    assert {"url": house.receiver.address + "/new-message", "method": "POST"}.items() <= hook.configuration.items()
    assert ["onMessageSent"] == await house.receiver.events(1)


async def test_a_long_list_comes_in_pages(house: House, twilio_client: Client) -> None:
    """The client follows `next_page_url`, so that address has to lead back here."""
    channel = await house.open_channel()
    for number in range(7):
        await house.say(channel, f"line {number}", heard=False)
    messages = twilio_client.chat.v2.services(house.seed.chat_service_sid).channels(channel).messages

    newest_first = await messages.list_async(order="desc", page_size=3)

    assert [6, 5, 4, 3, 2, 1, 0] == [message.index for message in newest_first]


async def test_a_refusal_arrives_with_its_code(house: House, twilio_client: Client) -> None:
    """Callers tell errors apart by Twilio's code, not by words."""
    with pytest.raises(TwilioRestException) as refused:
        await twilio_client.chat.v2.services(house.seed.chat_service_sid).channels("CH" + "0" * 32).fetch_async()

    assert (404, 20404) == (refused.value.status, refused.value.code)


async def test_an_agent_is_found_by_their_chat_identity(house: House, twilio_client: Client) -> None:
    """A webhook names the agent by identity only; the full name is in the worker's attributes."""
    workers = await twilio_client.taskrouter.v1.workspaces(house.seed.workspace_sid).workers.list_async(
        target_workers_expression=f'contact_uri == "client:{house.seed.agent_identity}"', limit=1
    )

    assert [house.seed.agent_name] == [json.loads(str(worker.attributes))["full_name"] for worker in workers]


async def test_a_webchat_is_brought_to_an_agent_and_ended(house: House, twilio_client: Client) -> None:
    """Today's recipe: webchat, webhooks, first message; then there is an Interaction, and the visitor ends it."""
    seed = house.seed
    opened = await twilio_client.flex_api.v2.web_channels.create_async(
        address_sid=seed.address_sid,
        identity="vera",
        customer_friendly_name="Vera",
        pre_engagement_data=json.dumps({"friendlyName": "Vera"}),
    )
    service = twilio_client.conversations.v1.services(seed.chat_service_sid)
    conversation = service.conversations(str(opened.conversation_sid))
    hook = await conversation.webhooks.create_async(
        target="webhook",
        configuration_url=house.receiver.address + "/new-message",
        configuration_method="post",
        configuration_filters=["onMessageAdded", "onConversationStateUpdated"],
    )
    message = await conversation.messages.create_async(x_twilio_webhook_enabled="true", author="vera", body="Hello?")
    tasks = await twilio_client.taskrouter.v1.workspaces(seed.workspace_sid).tasks.list_async(
        evaluate_task_attributes=f'conversationSid == "{opened.conversation_sid}"'
    )
    told = json.loads(str(tasks[0].attributes))
    channel = twilio_client.flex_api.v1.interaction(told["flexInteractionSid"]).channels(
        told["flexInteractionChannelSid"]
    )
    closed = await channel.update_async(status="closed", routing={"status": "closed"})

    assert (0, "webhook", "closed") == (message.index, hook.target, closed.status)
    assert "closed" == (await conversation.fetch_async()).state
    assert ["onMessageAdded", "onConversationStateUpdated"] == await house.receiver.events(2)


async def test_an_interaction_is_begun_about_a_conversation(house: House, twilio_client: Client) -> None:
    """The other recipe, where a conversation of one's own is handed to the agents."""
    seed = house.seed
    conversations = twilio_client.conversations.v1.services(seed.chat_service_sid).conversations
    made = await conversations.create_async(unique_name="chat-1", timers_closed="P3D")
    await conversations("chat-1").participants.create_async(identity="vera")
    begun = await twilio_client.flex_api.v1.interaction.create_async(
        channel={"type": "web", "initiated_by": "Customer", "properties": {"media_channel_sid": made.sid}},
        routing={
            "type": "TaskRouter",
            "properties": {
                "workspace_sid": seed.workspace_sid,
                "workflow_sid": seed.workflow_sid,
                "attributes": {"channelType": "web", "from": "Vera"},
            },
        },
    )
    places = await twilio_client.conversations.v1.participant_conversations.list_async(identity="vera")
    addresses = await twilio_client.conversations.v1.address_configurations.list_async(type="chat")

    assert begun.routing["properties"]["sid"] == (await house.desk("GET", "state")).json["tasks"][0]["sid"]
    assert [made.sid] == [place.conversation_sid for place in places]
    assert [seed.address_sid] == [address.sid for address in addresses]


async def test_a_long_conversation_comes_in_pages(house: House, twilio_client: Client) -> None:
    """The client follows `next_page_url` here too."""
    made = await twilio_client.conversations.v1.conversations.create_async()
    messages = twilio_client.conversations.v1.conversations(str(made.sid)).messages
    for number in range(7):
        await messages.create_async(author="vera", body=f"line {number}")

    newest_first = await messages.list_async(order="desc", page_size=3)

    assert [6, 5, 4, 3, 2, 1, 0] == [message.index for message in newest_first]
