"""The bench measures what it says: its webhooks are accepted, its visitors are served, its ratios are right."""

import time

from bench import measures, subjects
from bench.picture import picture
from bench.report import medians, table
from bench.subjects import ACCOUNT, AUTH_TOKEN
from bench.webhooks import Agent
from middleware.flex.webhook import Verifier
from middleware.relay.ports import WebhookRequest


def test_a_pretend_agents_webhook_is_signed() -> None:
    """What is refused is cheap, and would flatter."""
    head, _, body = Agent("chat", port=8080).request(1.5).partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    verifier = Verifier(auth_tokens=[AUTH_TOKEN], account_sid=ACCOUNT, public_url="http://127.0.0.1:8080")
    fields = verifier.read(WebhookRequest("POST", "/new-message", headers, body))
    assert ("1.5", "1") == (fields["Body"], fields["Index"])


async def test_a_message_counts_when_it_has_gone_the_whole_way() -> None:
    """Both ways, against the real server, beside what it stored long ago."""
    async with subjects.relay(stored=200) as subject:
        async with measures.chats(subject, 3) as talk:
            talk.visitors[0].say(time.perf_counter())
            await talk.settled.reached(5)
        async with measures.chats(subject, 3) as talk, measures.agents(subject, talk.visitors, loops=True):
            await talk.told.reached(5)
    assert all(0 < seconds for seconds in talk.told.seconds)


def test_ratios_are_taken_within_a_round() -> None:
    """The machine may be twice as slow in the next."""
    rounds = [
        {"inbound 1000: CPU µs": 100.0, "echo default: CPU µs": 200.0},
        {"inbound 1000: CPU µs": 400.0, "echo default: CPU µs": 800.0},
    ]
    assert "| inbound ÷ bare python-socketio echo, 1,000 visitors | **2** | 2 … 2 | ≥ 1 ✓ | ≥ 2 ✓ |" in table(
        rounds, most=10_000
    )
    assert {"inbound 1000: CPU µs": 250.0, "echo default: CPU µs": 500.0} == medians(rounds)


def test_the_picture_has_a_bar_for_what_was_measured_and_none_for_the_rest() -> None:
    """Longer is more, and the words stand beside the numbers."""
    drawn = picture({"inbound 1000: CPU µs": 250.0, "tutorial 1000: CPU µs": 25_000.0, "start: s": 1.0})
    assert 3 == drawn.count("<rect ")  # the ground, and two bars
    assert ["4,000", "40"] == [words for words in ("4,000", "40") if f">{words}<" in drawn]
