"""The desk lets an agent do their work, and says plainly what cannot be done."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator import talks
from tests.simulator.house import HEARD, Answer, House


async def state(house: House) -> dict[str, Any]:
    found: dict[str, Any] = (await house.desk("GET", "state")).json
    return found


async def deed(house: House, task: str, what: str) -> Answer:
    return await house.desk("POST", f"tasks/{task}/{what}")


async def statuses(house: House) -> tuple[str, str, bool]:
    """Of the only task, of the only channel, and whether the agent is inside."""
    now = await state(house)
    (channel,) = now["channels"].values()
    return now["tasks"][0]["status"], channel["status"], channel["agent_inside"]


async def test_a_chat_from_first_word_to_last(house: House) -> None:
    """The whole life of a task, as the desk shows it."""
    channel = await house.open_channel(Target="Vera 17")
    await house.say(channel, "Hello?")
    task = (await state(house))["tasks"][0]
    assert ("reserved", channel, "Vera 17") == (task["status"], task["channel_sid"], task["name"])

    assert 200 == (await deed(house, task["sid"], "accept")).status
    assert ("assigned", "ACTIVE", True) == await statuses(house)
    said = await house.desk("POST", f"channels/{channel}/messages", {"body": "Hi, how can I help?"})
    assert (201, 1, "agent") == (said.status, said.json["index"], said.json["kind"])
    assert 200 == (await deed(house, task["sid"], "end")).status
    assert ("wrapping", "INACTIVE", False) == await statuses(house)
    assert 200 == (await deed(house, task["sid"], "complete")).status
    assert ("completed", "INACTIVE", False) == await statuses(house)


async def test_completing_ends_the_chat_first(house: House) -> None:
    """An agent in a hurry leaves no visitor waiting."""
    _, task = await house.accepted()
    await deed(house, task, "complete")

    assert ("completed", "INACTIVE", False) == await statuses(house)
    assert ["onMemberAdded", "onChannelUpdated", "onMemberRemoved"] == await house.delivered()


async def test_after_the_visitor_has_ended_the_agent_completes(house: House) -> None:
    """The agent is still inside then, and leaves with the task."""
    channel, task = await house.accepted()
    await house.rest("POST", f"{house.service}/Channels/{channel}", Attributes='{"status":"INACTIVE"}')
    path = f"{house.workspace}/Tasks/{task}"
    await house.rest("POST", path, AssignmentStatus="wrapping", Reason="visitor left")
    assert ("wrapping", "INACTIVE", True) == await statuses(house)

    assert 200 == (await deed(house, task, "complete")).status
    assert ("completed", "INACTIVE", False) == await statuses(house)


async def test_who_came_and_went_is_told_with_the_chat(house: House) -> None:
    """The desk shows it between the messages; the end is told once, however often it is written."""
    channel, task = await house.accepted()
    await deed(house, task, "end")
    await house.rest("POST", f"{house.service}/Channels/{channel}", Attributes='{"status":"INACTIVE"}', headers=HEARD)

    moments = (await state(house))["channels"][channel]["moments"]
    assert [("joined", "alex"), ("ended", "alex"), ("left", "alex")] == [(one["kind"], one["who"]) for one in moments]


async def test_who_came_and_went_is_told_of_conversations_too(house: House) -> None:
    """The same words, though Flex itself lets the agent in and closes."""
    talk, task = await talks.accepted(house)
    await deed(house, task, "end")

    seen = (await state(house))["channels"][talk]
    assert ("Conversations", 1) == (seen["service"], seen["next_index"])
    assert ["joined", "left", "ended"] == [one["kind"] for one in seen["moments"]]


async def test_what_the_page_knew_of_the_visitor_comes_with_the_task(house: House) -> None:
    """In both back ends, and by any of the ways that a chat comes to Flex."""
    told = {"page": "https://shop.example/cart", "items": 2}
    channel = await house.open_channel(PreEngagementData=json.dumps(told))
    await house.say(channel)
    talk = (await talks.webchat(house, PreEngagementData=json.dumps(told))).json["conversation_sid"]
    await talks.say(house, talk)

    shown = [task["context"] for task in (await state(house))["tasks"]]
    assert [{"page": "https://shop.example/cart", "items": "2"}] * 2 == shown


async def test_pre_engagement_data_that_is_no_object_is_left_out(house: House) -> None:
    """Whatever a client wrote there, the desk shows the task."""
    channel = await house.open_channel(PreEngagementData="just words")
    await house.say(channel)

    assert {} == (await state(house))["tasks"][0]["context"]


async def test_a_declined_task_waits_in_the_queue_until_it_is_taken(house: House) -> None:
    """TaskRouter does not offer it to the same agent again; a supervisor can still give it to them."""
    channel = await house.open_channel()
    await house.say(channel)
    task = (await house.task_of(channel))["sid"]

    assert 200 == (await deed(house, task, "decline")).status
    assert "pending" == (await state(house))["tasks"][0]["status"]
    assert 409 == (await deed(house, task, "decline")).status
    assert 409 == (await deed(house, task, "accept")).status
    assert 200 == (await deed(house, task, "take")).status
    assert ("assigned", "ACTIVE", True) == await statuses(house)
    assert 409 == (await deed(house, task, "take")).status


async def test_an_agent_who_is_away_is_offered_nothing(house: House) -> None:
    """Until they are back: then what has waited is offered at once."""
    here, away = house.seed.available_activity_sid, house.seed.offline_activity_sid
    assert not (await house.desk("POST", "activity", {"activity": away})).json["agent"]["available"]
    await house.say(await house.open_channel())
    assert "pending" == (await state(house))["tasks"][0]["status"]

    assert (await house.desk("POST", "activity", {"activity": here})).json["agent"]["available"]
    assert "reserved" == (await state(house))["tasks"][0]["status"]
    refused = await house.desk("POST", "activity", {"activity": "WA0"})
    assert (400, True) == (refused.status, here in refused.json["error"])


async def test_every_author_has_a_kind(house: House) -> None:
    """The page shows them differently."""
    channel, _ = await house.accepted(Identity="vera")
    at = f"channels/{channel}/messages"
    await house.desk("POST", at, {"body": "agent"})
    await house.desk("POST", at, {"body": "bot", "from": "helper", "source": "API"})
    await house.rest("POST", f"{house.service}/Channels/{channel}/Messages", Body="system")
    await house.desk("POST", at, {"media": {"filename": "a.pdf", "content_type": "application/pdf"}})

    messages = (await state(house))["channels"][channel]["messages"]
    assert ["customer", "agent", "bot", "system", "agent"] == [message["kind"] for message in messages]
    assert {"filename": "a.pdf", "content_type": "application/pdf"} == messages[-1]["media"]


async def test_a_bots_words_are_heard_with_the_source_asked_for(house: House) -> None:
    """A receiver that drops everything from the API loses the bots."""
    channel, _ = await house.accepted()
    for source in ("API", "SDK"):
        told = {"body": source, "from": "helper", "source": source}
        await house.desk("POST", f"channels/{channel}/messages", told)
    await house.delivered()

    sent = [each.fields for each in house.receiver.deliveries if each.fields["EventType"] == "onMessageSent"]
    assert [("helper", "API", None), ("helper", "SDK", "helper")] == [
        (each["From"], each["Source"], each.get("ClientIdentity")) for each in sent
    ]


@pytest.mark.parametrize("kind", ["channel", "conversation"])
async def test_an_agent_rewords_and_takes_out_what_they_said(house: House, kind: str) -> None:
    """By the SDK, so every webhook tells of it; the place of what was taken out stays empty."""
    place, _ = await (house.accepted() if kind == "channel" else talks.accepted(house))
    said = (await house.desk("POST", f"channels/{place}/messages", {"body": "Helo"})).json
    at = f"channels/{place}/messages/{said['sid']}"
    reworded = await house.desk("POST", at, {"body": "Hello"})
    assert (200, "Hello", True, said["index"]) == (
        reworded.status,
        *(reworded.json[name] for name in ("body", "edited", "index")),
    )
    assert 204 == (await house.desk("DELETE", at)).status
    gone = [(await house.desk("DELETE", at)).status, (await house.desk("POST", at, {"body": "x"})).status]
    assert [404, 404] == gone
    after = (await house.desk("POST", f"channels/{place}/messages", {"body": "after"})).json
    assert (said["index"] + 1, False) == (after["index"], after["edited"])
    await house.delivered()
    told = [each.fields for each in house.receiver.deliveries if each.fields.get("MessageSid") == said["sid"]]
    assert [("Helo", "SDK"), ("Hello", "SDK"), ("Hello", "SDK")] == [(each["Body"], each["Source"]) for each in told]
    assert ["onMessageUpdated", "onMessageRemoved"] == [each["EventType"] for each in told[1:]]


async def test_an_agent_changes_nobody_elses_words(house: House) -> None:
    """Nor anything once the chat is over; and an empty text is no text."""
    channel, task = await house.accepted()
    mine = (await house.desk("POST", f"channels/{channel}/messages", {"body": "mine"})).json["sid"]
    theirs = (await state(house))["channels"][channel]["messages"][0]["sid"]
    statuses = [
        (await house.desk("POST", f"channels/{channel}/messages/{theirs}", {"body": "x"})).status,
        (await house.desk("DELETE", f"channels/{channel}/messages/{theirs}")).status,
        (await house.desk("POST", f"channels/{channel}/messages/{mine}", {"body": ""})).status,
    ]
    assert [409, 409, 400] == statuses
    await deed(house, task, "end")
    assert 409 == (await house.desk("DELETE", f"channels/{channel}/messages/{mine}")).status


async def test_what_cannot_be_done_is_said(house: House) -> None:
    """409, and a sentence that helps."""
    channel = await house.open_channel()
    await house.say(channel)
    task = (await house.task_of(channel))["sid"]

    assert 409 == (await deed(house, task, "end")).status
    assert 409 == (await deed(house, task, "complete")).status
    assert 200 == (await deed(house, task, "accept")).status
    assert 409 == (await deed(house, task, "accept")).status
    assert 200 == (await deed(house, task, "end")).status
    again = await deed(house, task, "end")
    assert (409, True) == (again.status, "ended already" in again.json["error"])
    late = await house.desk("POST", f"channels/{channel}/messages", {"body": "late"})
    assert (409, True) == (late.status, "INACTIVE" in late.json["error"])


@pytest.mark.parametrize("told", [None, [], {}, {"body": 7}, {"media": "x"}, {"body": "x", "source": "TV"}])
async def test_nonsense_is_refused(house: House, told: object) -> None:
    """400, and what to send instead."""
    channel = await house.open_channel()
    refused = await house.desk("POST", f"channels/{channel}/messages", told)

    assert 400 == refused.status
    assert refused.json["error"]


@pytest.mark.parametrize("path", ["tasks/WT0/accept", "channels/CH0/messages"])
async def test_what_is_not_there_is_not_found(house: House, path: str) -> None:
    """A page that was open before a reset asks for such things."""
    refused = await house.desk("POST", path, {"body": "x"})

    assert (404, True) == (refused.status, bool(refused.json["error"]))


async def test_the_wire_log_shows_both_directions(house: House) -> None:
    """What a person learns Twilio from."""
    channel, _ = await house.accepted(Target="t")
    await house.delivered()
    entries = (await house.desk("GET", "wire")).json

    assert [*range(1, len(entries) + 1)] == [entry["n"] for entry in entries]
    opening, hooked = entries[0], entries[-1]
    assert ("rest", "POST", "/v1/Channels", 201) == tuple(opening[n] for n in ("kind", "method", "path", "status"))
    assert ("t", channel) == (opening["params"]["Target"], opening["response"]["sid"])
    assert ("webhook", "onMemberAdded", 200) == (hooked["kind"], hooked["fields"]["EventType"], hooked["status"])
    assert [hooked] == (await house.desk("GET", f"wire?after={hooked['n'] - 1}")).json


async def test_the_wire_log_shows_a_webhook_as_it_went(house: House) -> None:
    """Signature and token are what a receiver has to check; the answer is what it said."""
    await house.accepted()
    await house.delivered()
    entry, delivery = house.log[-1], house.receiver.deliveries[-1]

    for name in ("X-Twilio-Signature", "I-Twilio-Idempotency-Token"):
        assert delivery.headers[name] == entry["headers"][name]
    assert entry["headers"]["I-Twilio-Idempotency-Token"] == entry["token"]
    assert "" == entry["response"]


async def test_the_wire_log_shows_how_long_to_wait(house: House) -> None:
    """Of the answer's headers, `Retry-After` is the one a client has to obey."""
    await house.desk("PUT", "mischief", {"rules": [{"fault": "too_many", "retry_after": 3, "count": 1}]})
    await house.rest("GET", "/v1/FlexFlows")

    assert "3" == house.log[-1]["answered"]["Retry-After"]


async def test_a_reset_empties_the_account(house: House) -> None:
    """The next test, or the next visitor to the demo, begins anew."""
    channel, _ = await house.accepted(Target="t")
    await house.delivered()

    assert 200 == (await house.desk("POST", "reset")).status
    empty = await state(house)
    assert ([], {}) == (empty["tasks"], empty["channels"])
    assert [] == (await house.desk("GET", "wire")).json
    assert channel != await house.open_channel(Target="t")


async def test_without_files_the_desk_says_so(house: House) -> None:
    """The API works without the page."""
    refused = await house.ask("GET", "/desk/", headers={})

    assert (404, True) == (refused.status, "/desk/api/" in refused.json["error"])


class TestWithFiles:
    @pytest.fixture
    def desk_files(self, tmp_path: Path) -> Path:
        (tmp_path / "index.html").write_text("<h1>Desk</h1>")
        (tmp_path / "desk.js").write_text("export {};")
        return tmp_path

    async def test_the_page_is_served(self, house: House) -> None:
        """The root leads there."""
        async with house.http.get(house.address + "/") as answer:
            assert ("/desk/", "<h1>Desk</h1>") == (answer.url.path, await answer.text())
        async with house.http.get(house.address + "/desk/desk.js") as answer:
            assert (200, "export {};") == (answer.status, await answer.text())
        async with house.http.get(house.address + "/desk/none.js") as answer:
            assert 404 == answer.status

    async def test_nothing_but_its_own_files_may_run(self, house: House) -> None:
        """What visitors write is shown there: should markup ever slip through, the browser still runs none of it."""
        for path in ("/desk/", "/desk/desk.js", "/desk/api/state"):
            async with house.http.get(house.address + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
                assert "nosniff" == answer.headers["X-Content-Type-Options"]


class TestWithFilesThatAreNotBuilt:
    @pytest.fixture
    def desk_files(self, tmp_path: Path) -> Path:
        return tmp_path / "dist"

    async def test_the_remedy_is_told(self, house: House) -> None:
        """Whoever starts from a fresh checkout without make."""
        refused = await house.ask("GET", "/desk/", headers={})

        assert (503, True) == (refused.status, "make build" in refused.json["error"])
