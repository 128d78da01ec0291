"""`/metrics` over real HTTP: each figure moves when its thing happens, and nobody without the token sees any."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.test_bad_input import FIELDS, post
from tests.journeys.town import BACK_ENDS, Town, open_town
from tests.waiting import until

TOKEN = "m" * 16
SAYING = "POST .*Messages$"


async def figures(town: Town) -> dict[str, float]:
    """Every sample, by its name and its labels' values: `flex_relay_messages_total from_visitor`."""
    async with town.http.get(town.url + "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
        assert (200, "text/plain") == (answer.status, answer.content_type)
        told = await answer.text()
    samples = [sample for family in text_string_to_metric_families(told) for sample in family.samples]
    return {
        " ".join([sample.name.removeprefix("flex_relay_"), *sample.labels.values()]): sample.value for sample in samples
    }


async def until_figures(town: Town, **wanted: float) -> None:
    """Wait until the figures are these; `__` stands for a space."""
    names = {name.replace("__", " "): value for name, value in wanted.items()}

    async def there() -> bool:
        found = await figures(town)
        return all(found[name] == value for name, value in names.items())

    await until(there, what=f"the figures {names}")


async def until_more(town: Town, name: str, least: float) -> None:
    """Wait until the figure is at least that."""

    async def there() -> bool:
        return (await figures(town))[name] >= least

    await until(there, what=f"{name} of {least} or more")


async def word(town: Town, name: str) -> Any:
    async with town.http.get(town.url + "/ready") as answer:
        return (await answer.json())[name]


@asynccontextmanager
async def opened(folder: Path, **settings: Any) -> AsyncIterator[Town]:
    async with open_town(folder, metrics_token=TOKEN, **settings) as town:
        yield town


@pytest.fixture(params=["programmable_chat", "webchats"])
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """Both servers, up, with metrics."""
    async with opened(tmp_path, **BACK_ENDS[request.param]) as town:
        yield town


async def test_a_chat_moves_every_figure_it_should(town: Town) -> None:
    """Sockets, chats, messages each way, the delivery's time, webhooks and calls: from one story."""
    await until_figures(town, sockets=0, chats_open=0, outbox_depth=0, store_up=1)
    page, _ = await town.visitor("Ada")
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    channel = await town.accepted(name="Ada")
    await until_figures(town, messages_total__to_flex=1, outbox_depth=0, outbox_oldest_seconds=0)
    await town.agent_says(channel, "Hi Ada")
    await page.hears("said", lambda news: news["message"]["text"] == "Hi Ada")
    await until_figures(town, sockets=1, chats_open=1)
    found = await figures(town)
    assert (1, 1, 1) == tuple(found[f"messages_total {way}"] for way in ("from_visitor", "from_flex", "to_visitor"))
    assert (1, 0) == (found["chats_total opened"], found["chats_total ended"])
    assert 1 == found["delivery_seconds_count"]
    assert (1, 1) == (found["attempts_total settled open"], found["attempts_total settled say"])
    assert found["webhooks_total applied"] >= 2
    assert found["twilio_seconds_count"] >= found["twilio_calls_total 201"] > 0
    assert 0 < found["twilio_seconds_sum"] < 60
    await town.agent_ends()
    await until_figures(town, chats_total__ended=1, chats_open=0)
    await page.close()
    await until_figures(town, sockets=0)
    assert "ok" == await word(town, "flex")

    async def every_call() -> bool:
        found = await figures(town)
        calls = sum(value for name, value in found.items() if name.startswith("twilio_calls_total"))
        return calls == len(await town.twilio.calls())

    await until(every_call, what="as many calls as Twilio has seen")


async def test_retries_and_what_is_owed_are_seen(town: Town) -> None:
    """Twilio is away: the outbox fills and ages, the attempts count, `/ready` says so and stays 200."""
    page, _ = await town.visitor()
    await until_figures(town, attempts_total__settled__open=1)
    await town.befall({"fault": "error_before", "status": 503})
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    await page.grant("say", {"ask_id": "2", "text": "Hello?"})
    await until_figures(town, outbox_depth=2)

    async def aging() -> bool:
        found = await figures(town)
        return found["outbox_oldest_seconds"] > 1 and found["attempts_total again say"] >= 2

    await until(aging, what="an outbox that grows old")
    found = await figures(town)
    assert (0, True) == (found["messages_total to_flex"], found["twilio_calls_total 503"] >= 2)
    assert ("away", True) == (await word(town, "flex"), await word(town, "ready"))
    await town.befall()
    await until_figures(town, messages_total__to_flex=2, outbox_depth=0, outbox_oldest_seconds=0)
    found = await figures(town)
    assert (2, True) == (found["delivery_seconds_count"], found["delivery_seconds_sum"] > 1)


async def test_what_is_given_up_is_counted(town: Town) -> None:
    """A visitor was told that their words did not arrive; somebody has to know."""
    page, _ = await town.visitor()
    await until_figures(town, attempts_total__settled__open=1)
    await town.befall({"fault": "not_found", "route": SAYING})
    await page.grant("say", {"ask_id": "1", "text": "Hello"})
    await until_figures(town, attempts_total__buried__say=1, messages_failed_total=1, chats_total__ended=1)
    assert (await figures(town))["twilio_calls_total 404"] >= 1


async def test_a_gap_that_was_filled_is_counted(tmp_path: Path) -> None:
    """Lost webhooks are seen here, and nowhere else: the visitor misses nothing."""
    async with opened(tmp_path, look_back_seconds=1) as town:
        page, _ = await town.visitor("Ada")
        await page.grant("say", {"ask_id": "1", "text": "Hello"})
        channel = await town.accepted(name="Ada")
        await town.agent_says(channel, "came")
        await page.hears("said", lambda news: news["message"]["text"] == "came")
        before = (await figures(town))["filled_in_total"]
        await town.befall({"fault": "lose", "route": "onMessageSent"})
        await town.agent_says(channel, "lost")
        await page.hears("said", lambda news: news["message"]["text"] == "lost")
        assert before < (await figures(town))["filled_in_total"]


async def test_every_fate_of_a_webhook_is_counted(tmp_path: Path) -> None:
    """Forged ones are an attack or a wrong token; repeated ones say that answers come too late."""
    async with opened(tmp_path) as town:
        await town.http.post(town.url + "/new-message", data=FIELDS)
        await town.http.post(town.url + "/new-message", json=FIELDS)
        await post(town, "/new-message", {**FIELDS, "EventType": "onUserUpdated"})
        await post(town, "/new-message", FIELDS)
        found = await figures(town)
        assert {"forged": 1, "refused": 1, "not_for_us": 1, "stranger": 1} == {
            name.split()[1]: value for name, value in found.items() if name.startswith("webhooks_total") and value
        }
        page, _ = await town.visitor("Ada")
        await page.grant("say", {"ask_id": "1", "text": "Hello"})
        channel = await town.accepted(name="Ada")
        await town.befall({"fault": "repeat", "route": "onMessageSent"})
        await town.agent_says(channel, "twice")
        await page.hears("said")

        async def repeated() -> bool:
            return (await figures(town))["webhooks_total repeated"] >= 1

        await until(repeated, what="a repeated webhook")


async def test_the_loops_lag_is_measured_all_the_time(tmp_path: Path) -> None:
    """Whatever holds the loop up holds up every visitor of the node."""
    async with opened(tmp_path) as town:

        async def beaten() -> bool:
            return (await figures(town))["loop_lag_seconds_count"] >= 2

        await until(beaten, what="two beats")
        before = (await figures(town))["loop_lag_seconds_sum"]
        time.sleep(0.7)  # noqa: ASYNC251 — that is the trouble: something holds the loop up
        await until_more(town, "loop_lag_seconds_sum", before + 0.3)
        assert (await figures(town))["process_resident_memory_bytes"] > 1_000_000


async def test_a_store_that_cannot_be_read_has_no_figures(tmp_path: Path) -> None:
    """An old figure would look like a new one; the node's own are told all the same."""
    async with opened(tmp_path) as town:
        await until_figures(town, store_up=1)
        for file in tmp_path.glob("relay.db*"):  # noqa: ASYNC240
            file.rename(tmp_path / f"{file.name}.gone")
        await until_figures(town, store_up=0)
        found = await figures(town)
        assert found["chats_open"] != found["chats_open"], "not a number"
        assert 0 == found["sockets"]


async def test_nobody_reads_figures_without_the_token(tmp_path: Path) -> None:
    """They tell how a company's service desk is doing."""
    async with opened(tmp_path) as town:
        for shown in (None, "", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", "Bearer \udcff"):
            headers = (
                {} if shown is None else {"Authorization": shown.encode(errors="surrogateescape").decode("latin-1")}
            )
            async with town.http.get(town.url + "/metrics", headers=headers) as answer:
                assert (401, "Bearer") == (answer.status, answer.headers["WWW-Authenticate"]), shown
                assert "flex_relay" not in await answer.text()


async def test_without_a_token_there_are_no_figures_at_all(tmp_path: Path) -> None:
    """What nobody may read is not counted either."""
    async with open_town(tmp_path) as town, town.http.get(town.url + "/metrics") as answer:
        assert 404 == answer.status
