"""Lanes: what this node has in hand, by chat and in order. Of each chat one delivery is under way, the others wait.

A lane is as long as something of its chat is in hand: until it is settled, or was given back.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from middleware.relay.model import ChatId, ChatState, Delivery, DeliveryId, Ender


class Lanes:
    """Every chat's lane; `many` is how much is in hand, `settling` how many of it are answered and not settled yet.

    Nothing here waits. What was taken is known again by itself, not by its number: a delivery may be here twice,
    claimed anew.
    """

    def __init__(self) -> None:
        self._lanes: dict[ChatId, _Lane] = {}
        self._ready: deque[_Lane] = deque()
        self.many = self.settling = 0

    def in_hand(self) -> set[DeliveryId]:
        """All that is claimed, and not settled or given back yet."""
        return {delivery for lane in self._lanes.values() for delivery in lane.in_hand()}

    def put(self, claimed: Sequence[Delivery], *, until: float, behind: DeliveryId | None = None) -> bool:
        """Take claims of one chat in hand, that last until then.

        False, and nothing, if the first of them stands behind one that is not the last of the lane.
        """
        chat = claimed[0].chat.id
        lane = self._lanes.get(chat)
        if behind is not None and (lane is None or lane.last != behind):
            return False
        if lane is None:
            lane = self._lanes[chat] = _Lane()
        for delivery in claimed:
            lane.waiting.append((delivery, until))
        lane.last = claimed[-1].id
        self.many += len(claimed)
        self._call(lane)
        return True

    def take(self) -> tuple[Delivery, float] | None:
        """The next that may go, and how long its claim lasts. It is under way from now on."""
        while self._ready:
            lane = self._ready.popleft()
            lane.called = False
            if lane.waiting and lane.under_way is None:
                delivery, until = lane.waiting.pop(0)
                lane.under_way = delivery
                return delivery, until
        return None

    @property
    def ready(self) -> int:
        """How many chats have something that may go."""
        return len(self._ready)

    def under_way_of(self, chat: ChatId) -> Delivery | None:
        """What is under way of the chat."""
        lane = self._lanes.get(chat)
        return None if lane is None else lane.under_way

    def is_under_way(self, delivery: Delivery) -> bool:
        """Whether something of it is left to be done at Flex."""
        lane = self._lanes.get(delivery.chat.id)
        return lane is not None and lane.under_way is delivery

    def giving_back(self, delivery: Delivery) -> Sequence[DeliveryId] | None:
        """It did not come through, and others wait behind it: until it is given back with them, nothing lets them go.

        What of the chat is answered, and not settled yet; None if it holds up nobody.
        """
        lane = self._lanes.get(delivery.chat.id)
        if lane is None or lane.under_way is not delivery or not lane.waiting:
            return None
        lane.giving_back = True
        return [answered.id for answered in lane.unsettled]

    def answered(self, delivery: Delivery) -> bool:
        """It is under way no longer: the next of its chat may go. It stays in hand.

        False if it was not under way, or is being given back.
        """
        lane = self._lanes.get(delivery.chat.id)
        if lane is None or lane.under_way is not delivery or lane.giving_back:
            return False
        lane.under_way = None
        lane.unsettled.append(delivery)
        self.settling += 1
        self._call(lane)
        return True

    def settled(self, delivery: Delivery) -> None:
        """What was answered is in hand no longer."""
        lane = self._lanes[delivery.chat.id]
        if lane.unsettled[0] is delivery:
            del lane.unsettled[0]
        else:
            lane.unsettled = [other for other in lane.unsettled if other is not delivery]
        self.settling -= 1
        self.many -= 1
        self._leave(lane, delivery.chat.id)

    def given_back(self, delivery: Delivery) -> int:
        """What was under way is in hand no longer, and neither is what waits behind it. How many of those."""
        lane = self._lanes[delivery.chat.id]
        lane.under_way, lane.giving_back = None, False
        forgotten = lane.forget_behind(delivery.id)
        self.many -= 1 + forgotten
        self._call(lane)
        self._leave(lane, delivery.chat.id)
        return forgotten

    def ended(self, chat: ChatId) -> None:
        """What waits is known to be too late for the chat."""
        lane = self._lanes.get(chat)
        if lane is not None:
            lane.waiting = [(_too_late(delivery), until) for delivery, until in lane.waiting]

    def _leave(self, lane: "_Lane", chat: ChatId) -> None:
        if not (lane.waiting or lane.unsettled or lane.under_way is not None):
            del self._lanes[chat]

    def _call(self, lane: "_Lane") -> None:
        if lane.waiting and lane.under_way is None and not lane.called:
            lane.called = True
            self._ready.append(lane)


class _Lane:
    """One chat's: what waits, what is under way, what is answered and not settled, and the last that came."""

    __slots__ = ("called", "giving_back", "last", "under_way", "unsettled", "waiting")

    def __init__(self) -> None:
        self.waiting: list[tuple[Delivery, float]] = []  # One or two at most times, so no deque.
        self.under_way: Delivery | None = None
        self.unsettled: list[Delivery] = []
        self.last: DeliveryId | None = None
        self.called = self.giving_back = False

    def in_hand(self) -> Iterator[DeliveryId]:
        """All of it."""
        yield from (delivery.id for delivery in self.unsettled)
        yield from (delivery.id for delivery, _ in self.waiting)
        if self.under_way is not None:
            yield self.under_way.id

    def forget_behind(self, delivery: DeliveryId) -> int:
        """Forget what waits behind this one. How many. An older one, or a newer claim of the same, is none of them."""
        before = len(self.waiting)
        self.waiting = [entry for entry in self.waiting if entry[0].id <= delivery]
        self.last = self.waiting[-1][0].id if self.waiting else None
        return before - len(self.waiting)


def _too_late(delivery: Delivery) -> Delivery:
    return replace(delivery, chat=replace(delivery.chat, state=ChatState.ENDED, ended_by=Ender.FLEX))
