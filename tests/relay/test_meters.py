"""What the heart counts: each thing once, when it has happened."""

from middleware.relay.applying import GAP_PATIENCE
from middleware.relay.errors import NotSent, OutcomeUnknown, Refused
from middleware.relay.meters import Attempt
from middleware.relay.model import AskId, DeliveryKind, Echoed, MessageSaid, StatusChanged
from middleware.relay.outbox import Words
from tests.relay.house import ADA, PACE, Heart


def said(heart: Heart) -> list[str]:
    return [news.message.text for news in heart.meters.heard if isinstance(news, MessageSaid)]


def waits(heart: Heart) -> list[float]:
    """How long ago each message was said whose status has changed."""
    now = heart.clock.now()
    return [now - news.said_at for news in heart.meters.heard if isinstance(news, StatusChanged)]


async def test_a_message_is_counted_once_however_often_it_comes(heart: Heart) -> None:
    """A page resends, Twilio asks again; neither is more talk."""
    _, ref = await heart.open()
    await heart.say("Hello")
    await heart.say("Hello")
    await heart.deliver_all()
    event = heart.flex.speak(ref, "Hi")
    await heart.from_flex.accept(event)
    await heart.from_flex.accept(event)
    assert ["Hello", "Hi"] == said(heart)
    assert 0 == heart.meters.filled


async def test_attempts_are_counted_by_what_came_of_them(heart: Heart) -> None:
    """Retries and burials are what an operator is woken for."""
    await heart.open()
    await heart.say("Hello")
    heart.flex.before.append(NotSent("429"))
    heart.flex.after.append(OutcomeUnknown("reset"))
    for _ in range(3):
        await heart.deliver_all()
        heart.clock.pass_seconds(PACE.backoff_most)
    await heart.say("Never")
    heart.flex.before.append(Refused("50001"))
    await heart.deliver_all()
    ends = [Attempt.AGAIN, Attempt.AGAIN, Attempt.FOUND, Attempt.BURIED]
    assert [Attempt.SETTLED, *ends] == [end for _, end in heart.meters.attempts]
    assert [DeliveryKind.OPEN, *[DeliveryKind.SAY] * 4] == [kind for kind, _ in heart.meters.attempts]


async def test_a_delivery_takes_as_long_as_the_visitor_waited(heart: Heart) -> None:
    """Retries included, and the same whether Flex's answer or the echo says that it came."""
    _, ref = await heart.open()
    message = await heart.say("Hello")
    heart.flex.before.append(NotSent("429"))
    await heart.deliver_all()
    heart.clock.pass_seconds(7)
    await heart.deliver_all()
    assert [7.0] == waits(heart)
    other = await heart.from_visitor.say(ADA, Words(AskId("2"), "Are you there?"))
    heart.flex.after.append(OutcomeUnknown("reset"))
    await heart.deliver_all()
    heart.clock.pass_seconds(3)
    echo = next(event for event in heart.flex.lists[ref] if isinstance(event, Echoed) and event.message == other.id)
    await heart.from_flex.accept(echo)
    assert [10.0, 3.0] == waits(heart)
    assert [message.id, other.id] == heart.flex.sent(ref)


async def test_what_only_flexs_list_has_told_is_counted_as_filled_in(heart: Heart) -> None:
    """Webhooks get lost; how many is seen here and nowhere else."""
    _, ref = await heart.open()
    heart.flex.speak(ref, "lost")
    await heart.from_flex.accept(heart.flex.speak(ref, "came"))
    heart.clock.pass_seconds(GAP_PATIENCE)
    await heart.look()
    assert ["lost", "came"] == said(heart)
    assert heart.meters.filled > 0
    before = heart.meters.filled
    heart.clock.pass_seconds(PACE.look_back * 10)
    await heart.look()
    assert before == heart.meters.filled
