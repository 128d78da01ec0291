"""The desk lets an agent do their work, and says plainly what cannot be done."""

from pathlib import Path
from typing import Any

import pytest

from tests.simulator.house import Answer, House


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
