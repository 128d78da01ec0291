"""Lanes: of each chat one delivery at a time, in order, and nothing twice in hand."""

from dataclasses import replace

from middleware.relay.lanes import Lanes
from middleware.relay.model import Chat, ChatId, ChatState, Delivery, DeliveryId, DeliveryKind, Ender, VisitorId

UNTIL = 60.0


def delivery(number: int, chat: str = "chat") -> Delivery:
    there = Chat(ChatId(chat), VisitorId("ada"), opened_at=1.0)
    return Delivery(DeliveryId(number), DeliveryKind.SAY, there, None, attempts=1, unsure=False)


def taken(lanes: Lanes) -> list[Delivery]:
    """All that may go now."""
    deliveries = []
    while (one := lanes.take()) is not None:
        deliveries.append(one[0])
    return deliveries


def over(lanes: Lanes, one: Delivery) -> None:
    """It is settled if it was answered, else given back."""
    if lanes.is_under_way(one):
        lanes.given_back(one)
    else:
        lanes.settled(one)


def test_of_each_chat_one_goes_at_a_time() -> None:
    """The next goes when nothing of the one before is left to be done at Flex, settled or not."""
    lanes, (one, two, three) = Lanes(), (delivery(1), delivery(2), delivery(3, "other"))
    assert lanes.put([one, two], until=UNTIL)
    assert lanes.put([three], until=UNTIL)
    assert [one, three] == taken(lanes)
    lanes.answered(one)
    assert [two] == taken(lanes)
    assert {1, 2, 3} == lanes.in_hand()
    over(lanes, one)
    assert {2, 3} == lanes.in_hand()
    assert 2 == lanes.many


def test_what_stands_behind_something_unknown_is_not_taken_in_hand() -> None:
    """Its predecessor is claimed, and nobody was told: it would go first."""
    lanes = Lanes()
    assert not lanes.put([delivery(2)], until=UNTIL, behind=DeliveryId(1))
    assert lanes.put([delivery(1)], until=UNTIL)
    assert not lanes.put([delivery(3)], until=UNTIL, behind=DeliveryId(2))
    assert lanes.put([delivery(2)], until=UNTIL, behind=DeliveryId(1))
    assert {1, 2} == lanes.in_hand()


def test_what_is_behind_one_that_did_not_come_through_is_out_of_hand() -> None:
    """It was given back with it; an older one that waits, or the same claimed anew, is not."""
    lanes, (one, two, three) = Lanes(), (delivery(1), delivery(2), delivery(3))
    lanes.put([one, two, three], until=UNTIL)
    assert [one] == taken(lanes)
    lanes.answered(one)
    assert [two] == taken(lanes)
    one_again, two_again = replace(one, attempts=2), replace(two, attempts=2)
    lanes.put([one_again], until=UNTIL)
    lanes.put([two_again], until=UNTIL)
    assert [1] == lanes.giving_back(two)
    over(lanes, two)
    assert [one_again] == taken(lanes)
    over(lanes, one)
    assert lanes.is_under_way(one_again)
    assert {1, 2} == lanes.in_hand()
    lanes.answered(one_again)
    assert [two_again] == taken(lanes)
    over(lanes, one_again)
    over(lanes, two_again)
    assert (set(), 0) == (lanes.in_hand(), lanes.many)


def test_what_is_being_given_back_lets_nobody_go() -> None:
    """Its echo may come meanwhile; what stands behind it is given back too, and would be posted twice."""
    lanes, (one, two) = Lanes(), (delivery(1), delivery(2))
    lanes.put([one, two], until=UNTIL)
    assert [one] == taken(lanes)
    assert [] == lanes.giving_back(one)
    assert not lanes.answered(one)
    assert [] == taken(lanes)
    assert 1 == lanes.given_back(one)
    lanes.put([two], until=UNTIL)
    assert [two] == taken(lanes)
    assert None is lanes.giving_back(two)
    assert lanes.answered(two)


def test_what_waits_when_the_chat_ends_at_flex_is_known_to_be_too_late() -> None:
    """It was claimed before that was known, and must not be posted where nobody reads."""
    lanes, one = Lanes(), delivery(1)
    lanes.put([one, delivery(2)], until=UNTIL)
    assert [one] == taken(lanes)
    lanes.ended(ChatId("chat"))
    lanes.ended(ChatId("unknown"))
    lanes.answered(one)
    (late,) = taken(lanes)
    assert (ChatState.ENDED, Ender.FLEX) == (late.chat.state, late.chat.ended_by)


def test_a_chat_that_owes_nothing_more_leaves_nothing_behind() -> None:
    """A node that runs for months talks to many."""
    lanes = Lanes()
    for number in range(100):
        one = delivery(number, f"chat-{number}")
        lanes.put([one], until=UNTIL)
        assert [one] == taken(lanes)
        if number % 2:
            lanes.answered(one)
        over(lanes, one)
    assert not lanes.in_hand()
    assert not any(vars(lanes).values())
