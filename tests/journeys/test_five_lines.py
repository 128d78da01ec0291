"""The namespace `/`: the tutorial's page, unchanged."""

import json

from tests.journeys.town import Town


async def test_five_lines_are_enough(town: Town) -> None:
    """Strings each way; the first one opens the chat, and the page hears its own words as the tutorial's did."""
    page = await town.page(namespace="/")
    await page.emit("chat message", "Hello")
    channel = await town.accepted()
    await town.arrives(channel, "Hello")
    await town.agent_says(channel, "Hi there")
    await page.hears("chat message", lambda text: text == "Hi there")
    assert ["Hello", "Hi there"] == page.told("chat message")


async def test_the_end_is_told_and_the_next_string_opens_a_new_chat(town: Town) -> None:
    """Nothing more than typing is asked of such a page."""
    page = await town.page(namespace="/")
    await page.emit("chat message", "Hello")
    first = await town.accepted()
    await town.agent_ends()
    await page.hears("chat ended")
    await page.emit("chat message", "Hello again")
    assert first != await town.accepted()


async def test_visitors_are_kept_apart(town: Town) -> None:
    """The tutorial said every word to everybody."""
    ada, bob = await town.page(namespace="/"), await town.page(namespace="/")
    await ada.emit("chat message", "I am Ada")
    await town.agent_says(await town.accepted(), "for Ada")
    await ada.hears("chat message", lambda text: text == "for Ada")
    await bob.emit("chat message", "I am Bob")
    await town.agent_says(await town.accepted(), "for Bob")
    await bob.hears("chat message", lambda text: text == "for Bob")
    assert ["I am Ada", "for Ada"] == ada.told("chat message")
    assert ["I am Bob", "for Bob"] == bob.told("chat message")


async def test_a_page_with_a_token_goes_on_with_its_chat(town: Town) -> None:
    """One line more, and a reload keeps the chat."""
    page = await town.page(namespace="/")
    await page.emit("chat message", "Hello")
    token = await page.hears("token")
    channel = await town.accepted()
    await page.close()
    await town.agent_says(channel, "Are you there?")
    back = await town.page({"token": token}, namespace="/")
    await back.hears("chat message", lambda text: text == "Are you there?")
    assert ["Hello", "Are you there?"] == back.told("chat message")


async def test_what_is_refused_is_told(town: Town) -> None:
    """Such a page asks for no acknowledgement, so the reason comes as an event."""
    page = await town.page(namespace="/")
    for bad in ("", {"text": "an object"}, 7, "x" * 40_000):
        page.heard.clear()
        await page.emit("chat message", bad)
        assert "bad_ask" == (await page.hears("chat problem"))["code"]
    assert [] == (await town.twilio.state())["tasks"]


async def test_an_acknowledgement_is_given_where_it_is_asked_for(town: Town) -> None:
    """As in `/chat`."""
    page = await town.page(namespace="/")
    answer = await page.ask("chat message", "Hello")
    assert (True, 1) == (answer["ok"], answer["seq"])
    assert "unknown_ask" == (await page.ask("shout", "Hello"))["error"]["code"]


async def test_forty_lines_typed_in_a_tunnel_all_arrive_over_polling(town: Town) -> None:
    """The client sends them in one request, of which the library would drop all but silently beyond sixteen."""
    url = f"{town.url}/socket.io/?EIO=4&transport=polling"
    async with town.http.get(url) as answer:
        sid = json.loads((await answer.text())[1:])["sid"]
    packets = ["40"] + [f'42["chat message","line {n}"]' for n in range(40)]
    async with town.http.post(f"{url}&sid={sid}", data="\x1e".join(packets)) as answer:
        assert "OK" == await answer.text()
    await town.arrives(await town.accepted(), *(f"line {n}" for n in range(40)))
    async with town.http.post(f"{url}&sid={sid}", data="1") as answer:
        assert 200 == answer.status
